import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from bot.sandbox.vendor.painting import marks
from bot.sandbox.vendor.painting.guides import Guide
from bot.sandbox.vendor.painting.looks import _LOOKS
from bot.sandbox.vendor.painting.painter import Commission, paint

FOX = Commission("a fox in the snow", "model", 960, 960)
SIDE = 160


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean distance of two pictures' levels, 0..255."""
    means: list[float] = ImageStat.Stat(ImageChops.difference(one, other)).mean
    return sum(means) / 3


def source(tint: tuple[int, int, int] = (200, 30, 40)) -> bytes:
    picture = Image.new("RGB", (400, 400), "white")
    picture.paste(tint, (100, 100, 300, 300))
    held = io.BytesIO()
    picture.save(held, "JPEG")
    return held.getvalue()


@pytest.mark.parametrize("size", [(640, 640), (1280, 720), (640, 1500), (2500, 640), (961, 641)])
def test_the_size_is_exact(size: tuple[int, int]) -> None:
    assert paint(replace(FOX, width=size[0], height=size[1]), 1).size == size


def test_the_biggest_can_be_painted() -> None:
    assert paint(replace(FOX, width=6000, height=6000), 1).size == (6000, 6000)


def test_a_smaller_one_keeps_the_shape() -> None:
    assert paint(replace(FOX, width=1280, height=640), 1, 512).size == (512, 256)
    assert paint(FOX, 1, 2000).size == (960, 960)


def test_the_same_order_gives_the_same_picture() -> None:
    assert paint(FOX, 7, SIDE).tobytes() == paint(FOX, 7, SIDE).tobytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda: paint(FOX, 8, SIDE),
        lambda: paint(replace(FOX, prompt="a cat in the city"), 7, SIDE),
        lambda: paint(replace(FOX, model_id="another"), 7, SIDE),
        lambda: paint(replace(FOX, neg_prompt="fox"), 7, SIDE),
        lambda: paint(replace(FOX, steps=70), 7, SIDE),
        lambda: paint(replace(FOX, cfg_scale=20), 7, SIDE),
        lambda: paint(replace(FOX, enriched=True), 7, SIDE),
        lambda: paint(replace(FOX, watermark="Default"), 7, SIDE),
        lambda: paint(replace(FOX, watermark="MakaLogo"), 7, SIDE),
    ],
)
def test_what_is_ordered_is_seen(change: Callable[[], Image.Image]) -> None:
    assert difference(paint(FOX, 7, SIDE), change()) > 0.1


def test_the_two_watermarks_differ() -> None:
    default, maka = (replace(FOX, watermark=kind) for kind in ("Default", "MakaLogo"))
    assert paint(default, 7, SIDE).tobytes() != paint(maka, 7, SIDE).tobytes()


@pytest.mark.parametrize("look", sorted(_LOOKS))
def test_a_look_grows_with_its_weight(look: str) -> None:
    plain = paint(FOX, 7, SIDE)
    faint, full = (paint(replace(FOX, looks=((look, weight),)), 7, SIDE) for weight in (0.2, 1.0))  # type: ignore[arg-type]
    assert 0 < difference(plain, faint) < difference(plain, full)


@pytest.mark.parametrize("kind", ["canny", "softedge", "scribble", "openpose", "depth", "normal", "seg"])
def test_a_guide_shows_in_the_picture(kind: str) -> None:
    guided = paint(replace(FOX, guides=(Guide(kind, source(), 1.0),)), 7, 400)
    assert difference(paint(FOX, 7, 400), guided) > 0.3


def test_the_source_is_recognised_and_freedom_hides_it() -> None:
    painted = paint(FOX, 7, 300)
    with Image.open(io.BytesIO(source())) as opened:
        original = opened.convert("RGB").resize(painted.size)
    apart = [
        difference(original, paint(replace(FOX, source=source(), freedom=freedom), 7, 300))
        for freedom in (0.0, 0.6, 1.0)
    ]
    assert apart[0] < apart[1] < apart[2] < difference(original, painted)


def test_words_without_letters_to_draw_are_left_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_chinese_font", lambda: None)
    assert marks.printable("a 狐狸 in the снег é") == "a in the é"


def test_chinese_is_written_where_a_font_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_chinese_font", lambda: "some.ttc")
    assert marks.printable("a 狐狸 🦊") == "a 狐狸"


@settings(max_examples=10, deadline=None)
@given(prompt=st.text(max_size=60), width=st.integers(640, 6000), height=st.integers(640, 6000), seed=st.integers(1))
def test_any_prompt_and_shape_is_painted(prompt: str, width: int, height: int, seed: int) -> None:
    picture = paint(replace(FOX, prompt=prompt, width=width, height=height, watermark="Default"), seed, 96)
    assert max(picture.size) == 96
