"""Write a step of a task's life: the row, and with it the allowance that it holds and the day's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.limits import allowance
from bot.store import counters, pictures, tasks
from bot.store.task import State, Task
from bot.tracker import states, tally


class LostLease(Exception):
    """Somebody else holds the task by now: whoever gets this lets go of it."""


async def keep(conn: AsyncConnection, task: Task, **changes: Any) -> Task:  # noqa: ANN401  a column's value each
    """Change a task within its state. Raises `LostLease` where the row is no longer as `task` says."""
    changed = await tasks.update(conn, task, **changes)
    if changed is None:
        raise LostLease(task.id)
    return changed


async def advance(conn: AsyncConnection, task: Task, after: State, **changes: Any) -> Task:  # noqa: ANN401  as in keep
    """Take a task to its next state.

    Raises `LostLease` as `keep` does, `IllegalTransition` for a step that the table forbids.
    """
    states.check(task.state, after)
    return await keep(conn, task, state=after, **changes)


async def end(conn: AsyncConnection, task: Task, after: State, *, now: float, **why: Any) -> Task:  # noqa: ANN401
    """End a task without a picture: its allowance is given back, and it stays due until its user has been told."""
    states.check(task.state, after)
    ended = await keep(conn, task, **ending(after, now=now, **why))
    await allowance.release(conn, ended)
    await counters.add(conn, tally.of_ends([(task.state, ended)]))
    return ended


def ending(after: State, *, now: float, **why: Any) -> dict[str, Any]:  # noqa: ANN401  as in keep
    """Say what changes in a task that ends without a picture, for `change_many`."""
    return {"state": after, "next_at": now, "finished_at": now, "attempts": 0, **why}


async def change_many(conn: AsyncConnection, changes: Sequence[tuple[Task, Mapping[str, Any]]]) -> list[Task]:
    """Change many tasks, also their states, with few statements; those that end give their allowance back.

    Gives those that were changed: the others are somebody else's by now. Raises `IllegalTransition` as `advance` does.
    """
    for task, change in changes:
        if "state" in change:
            states.check(task.state, change["state"])
    changed = await tasks.update_many(conn, changes)
    ended = [task for task in changed if task.state in states.PICTURELESS]
    await allowance.release_all(conn, ended)
    before = {task.id: task.state for task, _ in changes}
    await counters.add(conn, tally.of_ends((before[task.id], task) for task in ended))
    return changed


async def deliver(conn: AsyncConnection, task: Task, *, now: float) -> None:
    """Close a delivered task."""
    delivered = await advance(conn, task, State.DELIVERED, next_at=None, attempts=0)
    used = await _use(conn, delivered)
    counts = (
        tally.of_ends([(task.state, delivered)]) + tally.of_pictures(delivered, used) + tally.of_wait(delivered, now)
    )
    await counters.add(conn, counts)


async def abandon(conn: AsyncConnection, task: Task) -> None:
    """Close a task whose pictures were made but that no chat takes; that is no error of the vendor's."""
    abandoned = await advance(conn, task, State.FAILED, next_at=None)
    used = await _use(conn, abandoned)
    await counters.add(conn, tally.of_ends([(task.state, abandoned)]) + tally.of_pictures(abandoned, used))


async def _use(conn: AsyncConnection, task: Task) -> int:
    """Settle the allowance: pictures that were made are used up, those that were not are given back. Say how many.

    What was found besides, as a LoRA that was trained, is paid for as a whole.
    """
    if task.found:
        await allowance.settle(conn, task)
        return task.reserved
    made = sum(not picture.error_code for picture in await pictures.of_task(conn, task.id))
    await allowance.release(conn, task, max(task.reserved - made, 0))
    await allowance.settle(conn, task)
    return min(made, task.reserved)
