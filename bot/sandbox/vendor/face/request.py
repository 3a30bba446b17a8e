"""What orders of `face` may hold (the vendor's document, section 三)."""

from typing import Annotated

from pydantic import Field

from bot.sandbox.vendor.fields import Format, Name, Share, Strict, Watermarked, at_most
from bot.sandbox.vendor.retouching.faces import Kind

MOST_FACES = 4
Number = Annotated[int, Field(ge=0)]


class Detect(Strict):
    """The body of `POST /v1/face/detect`."""

    img_url: Name
    type: Kind = "normal"


class BaseImage(Strict):
    """The picture whose faces are replaced."""

    url: Name


class Swap(Strict):
    """One face: the reference picture's number `index` takes the place of the base's number `base_index`."""

    url: Name
    index: Number
    base_index: Number


class Imggen(Watermarked):
    """The body of `POST /v1/face/imggen` and of `imggen_sync`."""

    model_id: Name
    base_img: BaseImage
    faces: list[Swap] = Field(min_length=1, max_length=MOST_FACES)
    dino_scale: Share = 0.2
    guidance_scale: int = Field(default=30, ge=10, le=100)
    prompt: Annotated[str, at_most(1000)] = ""
    format: Format = "JPG"

    @property
    def alike(self) -> float:
        """Tell how much the new faces are to be like the reference, 0..1: more with dino, less with guidance."""
        return 0.5 * self.dino_scale + 0.5 * (100 - self.guidance_scale) / 90
