"""Say what a file is by its first bytes, whatever its name claims."""

import re

from bot.locales.text import Text, text

_HEAD_BYTES = 512
_HEIF_BRANDS = rb"(hei[cxms]|hev[cxms]|mif1|msf1)"


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL | re.IGNORECASE)


# Pictures that we read, to tell a broken one from something else.
_PICTURE = _starts(rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|GIF8|BM....\0\0\0\0|II\*\0|MM\0\*|....ftyp" + _HEIF_BRANDS)

# The first that matches counts.
_OTHERS: tuple[tuple[re.Pattern[bytes], Text], ...] = (
    (_starts(rb"\s*%PDF-"), text("a PDF document")),
    (_starts(rb"\xd0\xcf\x11\xe0|\{\\rtf"), text("an Office document")),
    (_starts(rb"PK\x03\x04|PK\x05\x06|Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ|.{257}ustar"), text("an archive")),
    (_starts(rb"....ftyp.{0,60}avi[fs]"), text("an AVIF picture, which cannot be read here")),
    (_starts(rb"....ftypM4A|ID3|OggS|fLaC|RIFF....WAVE|\xff[\xf2\xf3\xfb]"), text("a sound")),
    (_starts(rb"....(moov|ftyp(?!" + _HEIF_BRANDS + rb"))"), text("a video")),
    (_starts(rb"\x1aE\xdf\xa3|RIFF....AVI |FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u"), text("a video")),
    (_starts(rb"8BPS"), text("a Photoshop file, which cannot be read here")),
    (_starts(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"), text("a JPEG 2000 picture, which cannot be read here")),
    (_starts(rb"%!PS|\xc5\xd0\xd3\xc6"), text("a PostScript file")),
    (_starts(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!DOCTYPE )?svg"), text("an SVG drawing")),
    (_starts(rb"(\xef\xbb\xbf)?\s*<(!DOCTYPE )?html"), text("a web page")),
)


def recognise(data: bytes) -> Text | None:
    """Name a file that is no picture we read, with its article; None where it is not recognised."""
    head = data[:_HEAD_BYTES]
    return next((name for pattern, name in _OTHERS if pattern.match(head)), None)


def looks_like_picture(data: bytes) -> bool:
    """Whether the file begins as a picture that we read does."""
    return _PICTURE.match(data[:_HEAD_BYTES]) is not None
