"""The encodings in which pictures are handed on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encoding:
    """How files of one format are named."""

    extension: str
    content_type: str


# By Pillow's name of the format.
ENCODINGS: Mapping[str, Encoding] = {
    "JPEG": Encoding("jpg", "image/jpeg"),
    "PNG": Encoding("png", "image/png"),
    "WEBP": Encoding("webp", "image/webp"),
}

CONTENT_TYPES: Mapping[str, str] = {encoding.extension: encoding.content_type for encoding in ENCODINGS.values()}
