"""Masks that come as black-and-white pictures: somebody's own, and those that smart selection makes."""

from PIL import Image, ImageChops

from bot.errors import BadPicture
from bot.locales.text import text, verbatim
from bot.media.colour import on_white
from bot.media.masks.mask import Mask
from bot.media.masks.morphology import above
from bot.media.masks.photo import SHOWN, read, read_plain, size_of, within

_ASPECT = 0.02  # by which the aspect ratios may differ
_NEAR = 40  # levels from black or white that compression and soft pens leave
_GREY = 0.15  # of the picture: soft edges are grey, too
_VIVID = 64  # levels between a pixel's bands
_COLOURED = 0.05  # of the picture
_ONE_COLOUR = 0.9  # of what is painted on a transparent layer; its rims are mixed


def from_file(data: bytes, size: tuple[int, int]) -> Mask:
    """Read a mask for a photo of this size: dark is marked, bright is kept.

    On a transparent layer, what is painted in one colour is marked, whichever colour it is; a layer with more on it
    is read as if it lay on white paper. Raises `BadPicture` for another aspect ratio, for what is not black and
    white, and where nothing is marked or everything.
    """
    found = size_of(data)
    if abs(found[0] * size[1] / (found[1] * size[0]) - 1) > _ASPECT:
        raise BadPicture(
            text(
                "The mask has {mask} pixels and the photo {photo}: their shapes differ. "
                "Make the mask from the photo itself, in any size but not cropped.",
                mask=verbatim("{}×{}".format(*found)),
                photo=verbatim("{}×{}".format(*size)),
            )
        )
    paper = _paper(read_plain(data, within(found, max(size))))
    return Mask(above(paper.resize(size, Image.Resampling.BICUBIC), 127), "free").checked()


def from_selection(data: bytes, size: tuple[int, int]) -> Mask:
    """Read the mask that smart selection made for a photo of this size, through whatever compression left of it.

    Raises `BadPicture` for what cannot be read, and where nothing is marked or everything.
    """
    return Mask(above(read(data, size).convert("L"), 127), "free").checked()


def looks_like_mask(data: bytes) -> bool:
    """Tell whether a picture is black and white, or a transparent layer painted on in one colour.

    Raises `BadPicture` for what cannot be read.
    """
    picture = read_plain(data, within(size_of(data), SHOWN))
    return _is_layer(picture) or _is_black_and_white(on_white(picture))


def _paper(picture: Image.Image) -> Image.Image:
    if _is_layer(picture):
        return ImageChops.invert(picture.getchannel("A"))
    opaque = on_white(picture)
    if not _is_black_and_white(opaque):
        raise BadPicture(
            text(
                "This is not a black-and-white picture. Paint black what should change and white what should stay, "
                "and send it as a file."
            )
        )
    return opaque.convert("L")


def _is_black_and_white(opaque: Image.Image) -> bool:
    grey = opaque.convert("L")
    return _share(grey.histogram()[_NEAR:-_NEAR], grey) <= _GREY and _coloured(opaque) <= _COLOURED


def _is_layer(layer: Image.Image) -> bool:
    if layer.mode != "RGBA":
        return False
    paint = above(layer.getchannel("A"), 127)
    bands = [layer.getchannel(band).histogram(paint) for band in "RGB"]
    return all(_peak(counts) >= _ONE_COLOUR * sum(counts) for counts in bands)


def _peak(counts: list[int]) -> int:
    return max(sum(counts[level : level + _NEAR]) for level in range(256))


def _coloured(picture: Image.Image) -> float:
    if picture.mode == "L":
        return 0
    red, green, blue = picture.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return _share(ImageChops.difference(brightest, darkest).histogram()[_VIVID:], picture)


def _share(counts: list[int], picture: Image.Image) -> float:
    return sum(counts) / (picture.width * picture.height)
