"""A mask: which part of a photo is erased or painted anew."""

import io
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

from PIL import Image, ImageChops

from bot.errors import BadPicture
from bot.locales.text import text

MaskType = Literal["free", "smear", "box", "circle", "line", "point"]

MARKED: Final = 0
KEPT: Final = 255


@dataclass(frozen=True, slots=True)
class Mask:
    """Black is marked, white is kept, as the vendor has it; as large as the photo that it is for.

    `picture` is grey (L) and holds nothing but `MARKED` and `KEPT`. `mask_type` is the vendor's word for how it was
    made.
    """

    picture: Image.Image
    mask_type: MaskType

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.size

    @property
    def coverage(self) -> float:
        """The share of the photo that is marked, 0 to 1: every pixel is counted."""
        return self.picture.histogram()[MARKED] / (self.picture.width * self.picture.height)

    def invert(self) -> Self:
        """Swap what is marked and what is kept."""
        return replace(self, picture=ImageChops.invert(self.picture))

    def scaled(self, size: tuple[int, int]) -> Self:
        """Bring it to another size, with nothing between black and white."""
        return replace(self, picture=self.picture.resize(size, Image.Resampling.NEAREST))

    def checked(self) -> Self:
        """Return the mask if it can be used; raises `BadPicture` where nothing is marked, or everything."""
        coverage = self.coverage
        if coverage == 0:
            raise BadPicture(text("Nothing is marked. Mark the part of the photo that should change."))
        if coverage == 1:
            raise BadPicture(text("The whole photo is marked. Leave out the part that should stay as it is."))
        return self

    def png(self) -> bytes:
        """Write it as the vendor reads it: a PNG of RGB (0, 0, 0) and (255, 255, 255)."""
        file = io.BytesIO()
        self.picture.convert("RGB").save(file, "PNG")
        return file.getvalue()
