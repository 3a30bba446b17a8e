import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.miaohua.errors import InvalidRequest
from bot.miaohua.outpaint import FreeOutpaintRequest, OutpaintRequest

URL = "https://pictures.test/a.jpg"
PLAIN = {"model_id": "m", "img_url": URL}
FULL = {
    **PLAIN,
    "samples": 2,
    "outpaint_ratio": 5.0,
    "height": 1500,
    "width": 2000,
    "align_position": "bottomright",
    "format": "PNG",
    "watermark_config": {"type": "Default"},
}
FREE = {
    **PLAIN,
    "samples": 2,
    "height": 1024,
    "width": 1536,
    "free_x": 128,
    "free_y": 8,
    "format": "PNG",
    "watermark_config": {"type": "Default"},
}


def test_full_requests_are_sent_as_they_are() -> None:
    assert OutpaintRequest.build(**FULL).payload() == FULL
    assert FreeOutpaintRequest.build(**FREE).payload() == FREE


def test_one_side_alone_may_be_given() -> None:
    for side in ("height", "width"):
        request = OutpaintRequest.build(**PLAIN, **{side: 2000})
        assert request.payload() == {**PLAIN, side: 2000}
        request.check_ratio(1, 20)


@pytest.mark.parametrize("width", [1980, 2000, 2020])
def test_a_size_may_be_off_the_originals_ratio_by_one_percent(width: int) -> None:
    OutpaintRequest.build(**PLAIN, height=1500, width=width).check_ratio(800, 600)


@pytest.mark.parametrize(
    ("width", "original", "allowed"),
    [
        (1979, (800, 600), "1980–2020"),
        (2021, (800, 600), "1980–2020"),
        (6000, (800, 600), "1980–2020"),
        (1982, (801, 600), "1983–2022"),  # 1982.475 to 2022.525
        (2023, (801, 600), "1983–2022"),
    ],
)
def test_a_size_further_off_is_refused_with_what_would_do(width: int, original: tuple[int, int], allowed: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        OutpaintRequest.build(**PLAIN, height=1500, width=width).check_ratio(*original)
    assert (caught.value.field, caught.value.allowed) == ("width", allowed)


@given(st.integers(256, 6000), st.integers(256, 6000), st.integers(640, 6000), st.integers(640, 6000))
def test_the_ratio_rule_is_one_percent_exactly(
    original_width: int, original_height: int, width: int, height: int
) -> None:
    request = OutpaintRequest.build(**PLAIN, height=height, width=width)
    off = abs(width * original_height - height * original_width) * 100
    try:
        request.check_ratio(original_width, original_height)
    except InvalidRequest:
        assert off > height * original_width
    else:
        assert off <= height * original_width


@pytest.mark.parametrize(
    ("width", "height", "offset"),
    [(640, 640, (0, 0)), (1407, 1015, (128, 8)), (1400, 900, (128, 8)), (1535, 256, (0, 0))],
)
def test_there_is_room_for_the_original(width: int, height: int, offset: tuple[int, int]) -> None:
    free_x, free_y = offset
    FreeOutpaintRequest.build(**{**FREE, "free_x": free_x, "free_y": free_y}).check_room(width, height)


@pytest.mark.parametrize(
    ("original", "field", "allowed"),
    [
        ((1408, 900), "width", "> 1536"),
        ((1409, 900), "width", "> 1537"),
        ((6000, 6000), "width", "> 6128"),
        ((900, 1016), "height", "> 1024"),
        ((900, 2000), "height", "> 2008"),
    ],
)
def test_a_result_that_is_not_larger_than_the_original_and_its_offset_is_refused(
    original: tuple[int, int], field: str, allowed: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        FreeOutpaintRequest.build(**FREE).check_room(*original)
    assert (caught.value.field, caught.value.allowed) == (field, allowed)
