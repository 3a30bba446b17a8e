"""The capabilities as the tracker sees them: how each makes its order, and how each family is asked for results."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.detect import Detect
from bot.capabilities.outcomes import detected, pictured, trained
from bot.errors import NotFound
from bot.locales.text import text
from bot.miaohua.client import Miaohua
from bot.miaohua.erase import Erase
from bot.miaohua.face import FaceSwap
from bot.miaohua.imgenstd import Imgenstd
from bot.miaohua.inpaint import Inpaint
from bot.miaohua.lora import LoraTraining
from bot.miaohua.outpaint import Outpaint
from bot.miaohua.split import Split
from bot.miaohua.stylization import Stylization
from bot.miaohua.sup_res import SupRes
from bot.store import dialogs
from bot.store.task import Task
from bot.tracker.ports import Made, Maker, Outcome, Poll, Prepared

_PICTURED = (Imgenstd, Stylization, Erase, Inpaint, Outpaint, SupRes, Split, FaceSwap)

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Maker:
    capability: Capability
    studio: Studio

    @property
    def family(self) -> str:
        return self.capability.family

    @property
    def patience(self) -> float:
        return self.capability.patience

    @property
    def preparation(self) -> float:
        return self.capability.preparation

    async def prepare(self, task: Task) -> Prepared:
        if self.capability.is_errand:
            await _check_awaited(task, self.studio)
        return await self.capability.prepare(task, self.studio)

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        await self.capability.keep(conn, task, made)


async def _check_awaited(errand: Task, studio: Studio) -> None:
    """Raise `NotFound`, which nobody reads, where the dialog is over that waits for an errand."""
    async with studio.store.read() as conn:
        dialog = await dialogs.by_id(conn, int(errand.request["dialog"]), errand.created_at)
    if dialog is None:
        raise NotFound(text("This panel has expired. Please begin anew with the command."))


def makers(studio: Studio) -> Mapping[str, Maker]:
    """Give each capability what it works with."""
    return {capability.name: _Maker(capability, studio) for capability in registry.ALL}


def polls(client: Miaohua) -> Mapping[str, Poll]:
    """Say how each family is asked about its tasks; to be called once, for a family may learn what the vendor knows."""
    return {
        **{family.name: _poll(family(client).results, pictured) for family in _PICTURED},
        Detect.family: _poll(FaceSwap(client).detections, detected),
        LoraTraining.name: _poll(LoraTraining(client).results, trained),
    }


def _poll(ask: Callable[[Sequence[str]], Awaitable[Mapping[str, _Answer]]], read: Callable[[_Answer], Outcome]) -> Poll:
    async def poll(vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
        answers = await ask(vendor_ids)
        return {vendor_id: read(answer) for vendor_id, answer in answers.items()}

    return poll
