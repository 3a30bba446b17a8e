from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import chats, counters, figures, people, tasks
from bot.store.counters import Key, step_of
from bot.store.engine import Store
from bot.store.figures import Crowd, Figures, Member
from bot.store.tables import tasks as table
from bot.store.task import NewTask, State

DAYS = ["2026-11-20", "2026-11-21", "2026-11-22"]


async def add(store: Store, more: dict[Key, int]) -> None:
    async with store.write() as conn:
        await counters.add(conn, more)


async def test_days_and_groups_are_kept_apart_and_private_chats_are_in_the_whole(store: Store) -> None:
    await add(
        store,
        {
            ("2026-11-19", 0, "pictures", "imagine"): 100,
            ("2026-11-20", 0, "pictures", "imagine"): 3,
            ("2026-11-20", -5, "pictures", "swap"): 4,
            ("2026-11-22", -5, "pictures", "swap"): 5,
            ("2026-11-22", -5, "tasks", "swap:delivered"): 2,
            ("2026-11-22", 0, "tasks", "swap:delivered"): 1,
            ("2026-11-21", 0, "tasks", "swap:failed"): 6,
            ("2026-11-21", 0, "errors", "18"): 6,
            ("2026-11-23", -6, "tasks", "swap:delivered"): 100,
        },
    )
    async with store.read() as conn:
        everywhere = await figures.read(conn, DAYS)
        group = await figures.read(conn, DAYS, -5)
        groups = await figures.groups_here(conn, DAYS)
    assert everywhere.pictures == {"2026-11-20": 7, "2026-11-21": 0, "2026-11-22": 5}
    assert everywhere.tasks == {("swap", State.DELIVERED): 3, ("swap", State.FAILED): 6}
    assert everywhere.errors == {18: 6}
    assert (everywhere.ended(), everywhere.ended(State.FAILED)) == (9, 6)
    assert group.pictures == {"2026-11-20": 4, "2026-11-21": 0, "2026-11-22": 5}
    assert group.tasks == {("swap", State.DELIVERED): 2}
    assert group.errors == {}
    assert groups == Crowd(0, 1)


def test_half_and_nearly_all_of_the_waits() -> None:
    waits = {step_of(10): 50, step_of(20): 44, step_of(60): 4, step_of(600): 2}
    read = Figures(pictures={}, tasks={}, errors={}, waits=waits)
    found = [read.wait(share) or 0 for share in (0.5, 0.51, 0.95, 1.0)]
    assert found == pytest.approx([10, 20, 60, 600], rel=0.05)
    assert Figures(pictures={}, tasks={}, errors={}, waits={}).wait(0.5) is None


async def test_who_was_here(store: Store, new_task: Callable[..., NewTask]) -> None:
    async with store.write() as conn:
        for person, at in ((1, 50.0), (2, 150.0), (-9, 150.0)):
            await people.meet(conn, person, "Somebody", None, at)
        for chat in (-5, -6, -7, 1):
            await chats.meet(conn, chat, None)
        await chats.block(conn, -6, 5.0)
        await tasks.move_chat(conn, -7, -8)
        for owner, at in ((1, 50.0), (2, 150.0), (2, 160.0), (3, 170.0)):
            await tasks.insert(conn, new_task(owner_id=owner, chat_id=-5, created_at=at))
        assert await figures.people_here(conn, 100.0) == Crowd(total=2, active=1)
        assert (await figures.groups_here(conn, DAYS)).total == 2
        assert await figures.members_here(conn, -5, 100.0) == 2
        await conn.execute(sa.delete(table))
        assert await figures.members_here(conn, -5, 100.0) == 0


async def test_who_used_what_in_a_group(store: Store, new_task: Callable[..., NewTask]) -> None:
    served = [(1, "imagine"), (1, "swap"), (1, "swap"), *[(2, "imagine")] * 4, (3, "edit")]
    async with store.write() as conn:
        await people.meet(conn, 1, "Alice", None, 50.0)
        for owner, capability in served:
            await _end(conn, new_task(owner_id=owner, chat_id=-5, created_at=150.0, capability=capability))
        await _end(conn, new_task(owner_id=3, chat_id=-5, created_at=150.0), State.FAILED)
        await _end(conn, new_task(owner_id=3, chat_id=-5, created_at=150.0, order_key="errand:1:1:1"))
        await _end(conn, new_task(owner_id=3, chat_id=-6, created_at=150.0))
        await _end(conn, new_task(owner_id=3, chat_id=-5, created_at=50.0))
        first, second, third = await figures.most_active(conn, -5, 100.0, 5)
        assert await figures.most_active(conn, -5, 100.0, 2) == [first, second]
        assert await figures.most_active(conn, -7, 100.0, 5) == []
    assert first == Member(2, None, {"imagine": 4})
    assert second == Member(1, "Alice", {"swap": 2, "imagine": 1})
    assert list(second.uses) == ["swap", "imagine"]
    assert third == Member(3, None, {"edit": 1})


async def _end(conn: AsyncConnection, new: NewTask, state: State = State.DELIVERED) -> None:
    await tasks.update(conn, await tasks.insert(conn, new), state=state)
