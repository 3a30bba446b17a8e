from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.store import history, pictures, tasks
from bot.store.engine import Store
from bot.store.history import Parent, Scope
from bot.store.task import NewTask, Picture, State, Task

Make = Callable[..., Awaitable[Task]]
ALICE = Scope(7)
HERE = Scope(7, 70)


@pytest.fixture
def make(store: Store, new_task: Callable[..., NewTask]) -> Make:
    """Insert a delivered task; `made` is how many pictures it has, besides one that was withheld."""

    async def insert(made: int = 1, **fields: Any) -> Task:
        async with store.write() as conn:
            task = await tasks.insert(conn, new_task(**{"state": State.DELIVERED, **fields}))
            rows = [Picture(task_id=task.id, index=index, photo_id=f"p{index}") for index in range(made)]
            await pictures.put(conn, [*rows, Picture(task_id=task.id, index=made, error_code="Sensitive")])
        return task

    return insert


async def test_lists_what_was_made_newest_first(store: Store, make: Make) -> None:
    made = [await make(created_at=at) for at in (100.0, 300.0, 200.0, 200.0)]
    async with store.read() as conn:
        assert await history.count(conn, ALICE) == 4
        first = await history.page(conn, ALICE, offset=0, limit=3)
        last = await history.page(conn, ALICE, offset=3, limit=3)
    assert [entry.task for entry in [*first, *last]] == [made[1], made[3], made[2], made[0]]


async def test_an_entry_has_its_pictures_without_those_withheld(store: Store, make: Make) -> None:
    task = await make(3)
    async with store.read() as conn:
        [entry] = await history.page(conn, ALICE, offset=0, limit=6)
        assert await history.find(conn, ALICE, task.id) == entry
    assert [(picture.task_id, picture.index) for picture in entry.pictures] == [(task.id, n) for n in range(3)]


async def test_leaves_out_what_has_no_pictures_and_what_is_not_delivered(store: Store, make: Make) -> None:
    await make(0)
    await make(order_key="errand:1:1:0")
    for state in set(State) - {State.DELIVERED}:
        await make(state=state)
    async with store.read() as conn:
        assert await history.count(conn, ALICE) == 0
        assert await history.page(conn, ALICE, offset=0, limit=6) == []


async def test_keeps_to_its_scope(store: Store, make: Make) -> None:
    here, elsewhere, others = await make(), await make(chat_id=71), await make(owner_id=8)
    async with store.write() as conn:
        assert [entry.task for entry in await history.page(conn, ALICE, offset=0, limit=6)] == [elsewhere, here]
        assert [entry.task for entry in await history.page(conn, HERE, offset=0, limit=6)] == [here]
        assert await history.count(conn, HERE) == 1
        for task in (elsewhere, others):
            assert await history.find(conn, HERE, task.id) is None
            assert not await history.forget(conn, HERE, task.id)
        assert len(await pictures.of_task(conn, others.id)) == 2


async def test_forgotten_it_is_listed_no_longer_and_its_task_stays(store: Store, make: Make) -> None:
    task, other = await make(), await make()
    async with store.write() as conn:
        assert await history.forget(conn, ALICE, task.id)
        assert not await history.forget(conn, ALICE, task.id)
        assert [entry.task for entry in await history.page(conn, ALICE, offset=0, limit=6)] == [other]
        assert await history.find(conn, ALICE, task.id) is None
        assert await tasks.get(conn, task.id) == task
        assert await pictures.of_task(conn, task.id) == []


async def test_finds_what_others_went_on_from(store: Store, make: Make) -> None:
    mine, others, forgotten = await make(), await make(owner_id=8), await make()
    children = [await make(parent_id=parent.id) for parent in (mine, others, forgotten)]
    async with store.write() as conn:
        await history.forget(conn, ALICE, forgotten.id)
        assert await history.parents_of(conn, ALICE, [mine]) == {}
        assert await history.parents_of(conn, ALICE, children) == {
            mine.id: Parent(mine, is_listed=True),
            others.id: Parent(others, is_listed=False),
            forgotten.id: Parent(forgotten, is_listed=False),
        }
