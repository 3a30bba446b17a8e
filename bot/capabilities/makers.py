"""The capabilities as the tracker sees them: how each makes its order, and how each family is asked for results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.outcomes import outcomes
from bot.miaohua.client import Miaohua
from bot.miaohua.imgenstd import Imgenstd
from bot.store.task import Task
from bot.tracker.ports import Maker, Outcome, Poll, Submit


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

    async def prepare(self, task: Task) -> Submit:
        return await self.capability.prepare(task, self.studio)


def makers(studio: Studio) -> Mapping[str, Maker]:
    """Give each capability what it works with."""
    return {capability.name: _Maker(capability, studio) for capability in registry.ALL}


def polls(client: Miaohua) -> Mapping[str, Poll]:
    """Say how each family is asked about its tasks."""
    imgenstd = Imgenstd(client)

    async def ask_imgenstd(vendor_ids: Sequence[str]) -> Mapping[str, Outcome]:
        return outcomes(await imgenstd.results(vendor_ids))

    return {Imgenstd.name: ask_imgenstd}
