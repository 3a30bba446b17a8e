"""What a picture is of, cut out of it (the vendor's document, section 九)."""

from collections.abc import Iterable
from typing import Annotated

import structlog
from pydantic import PlainSerializer

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import NotFound, Unimplemented
from bot.miaohua.family import Family
from bot.miaohua.requests import Format, HdRatio, Id, ImageUrl, Order
from bot.miaohua.tasks import Task

_log = structlog.get_logger(__name__)


class SplitRequest(Order):
    """Cut the subject out of a picture of 256 to 2000 pixels a side. Only PNG has transparency."""

    model_id: Id
    img_url: ImageUrl
    hd_ratio: Annotated[HdRatio, PlainSerializer(str)] = 1.5
    """A number like `sup_res`'s, but the document's type for it here is a string."""
    format: Format = "PNG"


class Split(Family[SplitRequest, Task]):
    """The calls of `/v1/split`.

    The document prints another family's path for asking about many tasks. So the usual path is tried, and where it is
    not there, tasks are asked about one by one for as long as this object lives.
    """

    name = "split"
    reads = Task

    def __init__(self, api: Miaohua) -> None:
        super().__init__(api)
        self._knows_batches = True

    async def results(self, task_ids: Iterable[str]) -> dict[str, Task]:
        """Ask about at most 50 tasks; one that the vendor says nothing readable about is not in the answer."""
        ours = tuple(task_ids)
        if self._knows_batches:
            try:
                return await super().results(ours)
            except (NotFound, Unimplemented) as error:
                _log.info("miaohua.no_batches", family=self.name, error=str(error))
                self._knows_batches = False
        return await self._one_by_one(ours, self.result)
