"""Pictures in another style (the vendor's document, section 六)."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from bot.miaohua.errors import Unanswered
from bot.miaohua.family import Family
from bot.miaohua.requests import Format, Id, ImageUrl, Resizing, Samples, Watermark, refused
from bot.miaohua.tasks import Image, Task

GetType = Literal["url", "base64"]
"""What `Image.small` and `Image.raw` hold: links that expire, or the pictures themselves (see `decoded`)."""

MAX_BASE64 = 7_000_000
"""Characters of a picture as text: the vendor's 7 MB, read as the smaller, decimal ones."""

_BASE64 = re.compile(r"(?:data:image/[\w.+-]+;base64,)?(?P<letters>[A-Za-z0-9+/]+={0,2})", re.ASCII)


class StylizationRequest(Resizing):
    """Paint a picture in a model's style: one at a link, or one that is sent along as text.

    Without height and width the result is as large as the picture; one is not given without the other.
    """

    samples: Samples = 1
    model_id: Id
    format: Format = "JPG"
    img_url: ImageUrl | None = None
    img_base64: str | None = Field(default=None, validate_default=True)
    """A Data URL, or bare base64."""
    watermark_config: Watermark | None = None

    @field_validator("width")
    @classmethod
    def _with_height(cls, value: int | None, info: ValidationInfo) -> int | None:
        if (value is None) is not (info.data.get("height") is None):
            raise refused("height + width")
        return value

    @field_validator("img_base64")
    @classmethod
    def _one_picture(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) is (info.data.get("img_url") is None):
            raise refused("img_url / img_base64")
        return value

    @field_validator("img_base64")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if len(value) > MAX_BASE64:
            raise refused(f"≤ {MAX_BASE64}")
        found = _BASE64.fullmatch(value)
        if found is None or (found.end() - found.start("letters")) % 4:
            raise refused("base64, data:image/…;base64,…")
        return value


class Stylization(Family[StylizationRequest, Task]):
    """The calls of `/v1/stylization`."""

    name = "stylization"
    reads = Task

    async def result(self, task_id: str, *, get_type: GetType = "url") -> Task:
        """Ask about one task."""
        return await self._one(task_id, get_type=get_type)

    async def results(self, task_ids: Iterable[str], *, get_type: GetType = "url") -> dict[str, Task]:
        """Ask about at most 50 tasks at once; one that the vendor says nothing readable about is not in the answer."""
        return await self._batch(task_ids, get_type=get_type)

    async def imgen_sync(self, request: StylizationRequest, *, get_type: GetType = "url") -> Task:
        """Order and wait for the result in one call. This costs: see `Unanswered` before repeating it."""
        answer = await self._api.call(
            "POST", self._path("imgen_sync"), json={**request.payload(), "get_type": get_type}
        )
        return Task.read(answer)


def decoded(image: Image) -> bytes:
    """Read the picture that an answer holds as text: a Data URL, or bare base64, whatever its line breaks and padding.

    Raises `Unanswered` where it is none.
    """
    _, _, text = image.url.rpartition(",")
    letters = "".join(text.split())
    try:
        data = b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unanswered(f"unreadable picture: {error}") from None
    if not data:
        raise Unanswered("no picture")
    return data
