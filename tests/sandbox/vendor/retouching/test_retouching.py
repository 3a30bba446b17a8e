"""What every retouch promises: it touches its own pixels only, in any shape of picture."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bot.sandbox.vendor.painting.painter import Commission
from bot.sandbox.vendor.retouching.enlarge import enlarge
from bot.sandbox.vendor.retouching.expand import expand
from bot.sandbox.vendor.retouching.fill import fill
from bot.sandbox.vendor.retouching.repaint import repaint
from bot.sandbox.vendor.retouching.subject import find_marked, find_subject
from bot.sandbox.vendor.retouching.swap import swap_face
from tests.sandbox.vendor.customer import apart, most_apart, scenery

SIDES = st.integers(20, 120)
CHANCE = 7


def noisy(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(CHANCE).randbytes(width * height * 3))


def box_within(data: st.DataObject, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
    return left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))


@settings(max_examples=12, deadline=None)
@given(SIDES, SIDES, st.data())
def test_a_fill_and_a_repaint_stay_in_the_hole(width: int, height: int, data: st.DataObject) -> None:
    picture, hole = noisy(width, height), Image.new("L", (width, height))
    hole.paste(255, box_within(data, width, height))
    kept = ImageChops.invert(hole)
    filled = fill(picture, hole, random.Random(CHANCE))
    painted = repaint(picture, hole, Commission("a cat", "m", width, height), 3, 1)
    for after in (filled, painted):
        assert after.size == picture.size
        assert most_apart(picture, after, kept) == 0


@settings(max_examples=12, deadline=None)
@given(SIDES, SIDES, st.data())
def test_a_swap_stays_in_the_face(width: int, height: int, data: st.DataObject) -> None:
    picture, box = noisy(width, height), box_within(data, width, height)
    after = picture.copy()
    swap_face(after, box, scenery(40, 50), 0.5)
    kept = Image.new("L", picture.size, 255)
    kept.paste(0, box)
    assert most_apart(picture, after, kept) == 0


@settings(max_examples=12, deadline=None)
@given(SIDES, SIDES, st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_an_expanded_picture_is_whole(width: int, height: int, left: int, top: int, right: int, bottom: int) -> None:
    picture, box = noisy(width, height), (left, top, left + width, top + height)
    canvas = expand(picture, (left + width + right, top + height + bottom), box, random.Random(CHANCE))
    assert canvas.size == (left + width + right, top + height + bottom)
    assert canvas.crop(box).tobytes() == picture.tobytes()


def test_nothing_to_fill_changes_nothing() -> None:
    picture = noisy(50, 40)
    assert fill(picture, Image.new("L", (50, 40)), random.Random(CHANCE)).tobytes() == picture.tobytes()


def test_a_whole_picture_can_be_filled() -> None:
    assert fill(noisy(50, 40), Image.new("L", (50, 40), 255), random.Random(CHANCE)).size == (50, 40)


def test_a_fill_takes_what_is_beside_it() -> None:
    picture, hole = scenery(400, 400), Image.new("L", (400, 400))
    hole.paste(255, (130, 130, 270, 270))
    after = fill(picture, hole, random.Random(CHANCE))
    assert apart(after.crop((130, 130, 270, 230)), Image.new("RGB", (140, 100), (120, 180, 230))) < 12


def test_an_enlarged_edge_is_crisp() -> None:
    half = Image.new("L", (100, 100))
    half.paste(255, (50, 0, 100, 100))
    picture = Image.merge("RGB", (half, half, half))
    crisp, soft = (
        sum(20 < level < 235 for level in one.convert("L").crop((0, 100, 300, 101)).tobytes())
        for one in (enlarge(picture, (300, 300)), picture.resize((300, 300), Image.Resampling.BICUBIC))
    )
    assert crisp <= soft <= 6


@pytest.mark.parametrize("size", [(256, 256), (1280, 300), (300, 1280)])
def test_a_subject_is_found_in_every_shape(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, (200, 220, 240))
    width, height = size
    box = (width * 0.35, height * 0.3, width * 0.65, height * 0.8)
    ImageDraw.Draw(picture).ellipse(box, (150, 60, 30))
    mask = find_subject(picture)
    assert mask.size == size
    expected = Image.new("L", size)
    ImageDraw.Draw(expected).ellipse(box, 255)
    wrong = ImageChops.difference(mask.point(lambda level: 255 if level > 127 else 0), expected).histogram()[255]
    assert wrong < 0.05 * expected.histogram()[255]


def test_a_softly_changing_sky_is_no_subject() -> None:
    sky = Image.linear_gradient("L").resize((600, 400)).point(lambda level: 120 + level // 3)
    picture = Image.merge("RGB", (sky, sky, Image.new("L", (600, 400), 230)))
    ImageDraw.Draw(picture).rectangle((250, 150, 350, 300), (60, 30, 20))
    box = find_subject(picture).point(lambda level: 255 if level > 127 else 0).getbbox()
    assert box is not None
    assert all(abs(a - b) <= 4 for a, b in zip(box, (250, 150, 351, 301), strict=True))


def test_of_two_things_the_marked_one_is_meant() -> None:
    picture = Image.new("RGB", (600, 400), (210, 220, 230))
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((60, 100, 240, 300), (180, 40, 40))
    pencil.ellipse((360, 100, 540, 300), (40, 60, 160))
    mark = Image.new("L", (600, 400))
    mark.paste(255, (440, 180, 460, 220))
    box = find_marked(picture, mark, "smear").getbbox()
    assert box is not None
    assert all(abs(a - b) <= 6 for a, b in zip(box, (360, 100, 541, 301), strict=True))


@pytest.mark.parametrize("kind", ["smear", "box", "circle", "line", "point"])
def test_a_mark_on_noise_is_still_a_mask(kind: str) -> None:
    mark = Image.new("L", (300, 300))
    mark.paste(255, (100, 100, 160, 150))
    found = find_marked(noisy(300, 300), mark, kind)  # type: ignore[arg-type]  # one of the five
    assert set(found.tobytes()) == {0, 255}
