"""Where pictures are offered to the vendor: put there for a while, and fetched at a link that expires.

They are copies for one task or one dialog and vanish with it; the originals stay with Telegram. Each has the name
`<holder>-<n>.<extension>`, and its holder is `t<task id>` or `d<dialog id>`.
"""

import re
from collections.abc import Set as AbstractSet
from typing import Protocol

from bot.media.encodings import CONTENT_TYPES

NAME = re.compile(rf"[td][0-9]{{1,19}}-[0-9]{{1,19}}\.({'|'.join(CONTENT_TYPES)})")


class Offers(Protocol):
    """A place for pictures that the vendor can reach."""

    async def put(self, holder: str, index: int, data: bytes, extension: str) -> str:
        """Write a picture, whole or not at all, over an earlier one of that name; return the name.

        Raises `OSError` where that cannot be just now, as where the place does not answer.
        """

    def link(self, name: str, expires_at: float) -> str:
        """Return the address at which anybody can fetch a picture until `expires_at` (unix seconds)."""

    async def remove(self, holder: str) -> None:
        """Remove all pictures of a holder; none need be there."""

    async def sweep(self, older_than: float, spared: AbstractSet[str] = frozenset()) -> int:
        """Remove what was last written before `older_than` (unix seconds), and return how many pictures that were.

        Those of the `spared` holders stay. For those whose holder ended while nobody was there to remove them.
        """


def of_task(task_id: int) -> str:
    """Name a task as a holder of pictures."""
    return f"t{task_id}"


def of_dialog(dialog_id: int) -> str:
    """Name a dialog as a holder of pictures."""
    return f"d{dialog_id}"


def name_of(holder: str, index: int, extension: str) -> str:
    """Name a picture; raise `ValueError` for what would be no plain name."""
    name = f"{holder}-{index}.{extension}"
    if NAME.fullmatch(name) is None:
        raise ValueError(f"not a name for a picture: {name!r}")
    return name


def holder_of(name: str) -> str:
    """Say which holder a picture of that name has."""
    return name.partition("-")[0]
