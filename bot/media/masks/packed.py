"""Masks that are kept, one of 24 megapixels in some 30 KB, and what else was drawn a moment ago."""

import zlib
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from PIL import Image

from bot.media.masks.mask import Mask, MaskType

_FASTEST = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Packed:
    """A mask, one bit a pixel and compressed; `coverage` is the share of the photo that it marks, 0 to 1."""

    bits: bytes
    size: tuple[int, int]
    mask_type: MaskType
    coverage: float

    @classmethod
    def of(cls, mask: Mask) -> Self:
        """Pack a mask."""
        bits = zlib.compress(mask.picture.convert("1").tobytes(), _FASTEST)
        return cls(bits, mask.size, mask.mask_type, mask.coverage)

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> Self:
        """Take what `dump` gave."""
        width, height = dumped["size"]
        return cls(b64decode(dumped["bits"]), (width, height), dumped["mask_type"], dumped["coverage"])

    @property
    def mostly_black(self) -> bool:
        """Whether more is marked than kept: it may be meant the other way round."""
        return self.coverage > 1 / 2

    def dump(self) -> dict[str, Any]:
        """Write it as a JSON value."""
        return {
            "bits": b64encode(self.bits).decode(),
            "size": list(self.size),
            "mask_type": self.mask_type,
            "coverage": self.coverage,
        }

    def unpack(self) -> Mask:
        """Give the mask back."""
        return Mask(Image.frombytes("1", self.size, zlib.decompress(self.bits)).convert("L"), self.mask_type)


class Recent(Generic[T]):
    """What was drawn and asked for last, at most `most` of it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str) -> T | None:
        """Find what is still kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, drawn: T) -> None:
        """Keep it, and drop what was not asked for longest."""
        self._kept[key] = drawn
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
