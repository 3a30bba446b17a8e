import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capabilities.canvas import Canvas, around, of_size
from bot.errors import BadValue
from bot.miaohua.outpaint import FreeOutpaintRequest

PICTURES = st.tuples(st.integers(256, 6000), st.integers(256, 6000))
MARGINS = st.sampled_from([0, 1, 7, 8, 63, 64, 65, 512]) | st.integers(0, 6000)


def check(canvas: Canvas, picture: tuple[int, int]) -> None:
    """Let the vendor's own request judge."""
    FreeOutpaintRequest.build(
        model_id="m",
        img_url="https://studio.test/p.jpg",
        width=canvas.width,
        height=canvas.height,
        free_x=canvas.x,
        free_y=canvas.y,
    ).check_room(*picture)


@given(picture=PICTURES, left=MARGINS, right=MARGINS, up=MARGINS, down=MARGINS)
def test_margins_become_the_smallest_canvas_that_has_them(
    picture: tuple[int, int], left: int, right: int, up: int, down: int
) -> None:
    margins = {"left": left, "right": right, "up": up, "down": down}
    try:
        canvas = around(picture, margins)
    except BadValue:
        assert max(picture[0] + left + right, picture[1] + up + down) + 7 >= 5952
        return
    check(canvas, picture)
    for whole, part, offset, before, after in (
        (canvas.width, picture[0], canvas.x, left, right),
        (canvas.height, picture[1], canvas.y, up, down),
    ):
        assert offset >= before
        assert whole - part - offset >= max(after, 1)
        assert whole == 640 or whole - 64 < part + before + after + 8
        if before and not after:
            assert whole - part - offset <= 8  # what is added goes where a margin is wanted
        else:
            assert offset < before + 8


@pytest.mark.parametrize(
    ("picture", "margins", "canvas"),
    [
        ((1024, 768), (256, 0, 0, 0), Canvas(1344, 832, 312, 0)),
        ((1024, 768), (0, 256, 0, 0), Canvas(1280, 832, 0, 0)),
        ((1024, 768), (256, 256, 128, 128), Canvas(1536, 1024, 256, 128)),
        ((300, 300), (10, 10, 0, 0), Canvas(640, 640, 16, 0)),
        ((5888, 300), (0, 64, 0, 0), Canvas(5952, 640, 0, 0)),
    ],
)
def test_margins_by_example(picture: tuple[int, int], margins: tuple[int, int, int, int], canvas: Canvas) -> None:
    assert around(picture, dict(zip(("left", "right", "up", "down"), margins, strict=True))) == canvas


def test_what_would_be_too_large_is_said_in_pixels() -> None:
    with pytest.raises(BadValue, match=r"at least 6016×640 px; the service makes at most 5952 a side"):
        around((5889, 300), {"left": 0, "right": 64, "up": 0, "down": 0})


@given(
    picture=PICTURES,
    sides=st.tuples(st.integers(10, 93), st.integers(10, 93)).map(lambda steps: [64 * step for step in steps]),
    corner=st.none() | st.tuples(st.integers(0, 750), st.integers(0, 750)).map(lambda steps: [8 * s for s in steps]),
)
def test_a_canvas_is_taken_where_the_vendor_takes_it(
    picture: tuple[int, int], sides: list[int], corner: list[int] | None
) -> None:
    at = corner or [0, 0]
    fits = all(whole > part + offset for whole, part, offset in zip(sides, picture, at, strict=True))
    try:
        canvas = of_size(picture, sides, corner)
    except BadValue:
        assert not fits
        return
    assert fits
    check(canvas, picture)
    assert (canvas.width, canvas.height) == tuple(sides)
    if corner:
        assert (canvas.x, canvas.y) == tuple(corner)
    else:
        assert abs(canvas.width - picture[0] - 2 * canvas.x) < 16
        assert abs(canvas.height - picture[1] - 2 * canvas.y) < 16


def test_a_canvas_that_is_too_small_is_refused_with_how_far_the_picture_reaches() -> None:
    with pytest.raises(BadValue, match="1280×640 px is too small: the picture reaches at least to 1280×500"):
        of_size((1024, 500), [1280, 640], [256, 0])
