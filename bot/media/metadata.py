"""Take out what a picture tells beside itself (place, camera, comments, thumbnails) without recompressing it.

Only what decides how the pixels look is kept. Anything after the picture's end, such as a phone's video or second
picture, goes too.
"""

import re
import struct
from collections.abc import Callable, Mapping

_PREFIX = 0xFF  # begins every marker of a JPEG; several in a row are padding
_END, _SCAN, _COMMENT, _APP0, _APP2, _APP14, _APP15 = 0xD9, 0xDA, 0xFE, 0xE0, 0xE2, 0xEE, 0xEF
_JPEG_KEPT_APPS = (_APP0, _APP14)  # JFIF, and Adobe's colour transform
_JPEG_ICC = b"ICC_PROFILE\0"
_JPEG_SCAN_END = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # a marker that is neither stuffing nor a restart
_PNG_KEPT = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"))
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ICCP"))
_WEBP_METADATA_FLAGS = 0b00001100  # of VP8X: EXIF and XMP are there


def strip(data: bytes, picture_format: str) -> bytes | None:
    """Return the picture alone; None where the format or the file's build is not one that can be taken apart."""
    stripper = _STRIPPERS.get(picture_format)
    if stripper is None:
        return None
    try:
        return stripper(data)
    except (IndexError, ValueError, struct.error):
        return None


def _strip_jpeg(data: bytes) -> bytes:
    kept = [data[:2]]
    at = 2
    while True:
        if data[at] != _PREFIX:
            raise ValueError("no marker where one must be")
        marker = data[at + 1]
        if marker == _END:
            return b"".join((*kept, b"\xff\xd9"))
        if marker == _PREFIX:
            at += 1
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SCAN:
            end = _scan_end(data, end)
        if _is_kept_jpeg(marker, data[at + 4 : end]):
            kept.append(data[at:end])
        at = end


def _scan_end(data: bytes, start: int) -> int:
    found = _JPEG_SCAN_END.search(data, start)
    if found is None:
        raise ValueError("no end of the picture")
    return found.end() - 2


def _is_kept_jpeg(marker: int, content: bytes) -> bool:
    if marker == _APP2:
        return content.startswith(_JPEG_ICC)
    is_metadata = _APP0 <= marker <= _APP15 or marker == _COMMENT
    return marker in _JPEG_KEPT_APPS or not is_metadata


def _strip_png(data: bytes) -> bytes:
    kept = [data[:8]]
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut off")
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _strip_webp(data: bytes) -> bytes:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    kept = []
    at = 12
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        content = data[at + 8 : at + 8 + length]
        if len(content) < length:
            raise ValueError("a chunk is cut off")
        if kind == b"VP8X":
            content = bytes([content[0] & ~_WEBP_METADATA_FLAGS]) + content[1:]
        if kind == b"VP8X" or kind in _WEBP_KEPT:
            kept.append(struct.pack("<4sI", kind, length) + content + b"\0" * (length % 2))
        at += 8 + length + length % 2
    body = b"WEBP" + b"".join(kept)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


_STRIPPERS: Mapping[str, Callable[[bytes], bytes]] = {"JPEG": _strip_jpeg, "PNG": _strip_png, "WEBP": _strip_webp}
