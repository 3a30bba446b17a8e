"""The connected parts of an area: pictures in L of 0 and 255, where 255 is inside."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from PIL import Image

_RUN = re.compile(rb"\xff+")


@dataclass(slots=True)
class Region:
    """Pixels that touch one another along their sides: runs of them, each a start and an end in row order."""

    runs: list[tuple[int, int]] = field(default_factory=list)
    area: int = 0
    on_edge: bool = False

    def count(self, area: bytes) -> int:
        """Count the pixels of another area, of the same picture, that lie in this region."""
        return sum(area.count(b"\xff", start, end) for start, end in self.runs)


def regions(area: Image.Image) -> list[Region]:
    """Find the connected parts of an area."""
    runs = list(_runs(area))
    parents = list(range(len(runs)))
    for upper, lower in _touching(runs, area.width):
        parents[_root(parents, lower)] = _root(parents, upper)
    found: dict[int, Region] = {}
    for index, run in enumerate(runs):
        _add(found.setdefault(_root(parents, index), Region()), run, area.size)
    return list(found.values())


def merged(size: tuple[int, int], parts: Iterable[Region]) -> Image.Image:
    """Return the area that these regions make up."""
    pixels = bytearray(size[0] * size[1])
    for part in parts:
        for start, end in part.runs:
            pixels[start:end] = b"\xff" * (end - start)
    return Image.frombytes("L", size, bytes(pixels))


def _runs(area: Image.Image) -> Iterator[tuple[int, int]]:
    pixels, width = area.tobytes(), area.width
    for row in range(0, len(pixels), width):
        yield from (run.span() for run in _RUN.finditer(pixels, row, row + width))


def _touching(runs: list[tuple[int, int]], width: int) -> Iterator[tuple[int, int]]:
    upper = 0
    for lower, (start, end) in enumerate(runs):
        while runs[upper][1] + width <= start:
            upper += 1
        over = upper
        while over < lower and runs[over][0] + width < end:
            yield over, lower
            over += 1


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _add(region: Region, run: tuple[int, int], size: tuple[int, int]) -> None:
    (start, end), (width, height) = run, size
    region.runs.append(run)
    region.area += end - start
    region.on_edge |= start < width or end > width * (height - 1) or start % width == 0 or end % width == 0
