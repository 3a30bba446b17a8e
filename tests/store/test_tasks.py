import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import chats, claims, dialogs, pictures, tasks
from bot.store.dialogs import NewDialog
from bot.store.engine import Store
from bot.store.task import UNFINISHED, NewTask, Picture, State, Task
from bot.store.tasks import AlreadyOrdered, Pulse

Make = Callable[..., NewTask]


async def test_inserted_as_it_was_made(store: Store, new_task: Make) -> None:
    new = new_task(request={"prompt": "雪中狐", "n": 4}, thread_id=3, reserved=4, allowance_day="2026-01-01")
    async with store.write() as conn:
        task = await tasks.insert(conn, new)
        child = await tasks.insert(conn, new_task(parent_id=task.id, parent_index=1))
        assert await tasks.get(conn, task.id) == task
        assert await tasks.get(conn, 12345) is None
    assert asdict(new).items() <= asdict(task).items()
    assert (task.state, task.lease_token, task.attempts, task.finished) == (State.QUEUED, 0, 0, False)
    assert (child.parent_id, child.parent_index) == (task.id, 1)


async def test_what_was_ordered_is_not_ordered_again(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        first = await tasks.insert(conn, new_task(order_key="update:1"))
        with pytest.raises(AlreadyOrdered, match="update:1"):
            await tasks.insert(conn, new_task(order_key="update:1"))
        await tasks.insert(conn, new_task(order_key="update:2"))  # the transaction goes on
    async with store.read() as conn:
        assert await tasks.get(conn, first.id) == first
        assert await tasks.count_running(conn, first.owner_id) == 2


async def test_one_order_from_many_at_once(store: Store, new_task: Make) -> None:
    async def order() -> bool:
        try:
            async with store.write() as conn:
                await tasks.insert(conn, new_task(order_key="update:1"))
        except AlreadyOrdered:
            return False
        return True

    assert sum(await asyncio.gather(*(order() for _ in range(8)))) == 1


async def test_a_sentence_is_kept_and_taken_back(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        told = await tasks.update(conn, task, reason={"template": "为什么"})
        assert told is not None
        assert told.reason == {"template": "为什么"}
        cleared = await tasks.update(conn, told, reason=None)
        assert cleared is not None
        assert cleared.reason is None


async def test_changes_many_but_none_that_another_holds(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        held = [await tasks.insert(conn, new_task()) for _ in range(50)]
        moved = await tasks.update(conn, held[3], state=State.CANCELLED)
        changes = [(task, {"next_at": 300.0 + task.id} | ({"vendor_id": "v"} if task.id % 2 else {})) for task in held]
        changed = await tasks.update_many(conn, changes)
        assert [task.id for task in changed] == [task.id for task in held if task is not held[3]]
        assert [await tasks.get(conn, task.id) for task in changed] == changed
        assert {(task.next_at, task.vendor_id) for task in changed} == {
            (300.0 + task.id, "v" if task.id % 2 else None) for task in held if task is not held[3]
        }
        assert await tasks.get(conn, held[3].id) == moved
        assert await tasks.update_many(conn, []) == []


async def test_what_was_found_is_kept_with_the_task(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        made = [await tasks.insert(conn, new_task()) for _ in range(3)]
        assert {(task.notes, task.progress, task.found) for task in made} == {(None, None, None)}
        found = {"faces": [{"index": 0, "left": 1.5}]}
        wanted: list[dict[str, Any]] = [{"found": found}, {"progress": 0.25}, {"notes": [{"template": "x"}]}]
        await tasks.update_many(conn, list(zip(made, wanted, strict=True)))
        kept = [await tasks.get(conn, task.id) for task in made]
    assert kept == [replace(task, **changes) for task, changes in zip(made, wanted, strict=True)]


async def test_counts_and_lists(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        made = [await tasks.insert(conn, new_task(state=state, created_at=float(at))) for at, state in enumerate(State)]
        await tasks.insert(conn, new_task(owner_id=8))
        assert await tasks.count_running(conn, 7) == 5
        assert await tasks.count_running(conn, 9) == 0
        assert await tasks.longest_under_way(conn, 7) == made[0]
        assert await tasks.longest_under_way(conn, 7, made[0].chat_id) == made[0]
        assert await tasks.longest_under_way(conn, 7, made[0].chat_id - 1) is None
        assert await tasks.count_by_state(conn) == {state: 1 + (state is State.QUEUED) for state in State}
        await tasks.insert(conn, new_task(order_key="errand:1:1:0", created_at=99.0))
        assert await tasks.under_way(conn, 7, 3) == made[4:1:-1]
        assert await tasks.in_states(conn, UNFINISHED, 3) == made[:3]
        assert {task.owner_id for task in await tasks.in_states(conn, [State.QUEUED], 10)} == {7, 8}


async def _train(conn: AsyncConnection, new: NewTask) -> Task:
    """Have a task at the vendor that it may keep for three days."""
    row = await tasks.insert(conn, replace(new, state=State.RUNNING, capability="train"))
    ordered = await tasks.update(conn, row, submitted_at=100.0, deadline_at=100.0 + 3 * 86_400)
    assert ordered is not None
    return ordered


async def test_what_the_vendor_may_keep_for_hours_is_listed_last(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        training = await _train(conn, new_task())
        quick = await tasks.insert(conn, new_task(state=State.RUNNING))
        assert await tasks.in_states(conn, [State.RUNNING], 1) == [quick]
        assert await tasks.in_states(conn, [State.RUNNING], 2) == [quick, training]


async def test_says_when_the_next_is_due(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        assert await tasks.pulse(conn, 100.0) == {}
        for at in (130.0, 110.0):
            await tasks.insert(conn, new_task(next_at=at))
        await tasks.insert(conn, new_task(next_at=1.0, state=State.RUNNING))
        await tasks.insert(conn, new_task(next_at=None, state=State.DELIVERED))
        assert await tasks.pulse(conn, 100.0) == {State.QUEUED: Pulse(2, 110.0), State.RUNNING: Pulse(1, 1.0)}
        await _train(conn, new_task(next_at=0.5))
        assert await tasks.pulse(conn, 100.0) == {State.QUEUED: Pulse(2, 110.0), State.RUNNING: Pulse(1, 0.5)}


async def test_says_how_many_have_waited_too_long_and_gives_those(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        late = [await tasks.insert(conn, new_task(deadline_at=at, owner_id=at)) for at in (150, 140, 150.5)]
        await tasks.insert(conn, new_task(deadline_at=140, next_at=151.0))  # somebody holds it
        await tasks.insert(conn, new_task(deadline_at=140, state=State.RUNNING))
        counted = {state: pulse.overdue for state, pulse in (await tasks.pulse(conn, 150.0)).items()}
        assert counted == {State.QUEUED: 2, State.RUNNING: 0}
        in_turn = await claims.claim_in_turn(conn, now=150.0, limit=9, lease_seconds=60)
        assert [task.id for task in in_turn] == [late[2].id]
        first = await claims.claim_overdue(conn, now=150.0, limit=1, lease_seconds=60)
        assert [(task.id, task.next_at, task.lease_token) for task in first] == [(late[1].id, 210.0, 1)]
        others = await claims.claim_overdue(conn, now=150.0, limit=9, lease_seconds=60)
        assert [task.id for task in others] == [late[0].id]


async def test_notes_the_messages_whoever_holds_the_task(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        held = (await claims.claim(conn, [State.QUEUED], now=200.0, limit=10, lease_seconds=60))[0]
        assert await tasks.note(conn, task.id, UNFINISHED, status_message_id=5)
        assert not await tasks.note(conn, task.id, [State.RUNNING], status_message_id=6)
        assert await tasks.note(conn, task.id, buttons_message_id=7)
        assert not await tasks.note(conn, 12345, buttons_message_id=7)
        assert await tasks.get(conn, task.id) == replace(held, status_message_id=5, buttons_message_id=7)


async def test_learns_from_what_was_delivered(store: Store, new_task: Make) -> None:
    ends = ((State.DELIVERED, 10.0, 25.0), (State.FAILED, 10.0, 11.0), (State.DELIVERED, 20.0, 29.5))
    async with store.write() as conn:
        for state, submitted, finished in (*ends, (State.DELIVERED, None, 40.0)):
            task = await tasks.insert(conn, new_task(kind="k", state=state))
            await tasks.update(conn, task, submitted_at=submitted, finished_at=finished)
        assert await tasks.durations(conn, "k", 10) == [9.5, 15.0]
        assert await tasks.durations(conn, "k", 1) == [9.5]
        assert await tasks.durations(conn, "other", 10) == []


async def test_follows_a_group_that_became_a_supergroup(store: Store, new_task: Make) -> None:
    def dialog(chat_id: int, owner_id: int) -> NewDialog:
        return NewDialog(
            chat_id=chat_id, owner_id=owner_id, capability="imagine", lang="en", answers={}, screen="s",
            created_at=1.0, expires_at=1e9, origin_id=5,
        )  # fmt: skip

    async with store.write() as conn:
        task = await tasks.insert(conn, new_task(chat_id=-1, message_id=5))
        elsewhere = await tasks.insert(conn, new_task(chat_id=-3, message_id=5))
        old, _ = await dialogs.put(conn, dialog(-1, 7))
        await dialogs.put(conn, dialog(-1, 8))
        newer, _ = await dialogs.put(conn, dialog(-2, 8))
        for _ in range(2):  # both the old group and the new one tell of it
            await tasks.move_chat(conn, -1, -2)
        assert await tasks.get(conn, task.id) == replace(task, chat_id=-2, message_id=None)
        assert await tasks.get(conn, elsewhere.id) == elsewhere
        moved = await dialogs.get(conn, -2, 0, 7, 2.0)
        assert moved == replace(old, chat_id=-2, origin_id=None, version=2)
        assert await dialogs.get(conn, -2, 0, 8, 2.0) == newer
        assert await chats.migrated(conn, -1) == -2


async def test_messages_of_the_group_that_was_are_not_those_of_the_supergroup(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        moved, elsewhere = [await tasks.insert(conn, new_task(chat_id=chat_id)) for chat_id in (-1, -3)]
        for task in (moved, elsewhere):
            await pictures.put(conn, [Picture(task_id=task.id, index=index) for index in (0, 1)])
            await pictures.set_delivered(conn, task.id, 0, message_id=11, preview_id=12, photo_id="photo")
        await tasks.move_chat(conn, -1, -2)
        sent, unsent = await pictures.of_task(conn, moved.id)
        assert (sent.message_id, sent.preview_id, sent.photo_id, unsent.message_id) == (0, None, "photo", None)
        assert [one.message_id for one in await pictures.of_task(conn, elsewhere.id)] == [11, None]
