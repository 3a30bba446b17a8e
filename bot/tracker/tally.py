"""What is counted of a task that ends. Errands are not: nobody ordered them, and they hold no day's allowance."""

from collections import Counter
from collections.abc import Iterable

from bot.store.counters import Key, Name, step_of
from bot.store.task import State, Task

# What ends a task from here is the vendor's word; before the order and after the result it is ours.
_AT_VENDOR = frozenset({State.SUBMITTING, State.RUNNING})


def of_ends(ended: Iterable[tuple[State, Task]]) -> Counter[Key]:
    """Count tasks that ended, each with its state before: by capability, state and the vendor's error."""
    counts: Counter[Key] = Counter()
    for before, task in ended:
        counts += _counted(task, {("tasks", f"{task.capability}:{task.state}"): 1})
        if task.error_code is not None and before in _AT_VENDOR:
            counts += _counted(task, {("errors", str(task.error_code)): 1})
    return counts


def of_pictures(task: Task, used: int) -> Counter[Key]:
    """Count the pictures that a task used."""
    return _counted(task, {("pictures", task.capability): used})


def of_wait(task: Task, now: float) -> Counter[Key]:
    """Count how long somebody waited for a delivered task, from the order on."""
    return _counted(task, {("waits", str(step_of(now - task.created_at))): 1})


def _counted(task: Task, what: dict[tuple[Name, str], int]) -> Counter[Key]:
    if task.allowance_day is None:
        return Counter()
    chat_id = min(task.chat_id, 0)  # people's own chats are one
    return Counter({(task.allowance_day, chat_id, name, label): value for (name, label), value in what.items()})
