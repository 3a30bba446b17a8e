"""The pictures that are offered to the vendor, as files that the bot's own web part shows."""

import asyncio
import tempfile
from collections.abc import Set as AbstractSet
from pathlib import Path

from bot.media.links import Links
from bot.media.offers import NAME, holder_of, name_of

_UNFINISHED = ".part"


class Shelf:
    """A directory of pictures, offered at signed links (see `Offers`).

    Workers on several machines must see the same directory as the web server does.
    """

    def __init__(self, directory: Path, links: Links) -> None:
        self._directory = directory
        self._links = links

    async def put(self, holder: str, index: int, data: bytes, extension: str) -> str:
        """Write a picture, whole or not at all, over an earlier one of that name; return the name."""
        name = name_of(holder, index, extension)
        await asyncio.to_thread(_write, self._directory / name, data)
        return name

    def link(self, name: str, expires_at: float) -> str:
        """Return the address at which anybody can fetch a picture until `expires_at` (unix seconds)."""
        return self._links.sign(name, expires_at)

    def path(self, name: str) -> Path | None:
        """Say where a picture of that name lies, if it is there; None for a name that none can have."""
        return self._directory / name if NAME.fullmatch(name) else None

    async def remove(self, holder: str) -> None:
        """Remove all pictures of a holder; none need be there."""
        await asyncio.to_thread(_remove, self._directory, f"{holder}-*")

    async def sweep(self, older_than: float, spared: AbstractSet[str] = frozenset()) -> int:
        """Remove what was last written before `older_than` (unix seconds), but for the pictures of `spared` holders.

        Returns how many files that were.
        """
        return await asyncio.to_thread(_sweep, self._directory, older_than, spared)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=_UNFINISHED, delete=False) as file:
        unfinished = Path(file.name)
        try:
            file.write(data)
            file.close()
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def _remove(directory: Path, pattern: str) -> None:
    for path in directory.glob(pattern):
        if NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _sweep(directory: Path, older_than: float, spared: AbstractSet[str]) -> int:
    removed = 0
    for path in directory.glob("*"):
        is_ours = NAME.fullmatch(path.name) is not None or path.suffix == _UNFINISHED
        if is_ours and holder_of(path.name) not in spared and _written_at(path) < older_than:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed with its holder in the meantime
        return float("inf")
