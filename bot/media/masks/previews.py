"""Pictures that show a photo, a mask or a cut-out before it is used."""

from PIL import Image, ImageChops

from bot.media.masks.mask import Mask
from bot.media.masks.morphology import above, narrowed, widened
from bot.media.masks.photo import SHOWN, jpeg, read_plain, read_shown, size_of, within

_TINT = (255, 0, 128)
_THICKNESS = 140  # of 255
_OUTLINE = ((4, 0, "black"), (2, 1, "white"))  # pixels outside and inside the edge
_SQUARE = 16  # pixels
_SQUARES = (255, 204)  # levels


def preview(photo: bytes) -> bytes:
    """Show a photo as it is, as a JPEG of at most 1280 pixels a side."""
    return jpeg(read_shown(photo))


def overlay(photo: bytes, mask: Mask) -> bytes:
    """Show what a mask marks: tinted and outlined on the photo, as a JPEG of at most 1280 pixels a side."""
    shown = read_shown(photo)
    soft = ImageChops.invert(mask.picture.resize(shown.size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    tint = soft.point([level * _THICKNESS // 255 for level in range(256)])
    shown.paste(_TINT, mask=tint)
    area = above(soft, 64)
    for outside, inside, colour in _OUTLINE:
        shown.paste(colour, mask=ImageChops.subtract(widened(area, outside), narrowed(area, inside)))
    return jpeg(shown)


def preview_on_checkerboard(cutout: bytes) -> bytes:
    """Show a picture with transparency on a checkerboard, as a JPEG of at most 1280 pixels a side."""
    picture = read_plain(cutout, within(size_of(cutout), SHOWN))
    board = _checkerboard(picture.size)
    board.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return jpeg(board)


def _checkerboard(size: tuple[int, int]) -> Image.Image:
    across, down = (-(-side // _SQUARE) for side in size)
    squares = bytes(_SQUARES[(x + y) % 2] for y in range(down) for x in range(across))
    board = Image.frombytes("L", (across, down), squares)
    return board.resize((across * _SQUARE, down * _SQUARE), Image.Resampling.NEAREST).crop((0, 0, *size)).convert("RGB")
