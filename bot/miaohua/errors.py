"""What can go wrong between us and the vendor.

    MiaohuaError
    ├── InvalidRequest          never left the house: a value is outside what the vendor takes
    ├── NotSent         again   the connection was never made: nothing was asked
    ├── Unanswered              the request may have arrived, and no intelligible answer came back
    └── ApiError                the vendor refused, in its own words or by an HTTP status that can only mean a refusal
        ├── Cancelled           1
        ├── Internal            2, 13, 14, 15   again
        ├── InvalidArgument     3
        ├── TimedOut            4               again
        ├── NotFound            5
        ├── AlreadyExists       6
        ├── PermissionDenied    7               operator
        ├── LimitExceeded       8               again
        ├── FailedPrecondition  9
        ├── Conflict            10              again
        ├── OutOfRange          11
        ├── Unimplemented       12
        ├── Unauthenticated     16              operator
        ├── Sensitive           18
        ├── Busy                409             again
        ├── DailyLimit          429             operator
        ├── Unavailable         503             again
        └── UnknownCode         any other

`again`: the same request is worth repeating after a pause, also one that is paid for.
`operator`: the account is concerned, so whoever runs the bot should hear of it.
"""

from collections.abc import Sequence
from typing import ClassVar


class MiaohuaError(Exception):
    """A call that did not succeed. Its text is for the log, never for users."""

    again: ClassVar[bool] = False
    operator: ClassVar[bool] = False

    retry_after: float | None = None
    """Seconds after which the vendor wants to be asked again, where it said so."""


class InvalidRequest(MiaohuaError):
    """A value that the vendor would not take: `field` is its path, `allowed` what may stand there."""

    def __init__(self, field: str, allowed: str) -> None:
        super().__init__(f"{field}: {allowed}")
        self.field = field
        self.allowed = allowed


class NotSent(MiaohuaError):
    """No connection was made, so nothing was asked: safe to repeat whatever it was."""

    again = True


class Unanswered(MiaohuaError):
    """The request may have arrived, but nobody knows what became of it.

    A GET can be repeated freely; a POST that costs something must not be repeated blindly, hence not `again`.
    """

    def __init__(self, reason: str, *, http_status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.http_status = http_status
        self.retry_after = retry_after


class ApiError(MiaohuaError):
    """The vendor refused the request. `code` is the vendor's, whichever HTTP status carried it."""

    codes: ClassVar[tuple[int, ...]] = ()
    name: ClassVar[str]

    def __init__(
        self,
        code: int,
        *,
        http_status: int,
        message: str = "",
        details: Sequence[str] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code} {self.name} (HTTP {http_status}): {message}")
        self.code = code
        self.http_status = http_status
        self.message = message
        self.details = tuple(details)
        self.retry_after = retry_after

    @property
    def trace_id(self) -> str | None:
        """The vendor's name for this very call, among the details."""
        found = (detail.partition("trace_id:") for detail in self.details)
        return next((rest.strip() for before, mark, rest in found if mark and not before.strip()), None)


class Cancelled(ApiError):
    """The client cancelled the call."""

    codes = (1,)
    name = "cancelled"


class Internal(ApiError):
    """A fault of the server."""

    codes = (2, 13, 14, 15)
    name = "internal"
    again = True


class InvalidArgument(ApiError):
    """A wrong field or value; the vendor may also mean sensitive words."""

    codes = (3,)
    name = "invalid argument"


class TimedOut(ApiError):
    """The server ran out of time, and says so itself."""

    codes = (4,)
    name = "timeout"
    again = True


class NotFound(ApiError):
    """There is no such resource."""

    codes = (5,)
    name = "not found"


class AlreadyExists(ApiError):
    """The resource is there already."""

    codes = (6,)
    name = "already exists"


class PermissionDenied(ApiError):
    """The account may not use this."""

    codes = (7,)
    name = "permission denied"
    operator = True


class LimitExceeded(ApiError):
    """Asked too fast, or over a resource limit: slow down."""

    codes = (8,)
    name = "limit exceeded"
    again = True


class FailedPrecondition(ApiError):
    """Not possible in the system's present state."""

    codes = (9,)
    name = "failed precondition"


class Conflict(ApiError):
    """Somebody changed the same thing at the same time."""

    codes = (10,)
    name = "conflict"
    again = True


class OutOfRange(ApiError):
    """The range asked for is not there."""

    codes = (11,)
    name = "out of range"


class Unimplemented(ApiError):
    """The vendor has no such method: fall back where there is another way."""

    codes = (12,)
    name = "not implemented"


class Unauthenticated(ApiError):
    """The token was refused, also a freshly signed one: the keys are wrong."""

    codes = (16,)
    name = "unauthenticated"
    operator = True


class Sensitive(ApiError):
    """The content filter stopped the task."""

    codes = (18,)
    name = "sensitive"


class Busy(ApiError):
    """A trial account's limit: its previous task is still running."""

    codes = (409,)
    name = "busy"
    again = True


class DailyLimit(ApiError):
    """A trial account's limit: the day's uses are spent."""

    codes = (429,)
    name = "daily limit"
    operator = True


class Unavailable(ApiError):
    """Out of service."""

    codes = (503,)
    name = "unavailable"
    again = True


class UnknownCode(ApiError):
    """A code that the vendor's document does not list."""

    name = "unknown code"


_BY_CODE = {code: kind for kind in ApiError.__subclasses__() for code in kind.codes}


def kind_of(code: int) -> type[ApiError]:
    """Find the class for one of the vendor's codes."""
    return _BY_CODE.get(code, UnknownCode)
