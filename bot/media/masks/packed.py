"""Masks kept for a moment: one of 24 megapixels takes some 30 KB."""

import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Self

from PIL import Image

from bot.media.masks.mask import Mask, MaskType

_FASTEST = 1


@dataclass(frozen=True, slots=True)
class Packed:
    """A mask, one bit a pixel and compressed."""

    bits: bytes
    size: tuple[int, int]
    mask_type: MaskType

    @classmethod
    def of(cls, mask: Mask) -> Self:
        """Pack a mask."""
        return cls(zlib.compress(mask.picture.convert("1").tobytes(), _FASTEST), mask.size, mask.mask_type)

    def unpack(self) -> Mask:
        """Give the mask back."""
        return Mask(Image.frombytes("1", self.size, zlib.decompress(self.bits)).convert("L"), self.mask_type)


class Recent:
    """The masks that were asked for last, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Packed] = OrderedDict()

    def get(self, key: str) -> Packed | None:
        """Find a mask that is still kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, packed: Packed) -> None:
        """Keep a mask, and drop the one that was not asked for longest."""
        self._kept[key] = packed
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
