"""The gate to the vendor: how many orders may go out now. Kept in memory, so a start begins with it wide open."""

import time
from collections.abc import Callable

import structlog

from bot.miaohua import errors as vendor
from bot.tracker.capacity import Capacity
from bot.tracker.circuit import Circuit

log = structlog.get_logger()

OUTAGE = frozenset(code for kind in (vendor.Internal, vendor.TimedOut, vendor.Unavailable) for code in kind.codes)
"""The codes of a service that is down."""


class Gate:
    """What the last orders say about the vendor, put together."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.time) -> None:
        self.most = most
        self._clock = clock
        self._capacity = Capacity.full(most)
        self._circuit = Circuit()
        self._probe: int | None = None  # the task that tries whether the vendor is back

    @property
    def places(self) -> int:
        """Say how many orders the vendor takes at a time, as far as is known."""
        return self._capacity.places

    @property
    def is_down(self) -> bool:
        """Say whether the vendor is out of order."""
        return self._circuit.is_open

    @property
    def opens_at(self) -> float:
        """Say before when nothing is ordered; it may be past."""
        return max(self._capacity.not_before, self._circuit.probe_at or 0.0)

    @property
    def room(self) -> int:
        """Say how many orders may begin now, if none is under way."""
        if self._clock() < self.opens_at:
            return 0
        if self.is_down:
            return int(self._probe is None)
        return self.places

    def admits(self, task_id: int) -> bool:
        """Say whether this task may be ordered now. Of an open circuit it becomes the probe, until it has left."""
        if self._clock() < self.opens_at:
            return False
        if self.is_down and self._probe is None:
            self._probe = task_id
        return not self.is_down or self._probe == task_id

    def leave(self, task_id: int) -> None:
        """Let another task be the probe."""
        if self._probe == task_id:
            self._probe = None

    def accepted(self) -> None:
        """Hear of an order that was taken."""
        self.answered()
        self._capacity = self._capacity.accepted()

    def answered(self) -> None:
        """Hear of an order that was refused for its own sake."""
        if self.is_down:
            log.warning("vendor_back")
        self._circuit = self._circuit.answered()

    def full(self, ordered_at: float, told: float | None) -> None:
        """Hear of an order that was too much, and of the wait that the vendor asked for."""
        self.answered()
        self._capacity = self._capacity.refused(ordered_at, self._clock(), told)
        log.warning("vendor_full", places=self.places, opens_at=self.opens_at)

    def failed(self, task_id: int, told: float | None) -> None:
        """Hear of an order that a service that is down did not take."""
        was_down = self.is_down
        self._circuit = self._circuit.failed(task_id, self._clock(), told)
        if self.is_down:
            log.warning("vendor_still_down" if was_down else "vendor_down", opens_at=self.opens_at)
