import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.errors import BadPicture
from bot.media.masks.file import from_file
from bot.media.masks.mask import Mask
from bot.media.masks.packed import Packed
from tests.media.masks.photographs import as_jpeg, through_telegram

_PHOTO = (1200, 800)
_BOX = (0.25, 0.25, 0.5, 0.75)  # an eighth of the picture


def _file(picture: Image.Image, picture_format: str = "PNG", **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def _drawn(size: tuple[int, int] = _PHOTO, mode: str = "RGB", paper: str = "white", pen: str = "black") -> Image.Image:
    picture = Image.new(mode, size, paper)
    left, top, right, bottom = (share * size[at % 2] for at, share in enumerate(_BOX))
    ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), fill=pen)
    return picture


def _assert_the_box(mask: Mask) -> None:
    assert mask.size == _PHOTO
    assert mask.mask_type == "free"
    right = from_file(_file(_drawn()), _PHOTO)
    wrong = ImageChops.difference(mask.picture, right.picture).histogram()[255]
    assert wrong / (_PHOTO[0] * _PHOTO[1]) < 0.004


def test_black_is_marked_and_white_is_kept() -> None:
    mask = from_file(_file(_drawn()), _PHOTO)
    assert mask.coverage == pytest.approx(1 / 8)
    assert mask.picture.getpixel((400, 400)) == 0
    assert not Packed.of(mask).mostly_black


@pytest.mark.parametrize("size", [(300, 200), (1800, 1200), (1200, 790), (96, 64)])
def test_any_size_of_the_same_shape_is_scaled_to_the_photo(size: tuple[int, int]) -> None:
    _assert_the_box(from_file(_file(_drawn(size)), _PHOTO))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    _assert_the_box(from_file(_file(_drawn().convert(mode)), _PHOTO))


def test_off_black_and_off_white_of_a_jpeg_are_cleaned() -> None:
    drawn = _drawn(paper="#efefe8", pen="#1c181c")
    _assert_the_box(from_file(as_jpeg(drawn, 50), _PHOTO))


def test_soft_edges_are_cut_in_the_middle() -> None:
    _assert_the_box(from_file(_file(_drawn().filter(ImageFilter.GaussianBlur(6))), _PHOTO))


@pytest.mark.parametrize("pen", ["black", "white", "#ff3b30"])
def test_paint_on_a_transparent_layer_is_marked_whatever_its_colour(pen: str) -> None:
    layer = _drawn(mode="RGBA", paper="#00000000", pen=pen)
    _assert_the_box(from_file(_file(layer), _PHOTO))


def test_black_and_white_on_a_transparent_layer_lie_on_white() -> None:
    layer = _drawn(mode="RGBA")
    layer.paste((0, 0, 0, 0), (0, 0, 100, 800))
    _assert_the_box(from_file(_file(layer), _PHOTO))


def test_mostly_black_is_told() -> None:
    assert Packed.of(from_file(_file(_drawn(paper="black", pen="white")), _PHOTO)).mostly_black


@pytest.mark.parametrize("size", [(1200, 760), (800, 1200), (1000, 1000)])
def test_another_shape_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadPicture, match=f"{size[0]}×{size[1]} pixels and the photo 1200×800"):
        from_file(_file(_drawn(size)), _PHOTO)


@pytest.mark.parametrize("photo", ["astronaut", "coffee", "motorcycle_left", "camera", "rocket"])
def test_a_photo_is_no_mask(photo: str) -> None:
    data = through_telegram(photo, 640)
    with pytest.raises(BadPicture, match="not a black-and-white picture"):
        from_file(data, Image.open(io.BytesIO(data)).size)


def test_a_photo_with_a_hole_is_no_mask() -> None:
    photo = Image.open(io.BytesIO(through_telegram("coffee", 640))).convert("RGBA")
    photo.paste((0, 0, 0, 0), (100, 100, 400, 400))
    with pytest.raises(BadPicture, match="not a black-and-white picture"):
        from_file(_file(photo), photo.size)


def test_a_drawing_in_colour_is_no_mask() -> None:
    with pytest.raises(BadPicture, match="not a black-and-white picture"):
        from_file(_file(_drawn(pen="blue")), _PHOTO)


@pytest.mark.parametrize(("paper", "says"), [("white", "Nothing is marked"), ("black", "whole photo is marked")])
def test_one_colour_is_refused(paper: str, says: str) -> None:
    with pytest.raises(BadPicture, match=says):
        from_file(_file(Image.new("RGB", _PHOTO, paper)), _PHOTO)


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(BadPicture, match="Nothing is marked"):
        from_file(_file(Image.new("RGBA", _PHOTO)), _PHOTO)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        from_file(data, _PHOTO)
