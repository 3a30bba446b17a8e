"""Pictures made on the spot."""

import io
from collections.abc import Callable

import pytest
from PIL import Image


def _scene(width: int, height: int) -> Image.Image:
    across = Image.linear_gradient("L").resize((width, height))
    down = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", (across, down, across.point(lambda value: 255 - value)))


def _write(picture: Image.Image, picture_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


@pytest.fixture(scope="session")
def scene() -> Callable[[int, int], Image.Image]:
    return _scene


@pytest.fixture(scope="session")
def write() -> Callable[..., bytes]:
    return _write


@pytest.fixture(scope="session")
def photo() -> Callable[..., bytes]:
    def make(width: int, height: int, picture_format: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
        mode = "P" if picture_format == "GIF" else mode  # or Pillow looks for the best palette, slowly
        return _write(_scene(width, height).convert(mode), picture_format, **options)

    return make
