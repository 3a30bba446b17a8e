import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.errors import BadPicture
from bot.media.masks.mask import KEPT, MARKED, Mask


@st.composite
def _masks(draw: st.DrawFn) -> Mask:
    width, height = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    pixels = draw(st.binary(min_size=width * height, max_size=width * height))
    return Mask(Image.frombytes("L", (width, height), pixels).point([MARKED] * 200 + [KEPT] * 56), "free")


@given(_masks())
def test_inverting_twice_changes_nothing(mask: Mask) -> None:
    assert mask.invert().invert() == mask


@given(_masks())
def test_a_mask_and_its_inverse_cover_everything(mask: Mask) -> None:
    assert mask.coverage + mask.invert().coverage == pytest.approx(1)


@given(_masks())
def test_only_a_mask_that_marks_a_part_is_usable(mask: Mask) -> None:
    if 0 < mask.coverage < 1:
        assert mask.checked() is mask
    else:
        with pytest.raises(BadPicture, match="Nothing is marked" if mask.coverage == 0 else "whole photo is marked"):
            mask.checked()


@given(_masks())
def test_it_is_written_in_pure_black_and_white(mask: Mask) -> None:
    written = Image.open(io.BytesIO(mask.png()))
    assert (written.format, written.mode, written.size) == ("PNG", "RGB", mask.size)
    assert {colour for _, colour in written.getcolors() or ()} <= {(0, 0, 0), (255, 255, 255)}
    assert written.getchannel("R").tobytes() == mask.picture.tobytes()


@given(_masks(), st.integers(1, 60), st.integers(1, 60))
def test_scaled_it_stays_black_and_white(mask: Mask, width: int, height: int) -> None:
    scaled = mask.scaled((width, height))
    assert (scaled.size, scaled.mask_type) == ((width, height), mask.mask_type)
    assert set(scaled.picture.tobytes()) <= set(mask.picture.tobytes())
    if mask.size == (width, height):
        assert scaled == mask
