from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.media.masks.regions import Region, merged, regions

Pixels = frozenset[int]


@st.composite
def _areas(draw: st.DrawFn) -> Image.Image:
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    pixels = draw(st.binary(min_size=width * height, max_size=width * height))
    return Image.frombytes("L", (width, height), pixels).point([0] * 100 + [255] * 156)


def _flooded(area: Image.Image) -> set[Pixels]:
    """Regions found the slow way."""
    width, pixels = area.width, area.tobytes()
    left = {at for at, level in enumerate(pixels) if level}
    found = set()
    while left:
        front = [left.pop()]
        region = set(front)
        while front:
            at = front.pop()
            beside = {at - width, at + width} | ({at - 1} if at % width else set())
            beside |= {at + 1} if (at + 1) % width else set()
            front += beside & left
            region |= beside & left
            left -= beside
        found.add(frozenset(region))
    return found


def _pixels(region: Region) -> Pixels:
    return frozenset(at for start, end in region.runs for at in range(start, end))


@given(_areas())
def test_regions_are_what_touches(area: Image.Image) -> None:
    found = regions(area)
    assert {_pixels(region) for region in found} == _flooded(area)
    assert all(region.area == len(_pixels(region)) for region in found)


@given(_areas())
def test_regions_on_the_edge_are_told(area: Image.Image) -> None:
    width, height = area.size
    edge = {at for at in range(width * height) if at % width in {0, width - 1} or at // width in {0, height - 1}}
    assert all(region.on_edge == bool(_pixels(region) & edge) for region in regions(area))


@given(_areas())
def test_all_regions_together_are_the_area(area: Image.Image) -> None:
    assert merged(area.size, regions(area)).tobytes() == area.tobytes()


@given(_areas())
def test_pixels_of_another_area_are_counted(area: Image.Image) -> None:
    everything = b"\xff" * (area.width * area.height)
    assert all(region.count(everything) == region.area for region in regions(area))
    assert all(region.count(bytes(len(everything))) == 0 for region in regions(area))
