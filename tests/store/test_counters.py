import asyncio

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.store import counters, tasks
from bot.store.counters import Key, seconds_of, step_of
from bot.store.engine import Store
from bot.store.tables import counters as table

DAY = "2026-11-22"


async def held(store: Store) -> dict[tuple[str, int, str, str], int]:
    async with store.read() as conn:
        return {(row.day, row.chat_id, row.name, row.label): row.value for row in await conn.execute(select(table))}


async def add(store: Store, more: dict[Key, int]) -> None:
    async with store.write() as conn:
        await counters.add(conn, more)


async def test_figures_add_up_and_nothing_is_written_for_none(store: Store) -> None:
    await add(store, {(DAY, 0, "tasks", "imagine:failed"): 1, (DAY, 0, "pictures", "imagine"): 0})
    await add(store, {(DAY, 0, "tasks", "imagine:failed"): 2, (DAY, -5, "tasks", "imagine:failed"): 4})
    await add(store, {})
    assert await held(store) == {
        (DAY, 0, "tasks", "imagine:failed"): 3,
        (DAY, -5, "tasks", "imagine:failed"): 4,
    }


async def test_many_count_in_the_same_rows_and_none_waits_for_another(store: Store) -> None:
    keys: list[Key] = [(DAY, 0, "waits", str(step)) for step in range(6)]
    orders = [keys, keys[::-1], keys[3:] + keys[:3]] * 6
    await asyncio.gather(*(add(store, dict.fromkeys(order, 1)) for order in orders))
    assert set((await held(store)).values()) == {len(orders)}


async def test_what_a_group_did_goes_with_it(store: Store) -> None:
    await add(store, {(DAY, -1, "tasks", "imagine:failed"): 1, (DAY, -2, "tasks", "imagine:failed"): 2})
    async with store.write() as conn:
        await tasks.move_chat(conn, -1, -2)
    assert await held(store) == {(DAY, -2, "tasks", "imagine:failed"): 3}


@given(st.floats(min_value=0.1, max_value=300_000))
def test_a_step_is_off_by_a_twentieth_at_most(seconds: float) -> None:
    assert abs(seconds_of(step_of(seconds)) / seconds - 1) < 0.05


def test_what_took_no_time_has_a_step() -> None:
    assert step_of(-3) == step_of(0) == step_of(0.1)
