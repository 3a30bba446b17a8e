import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageEnhance

from bot.errors import BadPicture
from bot.media.masks.painted import NoMark, OtherPhoto, from_painted
from tests.media.masks.photographs import as_jpeg, decoded, from_camera, scaled_down, through_telegram

_PHOTOS = ("astronaut", "coffee", "motorcycle_left")


def _small(photo: str) -> bytes:
    return through_telegram(photo, 640)


def _area(size: tuple[int, int], *ellipses: tuple[float, float, float, float]) -> Image.Image:
    """Ellipses by shares of the picture: left, top, right and bottom."""
    area = Image.new("L", size)
    for ellipse in ellipses:
        ImageDraw.Draw(area).ellipse([share * size[at % 2] for at, share in enumerate(ellipse)], fill=255)
    return area


def _painted(photo: Image.Image, area: Image.Image, colour: str = "#ff3b30") -> Image.Image:
    painted = photo.copy()
    painted.paste(colour, mask=area)
    return painted


def _likeness(original: bytes, painted: bytes, area: Image.Image) -> float:
    found = ImageChops.invert(from_painted(original, painted).picture)
    area = area.resize(found.size)
    return ImageChops.darker(found, area).histogram()[255] / ImageChops.lighter(found, area).histogram()[255]


@pytest.mark.parametrize(("photo", "quality"), [("coffee", 60), ("motorcycle_left", 95)])
def test_a_photo_sent_back_as_it_was_has_no_mark(photo: str, quality: int) -> None:
    full, shown = from_camera(photo), through_telegram(photo)
    for original, sent in ((shown, shown), (full, shown), (shown, full)):
        with pytest.raises(NoMark, match="I see no mark"):
            from_painted(original, as_jpeg(scaled_down(decoded(sent), 1280), quality))


def test_other_colours_all_over_are_no_mark() -> None:
    shown = _small("coffee")
    faded = ImageEnhance.Contrast(ImageEnhance.Brightness(decoded(shown)).enhance(1.06)).enhance(0.95)
    with pytest.raises(NoMark):
        from_painted(shown, as_jpeg(faded, 80))
    area = _area(faded.size, (0.3, 0.2, 0.6, 0.9))
    assert _likeness(shown, as_jpeg(_painted(faded, area), 80), area) > 0.97


def test_the_same_file_has_no_mark() -> None:
    with pytest.raises(NoMark):
        from_painted(_small("chelsea"), _small("chelsea"))


@pytest.mark.parametrize("photo", _PHOTOS)
@pytest.mark.parametrize("other", [*_PHOTOS, "hubble_deep_field"])
def test_another_photo_is_recognised(photo: str, other: str) -> None:
    original = _small(photo)
    shown = decoded(_small(other)).resize(decoded(original).size)
    with pytest.raises(NoMark if photo == other else OtherPhoto):
        from_painted(original, as_jpeg(shown, 85))


@pytest.mark.parametrize("photo", _PHOTOS)
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_a_cropped_photo_counts_as_another(photo: str, share: float) -> None:
    original = _small(photo)
    shown = decoded(original)
    across, down = (round(side * share) for side in shown.size)
    cropped = shown.crop((across, down, shown.width - across, shown.height - down)).resize(shown.size)
    with pytest.raises(OtherPhoto, match="cropped or turned"):
        from_painted(original, as_jpeg(cropped, 85))


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_a_turned_photo_counts_as_another(turn: Image.Transpose) -> None:
    original = _small("astronaut")
    with pytest.raises(OtherPhoto):
        from_painted(original, as_jpeg(decoded(original).transpose(turn), 85))


def test_another_shape_counts_as_another_photo() -> None:
    original = _small("coffee")
    shown = decoded(original)
    with pytest.raises(OtherPhoto):
        from_painted(original, as_jpeg(shown.crop((0, 0, shown.width, shown.height * 9 // 10)), 85))


def test_a_subject_on_plain_paper_may_be_painted_over_as_a_whole() -> None:
    paper = Image.new("RGB", (900, 600), "#f4f4f2")
    paper.paste(decoded(_small("coffee")).resize((300, 200)), (300, 200))
    area = Image.new("L", paper.size)
    area.paste(255, (290, 190, 610, 410))
    assert _likeness(as_jpeg(paper, 90), as_jpeg(_painted(paper, area), 75), area) > 0.97


@pytest.mark.parametrize("gap", [0, 0.1])
def test_what_a_line_encloses_is_marked_even_if_it_is_not_quite_closed(gap: float) -> None:
    original = _small("chelsea")
    shown = decoded(original)
    ring, inside = (Image.new("L", shown.size) for _ in range(2))
    ImageDraw.Draw(ring).arc((150, 100, 350, 300), 90 + gap * 10, 450 - gap * 10, fill=255, width=10)
    ImageDraw.Draw(inside).ellipse((150, 100, 350, 300), fill=255)
    assert _likeness(original, as_jpeg(_painted(shown, ring), 80), inside) > 0.97


def test_what_is_left_out_of_a_painted_background_stays() -> None:
    original = _small("chelsea")
    shown = decoded(original)
    background = ImageChops.invert(_area(shown.size, (0.3, 0.2, 0.8, 0.9)))
    assert _likeness(original, as_jpeg(_painted(shown, background), 80), background) > 0.97


def test_several_marks_in_several_colours_are_one_mask() -> None:
    original = _small("rocket")
    painted, everything = decoded(original), Image.new("L", decoded(original).size)
    for number, colour in enumerate(("#ff3b30", "#34c759", "#ffffff")):
        area = _area(painted.size, (0.1 + number / 4, 0.6, 0.3 + number / 4, 0.9))
        painted, everything = _painted(painted, area, colour), ImageChops.lighter(everything, area)
    assert _likeness(original, as_jpeg(painted, 75), everything) > 0.97


def test_a_translucent_marker_is_found() -> None:
    original = _small("motorcycle_left")
    shown = decoded(original)
    area = _area(shown.size, (0.3, 0.2, 0.6, 0.5))
    painted = Image.composite(Image.new("RGB", shown.size, "#ffd60a"), shown, area.point(lambda level: level * 0.4))
    assert _likeness(original, as_jpeg(painted, 80), area) > 0.9


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP"])
def test_other_formats_are_compared_too(picture_format: str) -> None:
    original = _small("coffee")
    shown = scaled_down(decoded(original), 480)
    area = _area(shown.size, (0.2, 0.3, 0.4, 0.6))
    file = io.BytesIO()
    _painted(shown, area).save(file, picture_format)
    assert _likeness(original, file.getvalue(), area) > 0.97


def test_a_photo_lying_on_its_side_is_turned_first() -> None:
    shown = decoded(_small("coffee"))
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    shown.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=90, exif=exif)
    area = _area(shown.size, (0.2, 0.3, 0.4, 0.6))
    assert _likeness(file.getvalue(), as_jpeg(_painted(shown, area), 80), area) > 0.97


def test_the_mask_is_as_large_as_the_original() -> None:
    original, shown = from_camera("coffee"), decoded(through_telegram("coffee"))
    mask = from_painted(original, as_jpeg(_painted(shown, _area(shown.size, (0.2, 0.3, 0.4, 0.6))), 80))
    assert mask.size == decoded(original).size
    assert mask.mask_type == "smear"
    assert set(mask.picture.getextrema()) == {0, 255}


def test_a_photo_painted_over_as_a_whole_is_refused() -> None:
    original = _small("coffee")
    with pytest.raises(BadPicture, match="whole photo"):
        from_painted(original, as_jpeg(Image.new("RGB", decoded(original).size, "#ff3b30"), 80))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        from_painted(_small("coffee"), data)


@settings(max_examples=20)
@given(st.data())
def test_a_damaged_picture_is_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(_SMALL)
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=20)):
        damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        mask = from_painted(_SMALL, bytes(damaged))
    except BadPicture:
        return
    assert 0 < mask.coverage < 1


_SMALL = as_jpeg(scaled_down(decoded(_small("coffee")), 160), 80)
