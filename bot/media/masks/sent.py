"""The mask that somebody sends as a picture, of whichever kind."""

from bot.media.masks.file import from_file, looks_like_mask
from bot.media.masks.mask import Mask
from bot.media.masks.painted import from_painted
from bot.media.masks.photo import size_of


def from_sent(photo: bytes, sent: bytes) -> Mask:
    """Read a black-and-white mask, or what is painted over the photo.

    A photo that is black and white itself, such as a drawing, can only be painted over. Raises what `from_file` and
    `from_painted` do.
    """
    if looks_like_mask(sent) and not looks_like_mask(photo):
        return from_file(sent, size_of(photo))
    return from_painted(photo, sent)
