"""Faults that a test asks for, and a record of what the bot called."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.refusals import Refused

_MAX_CALLS: Final = 1000
_MAX_FAULTS: Final = 1000


@dataclass(slots=True)
class Fault:
    """What is to go wrong with the next `times` calls of a method; `*` is any.

    `delay` seconds pass first. Then `drop` closes the connection without an answer, before or after the work is
    done; or `status` is answered and nothing is done.
    """

    method: str
    times: int = 1
    status: int | None = None
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None
    delay: float = 0

    def refusal(self) -> Refused | None:
        """Make what is answered in place of the work, if anything."""
        return Refused(self.status, self.description, **self.parameters) if self.status else None


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._planned: deque[Fault] = deque(maxlen=_MAX_FAULTS)

    def plan(self, fault: Fault) -> None:
        """Add one."""
        self._planned.append(fault)

    def next_for(self, method: str) -> Fault | None:
        """Take the first that concerns a method, once."""
        for fault in self._planned:
            if fault.method.lower() in {"*", method.lower()}:
                fault.times -= 1
                if fault.times <= 0:
                    self._planned.remove(fault)
                return fault
        return None


class CallLog:
    """How often each method was called, and the last calls as they came."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._last: deque[dict[str, Any]] = deque(maxlen=_MAX_CALLS)

    def add(self, method: str, params: Params, at: float) -> None:
        """Record a call, without the bytes of its files."""
        self.counts[method] += 1
        files = {name: {"name": upload.name, "size": len(upload.body)} for name, upload in params.uploads.items()}
        self._last.append({"method": method, "params": dict(params.values), "files": files, "at": at})

    def last(self, count: int) -> Iterable[dict[str, Any]]:
        """Give the last calls, oldest first."""
        return list(self._last)[-count:] if count > 0 else []
