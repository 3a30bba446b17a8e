"""What is made of a photo and a mask."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.capabilities.base import Studio
from bot.capabilities.checking import LATER
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.marks import MASK
from bot.capabilities.masks import mask_of, with_outline
from bot.capabilities.needs import Answers, Need
from bot.capabilities.photo import PHOTO
from bot.media.fit import VENDOR, in_turn
from bot.media.masks.mask import MaskType
from bot.miaohua.requests import Order
from bot.store.task import Task
from bot.tracker.ports import Prepared


@dataclass(frozen=True, slots=True)
class OfferedMask:
    """A mask at a link, and the vendor's word for how it was made."""

    url: str
    mask_type: MaskType


class Masked(FromPhoto):
    """A photo and its mask go to the vendor, each at a link."""

    needs: ClassVar[tuple[Need, ...]] = (PHOTO, MASK)

    @abstractmethod
    def masked(self, request: Answers, url: str, mask: OfferedMask) -> Order:
        """Build the vendor's request."""

    def order(self, request: Answers, url: str, size: Size | None = None) -> Order:  # noqa: ARG002  any size
        """Build the request as far as it is known before the mask is drawn."""
        return self.masked(request, url, OfferedMask(LATER, "smear"))

    def needs_link_for(self, answers: Answers) -> bool:  # noqa: ARG002  any
        """Need one for the mask, whatever the photo."""
        return self.needs_link

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Look up the model, check it all as the vendor will, and keep what the mask is drawn from."""
        return await super().settle(await with_outline(answers, MASK, studio), studio)

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer photo and mask, and build the order."""
        mask = await self._offered_mask(task, studio)
        offered = await studio.inputs.offer(task, 0, task.request[PHOTO.name], self.bounds)
        order = self.masked(task.request, offered.url, mask)
        return Prepared(lambda: self.api(studio.client).submit(order), notes=offered.changes)

    async def _offered_mask(self, task: Task, studio: Studio) -> OfferedMask:
        mask = await mask_of(task.request, MASK, studio)
        # Both must have one aspect ratio, and both be within the vendor's bounds.
        data = await in_turn(lambda: mask.scaled(VENDOR.nearest(*mask.size)).png())
        url = await studio.inputs.put(task, 1, data, "png")
        return OfferedMask(url, task.request.get("mask_type") or mask.mask_type)
