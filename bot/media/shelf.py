"""The files that are offered to the vendor.

They are copies for one task and vanish with it; the originals stay with Telegram.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from bot.media.encodings import CONTENT_TYPES

_NAME = re.compile(rf"[0-9]{{1,19}}-[0-9]{{1,3}}\.({'|'.join(CONTENT_TYPES)})")
_UNFINISHED = ".part"


class Shelf:
    """A directory of pictures named `<task_id>-<n>.<extension>`.

    Workers on several machines must see the same directory as the web server does.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, task_id: int, index: int, data: bytes, extension: str) -> str:
        """Write a picture of a task, whole or not at all, over an earlier one of that name; return the name."""
        name = f"{task_id}-{index}.{extension}"
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"not a name for the shelf: {name!r}")
        await asyncio.to_thread(_write, self._directory / name, data)
        return name

    def path(self, name: str) -> Path | None:
        """Say where a picture of that name lies, if it is there; None for a name that none can have."""
        return self._directory / name if _NAME.fullmatch(name) else None

    async def remove(self, task_id: int) -> None:
        """Remove all pictures of a task; none need be there."""
        await asyncio.to_thread(_remove, self._directory, f"{task_id}-*")

    async def sweep(self, older_than: float) -> int:
        """Remove what was last written before `older_than` (unix seconds), and return how many files that were.

        For pictures whose task ended while nobody was there to remove them.
        """
        return await asyncio.to_thread(_sweep, self._directory, older_than)


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
        if _NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _sweep(directory: Path, older_than: float) -> int:
    removed = 0
    for path in directory.glob("*"):
        is_ours = _NAME.fullmatch(path.name) is not None or path.suffix == _UNFINISHED
        if is_ours and _written_at(path) < older_than:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed with its task in the meantime
        return float("inf")
