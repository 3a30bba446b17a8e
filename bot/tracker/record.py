"""Write a step of a task's life: the row, and with it the allowance that it holds."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.limits import allowance
from bot.store import pictures, tasks
from bot.store.task import State, Task
from bot.tracker import states


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
    ended = await advance(conn, task, after, next_at=now, finished_at=now, attempts=0, **why)
    await allowance.release(conn, ended)
    return ended


async def deliver(conn: AsyncConnection, task: Task) -> None:
    """Close a delivered task."""
    await _use(conn, await advance(conn, task, State.DELIVERED, next_at=None, attempts=0))


async def abandon(conn: AsyncConnection, task: Task) -> None:
    """Close a task whose pictures were made but that no chat takes."""
    await _use(conn, await advance(conn, task, State.FAILED, next_at=None, error_code=7))


async def _use(conn: AsyncConnection, task: Task) -> None:
    """Settle the allowance: pictures that were made are used up, those that were not are given back."""
    made = sum(not picture.error_code for picture in await pictures.of_task(conn, task.id))
    await allowance.release(conn, task, max(task.reserved - made, 0))
    await allowance.settle(conn, task)
