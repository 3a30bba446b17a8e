import asyncio
import random
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import claims, tasks
from bot.store.claims import FIRST_AGAIN, FIRST_ERRANDS
from bot.store.engine import Store
from bot.store.task import FINISHED, NewTask, State, Task

Make = Callable[..., NewTask]


async def _claim(conn: AsyncConnection, limit: int = 10, now: float = 200.0) -> list[Task]:
    return await claims.claim(conn, [State.QUEUED], now=now, limit=limit, lease_seconds=60)


async def test_claims_what_is_longest_due(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        made = [await tasks.insert(conn, new_task(next_at=at)) for at in (150.0, 120.0, 110.0, 200.1)]
        other = await tasks.insert(conn, new_task(state=State.RUNNING))
        claimed = await _claim(conn, limit=2)
        assert [task.id for task in claimed] == [made[1].id, made[2].id]
        assert {(task.state, task.next_at, task.lease_token) for task in claimed} == {(State.QUEUED, 260.0, 1)}
        assert [task.id for task in await _claim(conn)] == [made[0].id]
        assert await tasks.get(conn, other.id) == other


async def test_a_claim_ends_with_its_lease(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        await tasks.insert(conn, new_task())
        first = (await _claim(conn))[0]
        assert await _claim(conn, now=259.9) == []
        second = (await _claim(conn, now=260.0))[0]
        assert (first.state, first.lease_token, second.lease_token) == (State.QUEUED, 1, 2)
        assert await tasks.update(conn, first, vendor_id="late") is None
        kept = await tasks.update(conn, second, vendor_id="mine", state=State.RUNNING, next_at=None)
        assert kept == replace(second, vendor_id="mine", state=State.RUNNING, next_at=None)
        assert await tasks.update(conn, second, vendor_id="again") is None  # its state has changed


async def test_leases_of_a_dead_process_end_at_once(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        await tasks.insert(conn, new_task())
        done = await tasks.insert(conn, new_task(state=State.DELIVERED, next_at=None))
        dead = (await _claim(conn))[0]
        assert await claims.expire_leases(conn, [State.QUEUED, State.DELIVERED], now=201.0) == 1
        assert await tasks.update(conn, dead, vendor_id="late") is None
        assert [task.id for task in await _claim(conn, now=201.0)] == [dead.id]
        assert await tasks.get(conn, done.id) == done


async def test_counts_errands_of_a_person_and_of_a_dialog(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        for owner, key, at in (
            (7, "errand:1:1:0", 100.0),
            (7, "errand:1:2:0", 200.0),
            (7, "errand:12:1:0", 200.0),
            (8, "errand:2:1:0", 200.0),
            (7, "update:1", 200.0),
        ):
            await tasks.insert(conn, new_task(owner_id=owner, order_key=key, created_at=at))
        assert await claims.count_errands(conn, 7, 100.0) == 3
        assert await claims.count_errands(conn, 7, 100.0, 1) == 2
        assert await claims.count_errands(conn, 7, 101.0, 1) == 1
        assert await claims.count_errands(conn, 8, 100.0, 1) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_to_count_errands_not_every_row_is_read(store: Store) -> None:
    counting = claims._COUNT_ERRANDS.params(owner=7, since=0.0, keys="errand:1:%")
    async with store.read() as conn:
        words = counting.compile(conn.sync_engine, compile_kwargs={"literal_binds": True})
        plan = (await conn.execute(text(f"EXPLAIN QUERY PLAN {words}"))).all()
    assert [row.detail.split()[0] for row in plan] == ["SEARCH"]


class TestTurns:
    """`order` claims one after the other; what is claimed stays with whoever claimed it."""

    async def order(self, conn: AsyncConnection) -> list[int]:
        taken: list[int] = []
        while claimed := await claims.claim_in_turn(conn, now=200.0, limit=1, lease_seconds=60):
            taken += [task.id for task in claimed]
        return taken

    async def add(self, conn: AsyncConnection, new_task: Make, owner: int, chat: int, **more: Any) -> int:
        return (await tasks.insert(conn, new_task(owner_id=owner, chat_id=chat, **more))).id

    async def test_everybodys_first_comes_before_anybodys_second(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            greedy = [await self.add(conn, new_task, 1, 1) for _ in range(4)]
            others = [await self.add(conn, new_task, owner, owner) for owner in (2, 3)]
            second = await self.add(conn, new_task, 2, 2)
            assert await self.order(conn) == [greedy[0], *others, greedy[1], second, *greedy[2:]]

    async def test_also_within_a_group(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            greedy = [await self.add(conn, new_task, 1, -5) for _ in range(3)]
            member = await self.add(conn, new_task, 2, -5)
            assert await self.order(conn) == [greedy[0], member, *greedy[1:]]

    async def test_and_for_whoever_asks_in_many_groups(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            greedy = [await self.add(conn, new_task, 1, chat) for chat in (-5, -6, -7)]
            member = await self.add(conn, new_task, 2, -7)
            assert await self.order(conn) == [greedy[0], member, *greedy[1:]]

    async def test_a_busy_group_and_private_chats_take_turns(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            members = [await self.add(conn, new_task, owner, -5) for owner in (1, 2, 3)]
            alone = [await self.add(conn, new_task, owner, owner) for owner in (4, 5)]
            assert await self.order(conn) == [members[0], *alone, *members[1:]]

    async def test_nobody_outside_makes_a_group_wait_for_more_than_his_first(
        self, store: Store, new_task: Make
    ) -> None:
        async with store.write() as conn:
            greedy = [await self.add(conn, new_task, 1, 1) for _ in range(3)]
            members = [await self.add(conn, new_task, owner, -5) for owner in (2, 3, 4)]
            assert await self.order(conn) == [greedy[0], *members, *greedy[1:]]

    @pytest.mark.parametrize("state", [State.QUEUED, State.SUBMITTING, State.RUNNING, State.DELIVERED])
    async def test_who_has_had_a_turn_comes_after_who_has_not(self, store: Store, new_task: Make, state: State) -> None:
        async with store.write() as conn:
            mine = await self.add(conn, new_task, 1, 1, state=state, next_at=300.0)
            if state in {State.RUNNING, State.DELIVERED}:
                await self.ordered(conn, mine)
            second = await self.add(conn, new_task, 1, 1)
            other = await self.add(conn, new_task, 2, 2)
            assert await self.order(conn) == [other, second]

    async def test_what_was_not_asked_for_is_not_saved_up(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            for _ in range(5):
                await self.ordered(conn, await self.add(conn, new_task, 1, 1, state=State.RUNNING))
            greedy = [await self.add(conn, new_task, 1, 1) for _ in range(2)]
            newcomer = [await self.add(conn, new_task, 2, 2) for _ in range(3)]
            assert await self.order(conn) == [newcomer[0], greedy[0], newcomer[1], greedy[1], newcomer[2]]

    async def test_what_never_came_to_an_order_is_no_turn(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            for _ in range(3):
                await self.add(conn, new_task, 1, 1, state=State.CANCELLED, next_at=None)
            long_ago = await self.add(conn, new_task, 1, 1, state=State.DELIVERED, created_at=100.0 - 2 * 86_400)
            await tasks.update_many(conn, [(await self.get(conn, long_ago), {"turn": 9})])
            waiting = [await self.add(conn, new_task, owner, owner) for owner in (1, 2)]
            assert await self.order(conn) == waiting

    async def ordered(self, conn: AsyncConnection, task_id: int) -> None:
        await tasks.update_many(conn, [(await self.get(conn, task_id), {"submitted_at": 100.0})])

    async def get(self, conn: AsyncConnection, task_id: int) -> Task:
        task = await tasks.get(conn, task_id)
        assert task is not None
        return task

    async def test_whoever_waits_at_the_keyboard_comes_first_and_takes_turns(
        self, store: Store, new_task: Make
    ) -> None:
        async with store.write() as conn:
            picture = await self.add(conn, new_task, 3, 3)
            many = [await self.add(conn, new_task, 1, 1, order_key=f"errand:1:1:{place}") for place in range(3)]
            one = await self.add(conn, new_task, 2, 2, order_key="errand:2:1:0")
            assert await self.order(conn) == [many[0], one, *many[1:], picture]

    async def test_who_is_at_the_keyboard_all_the_time_takes_turns_with_everybody(
        self, store: Store, new_task: Make
    ) -> None:
        def later(place: int) -> NewTask:
            finished = {"state": State.DELIVERED, "next_at": None}
            return new_task(owner_id=9, order_key=f"errand:9:1:{place}", **finished if place == 0 else {})

        async with store.write() as conn:
            ever = [(await tasks.insert(conn, later(place))).id for place in range(FIRST_ERRANDS + 2)][1:]
            others = [await self.add(conn, new_task, owner, owner) for owner in (2, 3)]
            own = await self.add(conn, new_task, 9, 9)
            *first, turn, second = ever
            assert await self.order(conn) == [*first, turn, *others, second, own]
            after = 100.0 + FIRST_AGAIN + 1
            again = await tasks.insert(conn, new_task(owner_id=9, order_key="errand:9:2:0", created_at=after))
            other = await tasks.insert(conn, new_task(owner_id=4, created_at=after))
            assert again.turn < other.turn

    async def test_who_came_back_into_the_queue_keeps_his_place(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            refused = await self.add(conn, new_task, 1, 1, next_at=199.0)
            later = [await self.add(conn, new_task, owner, owner) for owner in (2, 3)]
            assert await self.order(conn) == [refused, *later]

    async def test_ahead_are_those_who_are_claimed_before(self, store: Store, new_task: Make) -> None:
        async with store.write() as conn:
            chance = random.Random(1)
            for place in range(60):
                state, chat = chance.choice(list(State)), chance.choice((None, -5, -6))
                owner, due = chance.randrange(8), chance.choice((100.0, 300.0))
                key = f"errand:{place}:1:0" if place % 7 == 0 else f"order {place}"
                row = {"state": state, "next_at": None if state in FINISHED else due, "order_key": key}
                await self.add(conn, new_task, owner, chat or owner, **row)
            everything = await tasks.in_states(conn, list(State), 100)
            places = await claims.ahead(conn, everything, 200.0)
            assert await claims.ahead(conn, [task for task in everything if task.state is State.RUNNING], 200.0) == {}
            in_turn = sorted(places, key=places.__getitem__)
            assert sorted(places.values()) == list(range(len(places)))
            assert {task.id for task in everything if task.state is State.QUEUED and task.next_at == 100} == set(places)
            first = await claims.claim_in_turn(conn, now=200.0, limit=3, lease_seconds=60)
            assert len(in_turn) > 3
            assert {task.id for task in first} == set(in_turn[:3])


async def test_claims_at_once_take_each_task_once(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        made = [await tasks.insert(conn, new_task()) for _ in range(40)]

    async def work() -> list[int]:
        mine: list[int] = []
        while True:
            async with store.write() as conn:
                claimed = await _claim(conn, limit=3)
            if not claimed:
                return mine
            mine += [task.id for task in claimed]

    taken = await asyncio.gather(*(work() for _ in range(6)))
    assert sorted(number for mine in taken for number in mine) == [task.id for task in made]


async def test_processes_take_each_task_once(
    store: Store, database_url: str, new_task: Make, start: Callable[..., Awaitable[Process]]
) -> None:
    async with store.write() as conn:
        made = [await tasks.insert(conn, new_task()) for _ in range(240)]
    workers = [await start("claim.py", database_url) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    said = await asyncio.gather(*(worker.communicate(b"") for worker in workers))  # the end of stdin lets them go
    assert sorted(int(word) for out, _ in said for word in out.split()) == [task.id for task in made]
    async with store.read() as conn:
        left = await tasks.in_states(conn, [State.QUEUED], 1000)
    assert [task.lease_token for task in left] == [1] * len(made)
