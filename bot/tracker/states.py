"""What may follow what in a task's life: one pure table.

    queued -> submitting -> running -> succeeded -> delivering -> delivered
       ^----------'  again, after a refusal that a wait can heal

Ends without a picture, and whence they are reached:

    failed     from queued, submitting, running, delivering
    refused    from queued, submitting, running
    cancelled  from queued, running
    expired    from queued, running
    uncertain  from submitting

`uncertain` is a task whose order may or may not have arrived: it is never ordered again without its user saying so.
"""

from collections.abc import Mapping

from bot.store.task import State

LEGAL: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SUBMITTING, State.FAILED, State.REFUSED, State.CANCELLED, State.EXPIRED}),
    State.SUBMITTING: frozenset({State.RUNNING, State.QUEUED, State.FAILED, State.REFUSED, State.UNCERTAIN}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.REFUSED, State.CANCELLED, State.EXPIRED}),
    State.SUCCEEDED: frozenset({State.DELIVERING}),
    State.DELIVERING: frozenset({State.DELIVERED, State.FAILED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.UNCERTAIN: frozenset(),
}

PICTURELESS = frozenset({State.FAILED, State.REFUSED, State.CANCELLED, State.EXPIRED, State.UNCERTAIN})
WAITING = frozenset({State.QUEUED, State.SUBMITTING, State.RUNNING})


class IllegalTransition(RuntimeError):
    """A step that the table does not know: a fault in the program."""


def check(before: State, after: State) -> None:
    """Raise `IllegalTransition` unless the table allows the step."""
    if after not in LEGAL[before]:
        raise IllegalTransition(f"{before} -> {after}")
