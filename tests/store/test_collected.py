from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from bot.store import collected, dialogs, tables, tasks
from bot.store.collected import NewCollected
from bot.store.dialogs import NewDialog
from bot.store.engine import Store
from bot.store.task import NewTask, State


def new(number: int, collection_id: int = 12) -> NewCollected:
    name = f"d{collection_id}-{number}.jpg"
    source = {"file": f"file-{number}", "document": True}
    return NewCollected(collection_id=collection_id, source=source, digest=f"{number:064x}", name=name, created_at=5.0)


async def fill(store: Store, count: int, collection_id: int = 12) -> None:
    async with store.write() as conn:
        for number in range(count):
            assert await collected.add(conn, new(number, collection_id))


async def begin_dialog(store: Store, **answers: Any) -> int:
    usual: dict[str, Any] = {"chat_id": 70, "owner_id": 7, "capability": "train", "lang": "en", "answers": answers}
    async with store.write() as conn:
        dialog, _ = await dialogs.put(conn, NewDialog(**usual, screen="main", created_at=1.0, expires_at=2.0))
    return dialog.id


async def order(store: Store, task: NewTask, collection_id: int) -> int:
    async with store.write() as conn:
        ordered = await tasks.insert(conn, task)
        await collected.set_ordered(conn, collection_id, ordered.id)
    return ordered.id


async def abandoned(store: Store, before: float) -> list[int]:
    async with store.read() as conn:
        return await collected.abandoned(conn, before, 10)


async def test_the_same_content_counts_once_in_a_collection(store: Store) -> None:
    await fill(store, 3)
    async with store.write() as conn:
        again = NewCollected(collection_id=12, source={"file": "other"}, digest=f"{1:064x}", name="x", created_at=9.0)
        assert not await collected.add(conn, again)
        assert await collected.count(conn, 12) == 3
        assert await collected.add(conn, new(1, collection_id=13))
        assert await collected.names(conn, 12) == ["d12-0.jpg", "d12-1.jpg", "d12-2.jpg"]


async def test_pictures_are_found_by_their_place(store: Store) -> None:
    await fill(store, 3)
    async with store.read() as conn:
        last = await collected.at(conn, 12, 2)
        assert last is not None
        assert (last.source, last.name, last.task_id) == ({"file": "file-2", "document": True}, "d12-2.jpg", None)
        assert await collected.at(conn, 12, 3) is None
        assert await collected.at(conn, 99, 0) is None


async def test_one_is_taken_out_once_and_only_of_its_own_collection(store: Store) -> None:
    await fill(store, 2)
    async with store.write() as conn:
        first = await collected.at(conn, 12, 0)
        assert first is not None
        assert not await collected.drop(conn, 99, first.id)
        assert await collected.drop(conn, 12, first.id)
        assert not await collected.drop(conn, 12, first.id)
        assert await collected.names(conn, 12) == ["d12-1.jpg"]


async def test_only_one_collection_is_cleared(store: Store) -> None:
    await fill(store, 2)
    await fill(store, 2, collection_id=13)
    async with store.write() as conn:
        await collected.clear(conn, 12)
        assert await collected.count(conn, 12) == 0
        assert await collected.count(conn, 13) == 2


async def test_it_is_kept_while_its_dialog_is_open_or_its_last_task_is_wanted(
    store: Store, new_task: Callable[..., NewTask]
) -> None:
    dialog = await begin_dialog(store)
    await fill(store, 3, dialog)
    assert await abandoned(store, 1e9) == []
    first = await order(store, new_task(), dialog)
    async with store.write() as conn:
        await dialogs.remove(conn, dialog)
    assert await abandoned(store, 1e9) == []
    async with store.write() as conn:
        await conn.execute(update(tables.tasks).where(tables.tasks.c.id == first).values(finished_at=500.0))
    assert await abandoned(store, 500.0) == []
    assert await abandoned(store, 501.0) == [dialog]
    async with store.write() as conn:  # opened anew, and one more is sent
        await collected.add(conn, new(7, dialog))
    assert await abandoned(store, 500.0) == []
    await order(store, new_task(state=State.QUEUED), dialog)
    assert await abandoned(store, 1e9) == []


async def test_what_was_never_ordered_is_abandoned_with_its_dialog(store: Store) -> None:
    await fill(store, 1, 12)
    await fill(store, 1, 13)
    assert await abandoned(store, 0.0) == [12, 13]
    async with store.read() as conn:
        assert await collected.abandoned(conn, 0.0, 1) == [12]


async def test_the_size_is_told_when_it_is_ordered(store: Store, new_task: Callable[..., NewTask]) -> None:
    await fill(store, 3)
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        assert await collected.set_ordered(conn, 12, task.id) == 3
        assert await collected.set_ordered(conn, 99, task.id) == 0
        first = await collected.at(conn, 12, 0)
        assert first is not None
        assert first.task_id == task.id


async def test_it_is_kept_while_it_is_opened_again_in_another_dialog(
    store: Store, new_task: Callable[..., NewTask]
) -> None:
    await fill(store, 3)
    task = await order(store, new_task(state=State.FAILED), 12)
    async with store.write() as conn:
        await conn.execute(update(tables.tasks).where(tables.tasks.c.id == task).values(finished_at=500.0))
    again = await begin_dialog(store, photos={"id": 12, "count": 3, "is_done": True})
    assert await abandoned(store, 501.0) == []
    async with store.write() as conn:
        await dialogs.remove(conn, again)
    await begin_dialog(store, photos={"id": 13})
    assert await abandoned(store, 501.0) == [12]


async def test_what_was_learned_from_goes_at_once(store: Store, new_task: Callable[..., NewTask]) -> None:
    await fill(store, 3)
    await order(store, new_task(state=State.FAILED), 12)
    last = await order(store, new_task(state=State.DELIVERING), 12)
    assert await abandoned(store, 0.0) == []
    async with store.write() as conn:
        done = update(tables.tasks).where(tables.tasks.c.id == last).values(state=State.DELIVERED, finished_at=500.0)
        await conn.execute(done)
    assert await abandoned(store, 0.0) == [12]


async def test_a_task_works_from_it_until_it_ends(store: Store, new_task: Callable[..., NewTask]) -> None:
    await fill(store, 3)
    await fill(store, 3, 13)
    task = await order(store, new_task(state=State.RUNNING), 12)
    async with store.write() as conn:
        assert [await collected.is_worked_from(conn, number) for number in (12, 13)] == [True, False]
        await conn.execute(update(tables.tasks).where(tables.tasks.c.id == task).values(state=State.FAILED))
        assert not await collected.is_worked_from(conn, 12)
        assert sorted(await collected.ids(conn)) == [12, 13]
