from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.sandbox.vendor.retouching.regions import Region, draw_regions, find_regions, without_holes

GRIDS = st.integers(1, 9).flatmap(
    lambda width: st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=9)
)


def mask_of(grid: list[list[bool]]) -> Image.Image:
    pixels = bytes(255 if cell else 0 for row in grid for cell in row)
    return Image.frombytes("L", (len(grid[0]), len(grid)), pixels)


def pixels_of(region: Region) -> frozenset[tuple[int, int]]:
    return frozenset((x, row) for row, start, end in region.runs for x in range(start, end))


def flooded(grid: list[list[bool]]) -> set[frozenset[tuple[int, int]]]:
    """The same regions, found the plain way."""
    left = {(x, y) for y, row in enumerate(grid) for x, cell in enumerate(row) if cell}
    found = set()
    while left:
        border, region = [left.pop()], set()
        while border:
            x, y = border.pop()
            region.add((x, y))
            for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if near in left:
                    left.remove(near)
                    border.append(near)
        found.add(frozenset(region))
    return found


@given(GRIDS)
def test_regions_are_what_hangs_together(grid: list[list[bool]]) -> None:
    regions = find_regions(mask_of(grid))
    assert {pixels_of(region) for region in regions} == flooded(grid)
    for region in regions:
        pixels = pixels_of(region)
        assert region.area == len(pixels)
        xs, ys = [x for x, _ in pixels], [y for _, y in pixels]
        assert region.box == (min(xs), min(ys), max(xs) + 1, max(ys) + 1)


@given(GRIDS)
def test_drawn_again_they_are_the_mask(grid: list[list[bool]]) -> None:
    mask = mask_of(grid)
    assert draw_regions(find_regions(mask), mask.size).tobytes() == mask.tobytes()


def test_a_ring_is_filled_and_a_bay_is_not() -> None:
    ring = [[True] * 5, [True, False, False, False, True], [True] * 5]
    assert without_holes(mask_of(ring)).tobytes() == b"\xff" * 15
    bay = [[True, True, True], [True, False, True]]
    assert without_holes(mask_of(bay)).tobytes() == mask_of(bay).tobytes()


def test_edges() -> None:
    (inner,) = find_regions(mask_of([[False] * 3, [False, True, False], [False] * 3]))
    assert not inner.touches_edge((3, 3))
    assert inner.touches_edge((2, 3))
