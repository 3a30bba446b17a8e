"""Charts that are read on a phone: what is drawn, and the process of its own that draws it.

matplotlib is imported there alone (see `plotting.py`): this process neither waits for it nor keeps its memory.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

# Seconds; the first chart on a machine takes longest, because matplotlib looks for its fonts.
WITHIN = 60.0

_PLOTTING = Path(__file__).with_name("plotting.py")

# One is drawn at a time: each takes a processor of its own, and 70 MB or more.
_turn = asyncio.Semaphore(1)


class NoChart(Exception):
    """The chart could not be drawn; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with what it means."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Figures side by side, in order of time."""

    title: str
    labels: Sequence[str]
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures below each other, each the sum of its parts; `parts` are names with the colour of each."""

    title: str
    parts: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is to be drawn, in words of one language."""

    title: str
    subtitle: str
    tiles: Sequence[Tile]
    columns: Columns | None
    bars: Sequence[Bars]


def is_possible() -> bool:
    """Say whether the extra `[charts]` is installed."""
    return find_spec("matplotlib") is not None


async def draw(*charts: Chart, within: float = WITHIN) -> bytes:
    """Draw the first of these charts for whose words a font is there, else the last; give a PNG. Raises `NoChart`.

    The time in which the others before are drawn counts.
    """
    try:
        async with asyncio.timeout(within), _turn:
            return await _drawn(charts)
    except TimeoutError:
        raise NoChart(f"not drawn within {within} seconds") from None


async def _drawn(charts: Sequence[Chart]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the modules beside that file are not its
        _PLOTTING,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        drawn, complaint = await process.communicate(json.dumps([asdict(chart) for chart in charts]).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise NoChart(complaint.decode(errors="replace").strip().rpartition("\n")[2])
    return drawn
