"""The mask that somebody painted over a photo in Telegram's editor."""

from PIL import Image, ImageChops, ImageFilter

from bot.errors import BadPicture
from bot.locales.text import Text, text
from bot.media.masks.brush import Brushwork, find_brushwork
from bot.media.masks.likeness import matched, shows_another
from bot.media.masks.mask import Mask
from bot.media.masks.morphology import above, narrowed, widened
from bot.media.masks.photo import read, size_of, within
from bot.media.masks.regions import merged, regions

_COMPARED = 1024  # pixels on the long side at which photos are compared: fine enough for a line of 4 pixels in 1280
_ASPECT = 0.015  # by which aspect ratios may differ: sides are rounded when a photo is scaled
_SPECK = 25  # pixels
_RIM = 8  # pixels: JPEG's ringing around a painted edge
_GAP = 256  # half the width of a gap that is closed is this part of the long side
_PINHOLE = 0.005  # of the photo
_LASSO = 0.3  # of the photo: who paints more is not drawing a line around something


class NoMark(BadPicture):
    """The photo came back as it was."""


class OtherPhoto(BadPicture):
    """The painted picture is not the photo, or it has been cropped or turned."""


def from_painted(original: bytes, painted: bytes) -> Mask:
    """Find what is painted over a photo, with any brush; what a line encloses counts as painted, too.

    Raises `NoMark`, `OtherPhoto`, and `BadPicture` for what cannot be read or is painted over as a whole.
    """
    size, painted_size = size_of(original), size_of(painted)
    if abs(size[0] * painted_size[1] / (size[1] * painted_size[0]) - 1) > _ASPECT:
        raise OtherPhoto(_other_photo())
    area = _painted_area(original, painted, within(size, min(_COMPARED, max(painted_size))))
    smooth = area.filter(ImageFilter.GaussianBlur(1.2)).resize(size, Image.Resampling.BICUBIC)
    return Mask(ImageChops.invert(above(smooth, 127)), "smear").checked()


def _painted_area(original: bytes, painted: bytes, size: tuple[int, int]) -> Image.Image:
    before, after = (_in_luma_and_chroma(read(data, size)) for data in (original, painted))
    before = matched(before, after)
    brushwork = find_brushwork(before, after)
    rims = ImageChops.difference(widened(brushwork.looks, _RIM), narrowed(brushwork.looks, _RIM))
    if shows_another(before.getchannel(0), after.getchannel(0), rims):
        raise OtherPhoto(_other_photo())
    area = _cleaned(brushwork)
    if area.getbbox() is None:
        raise NoMark(
            text(
                "I see no mark on this photo. Open it, choose the brush and a bright colour, paint over the part that "
                "should change, and send it back."
            )
        )
    return area


def _in_luma_and_chroma(picture: Image.Image) -> Image.Image:
    return Image.merge("RGB", picture.convert("YCbCr").split())  # by its mode, since filters take no YCbCr


def _cleaned(brushwork: Brushwork) -> Image.Image:
    surely = brushwork.surely.tobytes()
    marks = [region for region in regions(brushwork.looks) if region.count(surely) >= _SPECK]
    area = merged(brushwork.looks.size, marks)
    gap = round(max(area.size) / _GAP)
    return ImageChops.lighter(area, narrowed(_filled(widened(area, gap)), gap))


def _filled(area: Image.Image) -> Image.Image:
    pixels = area.width * area.height
    encircles = area.histogram()[255] < _LASSO * pixels
    holes = [
        hole
        for hole in regions(ImageChops.invert(area))
        if not hole.on_edge and (encircles or hole.area < _PINHOLE * pixels)
    ]
    return ImageChops.lighter(area, merged(area.size, holes))


def _other_photo() -> Text:
    return text(
        "This does not look like the photo that you were asked to mark, or it has been cropped or turned. "
        "Paint over that photo as it is, and send it back."
    )
