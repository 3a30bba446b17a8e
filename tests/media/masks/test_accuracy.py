"""How well painted marks are found on photographs that have gone through Telegram."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import pytest
from PIL import Image, ImageChops

from bot.media.masks.painted import from_painted
from tests.media.masks.photographs import TELEGRAM, as_jpeg, decoded, from_camera, scaled_down, through_telegram
from tests.media.masks.strokes import SHAPES, Stroke, make_stroke

_VIVID = ("#ff3b30", "#ff9500", "#ffd60a", "#34c759", "#63e6e2", "#0a84ff", "#bf5af2", "#ff2d92")
_BLACK_AND_WHITE = ("#000000", "#ffffff")
_QUALITIES = (60, 65, 70, 75, 80, 85, 90, 95)
_PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle_left")
_BUSY = ("chelsea", "coffee", "motorcycle_left")
_HELD_OUT = ("ihc", "coins", "grass")
_SCALINGS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.HAMMING)


@dataclass(frozen=True)
class Case:
    photo: str
    shape: str
    colour: str
    quality: int
    way: str

    def likeness(self) -> float:
        """Intersection over union of the mark that is found and the one that is meant."""
        have, painted, stroke = self._sent()
        found = ImageChops.invert(from_painted(have, painted).picture)
        meant = stroke.meant.resize(found.size, Image.Resampling.BICUBIC).point(lambda level: 255 * (level > 127))
        both, either = ImageChops.darker(found, meant), ImageChops.lighter(found, meant)
        return both.histogram()[255] / either.histogram()[255]

    def _sent(self) -> tuple[bytes, bytes, Stroke]:
        full, shown = from_camera(self.photo), through_telegram(self.photo)
        have, painted_on = {
            "the photo, painted as Telegram shows it": (shown, shown),
            "the file, painted as Telegram shows it": (full, shown),
            "the photo, painted in the gallery": (shown, full),
            "the file, painted in the gallery": (full, full),
            "the file, painted and sent as a file": (full, full),
        }[self.way]
        photo = decoded(painted_on)
        stroke = make_stroke(self.shape, photo.size, repr(self))
        painted = stroke.on(photo, self.colour)
        if "as a file" not in self.way:
            scaling = _SCALINGS[self.quality % len(_SCALINGS)]
            painted = scaled_down(painted, TELEGRAM, scaling)
        return have, as_jpeg(painted, self.quality), stroke


_WAYS = (
    "the photo, painted as Telegram shows it",
    "the file, painted as Telegram shows it",
    "the photo, painted in the gallery",
    "the file, painted in the gallery",
    "the file, painted and sent as a file",
)


def _cases(photo: str, colours: Sequence[str], count: int, seed: int) -> Iterator[Case]:
    rng = random.Random(f"{photo} {seed}")
    for number in range(count):
        shape, way = SHAPES[number % len(SHAPES)], _WAYS[(number + number // len(SHAPES)) % len(_WAYS)]
        yield Case(photo, shape, rng.choice(colours), rng.choice(_QUALITIES), way)


@pytest.mark.parametrize("photo", _PHOTOS)
def test_what_a_vivid_brush_painted_is_found_to_its_edge(photo: str) -> None:
    found = {case: case.likeness() for case in _cases(photo, _VIVID, 7, seed=1)}
    assert [case for case, likeness in found.items() if likeness < 0.88] == []
    assert median(found.values()) >= 0.94


@pytest.mark.parametrize("photo", _BUSY)
def test_what_a_black_or_white_brush_painted_on_a_busy_photo_is_found(photo: str) -> None:
    assert median(case.likeness() for case in _cases(photo, _BLACK_AND_WHITE, 3, seed=2)) >= 0.90


@pytest.mark.parametrize("photo", _HELD_OUT)
def test_photos_that_nothing_was_fitted_to_fare_no_worse(photo: str) -> None:
    found = {case: case.likeness() for case in _cases(photo, _VIVID, 2, seed=3)}
    assert [case for case, likeness in found.items() if likeness < 0.88] == []
    assert median(found.values()) >= 0.94
