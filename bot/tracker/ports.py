"""What the tracker asks of the rooms above it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.locales.text import Text
from bot.store.task import Picture, Task

Submit: TypeAlias = Callable[[], Awaitable[str]]
"""Order the task at the vendor; the answer is the vendor's id."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order that is ready to be placed; `notes` say what its user should know of how it was made ready."""

    submit: Submit
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """The vendor has not finished; `progress` is from 0 to 1, where it says how far it is."""

    progress: float | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """The vendor has finished: pictures, the places of those that it refused, and what it found besides."""

    pictures: tuple[Picture, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True, slots=True)
class Failed:
    """The vendor gave up. `code` is of the error vocabulary; `detail` is for the log.

    `reason` is for the user, where more is known than the code says.
    """

    code: int
    detail: str
    reason: Text | None = None


Outcome: TypeAlias = Waiting | Made | Failed

Poll: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, Outcome]]]
"""Ask a family about up to 50 vendor ids in one request; an id it does not know is left out."""


class Maker(Protocol):
    """A capability, as the tracker sees it."""

    @property
    def family(self) -> str:
        """The vendor's family, whose poll is asked."""

    @property
    def patience(self) -> float:
        """Seconds after the order in which there must be a result."""

    @property
    def preparation(self) -> float:
        """Seconds that it may take to make an order ready."""

    async def prepare(self, task: Task) -> Prepared:
        """Make ready what can be made ready before the order: pictures fetched, checked and offered.

        Raises `UserError` where the request cannot be carried out.
        """

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        """Write down what was made besides pictures, in the transaction in which the task succeeds."""


Withdraw: TypeAlias = Callable[[int], Awaitable[None]]
"""Remove the copies of pictures that were offered for a task, by its id; none need be there."""


class NotNow(Exception):
    """The outlet could not be reached, or asks for time; `seconds` is how long, where it said so."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Undeliverable(Exception):
    """The chat does not take messages any more."""


class PicturesGone(Exception):
    """The vendor does not hand out the pictures any more."""


class Outlet(Protocol):
    """Where results and bad news go. Both methods may raise `NotNow` and `Undeliverable`."""

    async def deliver(self, task: Task) -> None:
        """Send the pictures of a task; called again, it goes on where it was. May raise `PicturesGone`."""

    async def tell(self, task: Task) -> None:
        """Say why a task ended without a picture."""
