"""Every capability, in the order in which the help lists them."""

from bot.capabilities.base import Capability
from bot.capabilities.cutout import Cutout
from bot.capabilities.detect import Detect
from bot.capabilities.edit import Edit
from bot.capabilities.erase import Erase
from bot.capabilities.expand import Expand
from bot.capabilities.imagine import Imagine
from bot.capabilities.snap import Snap
from bot.capabilities.stylize import Stylize
from bot.capabilities.swap import SwapFaces
from bot.capabilities.train import Train
from bot.capabilities.upscale import Upscale

ALL: tuple[Capability, ...] = (
    Imagine(),
    Stylize(),
    SwapFaces(),
    Erase(),
    Edit(),
    Expand(),
    Upscale(),
    Cutout(),
    Train(),
    Snap(),
    Detect(),
)
OFFERED = tuple(capability for capability in ALL if not capability.is_errand)
BY_NAME = {capability.name: capability for capability in ALL}
BY_COMMAND = {command: capability for capability in ALL for command in capability.commands}


def is_errand(name: str) -> bool:
    """Say whether tasks of this capability work for a dialog; those of another version of this bot do not."""
    capability = BY_NAME.get(name)
    return capability is not None and capability.is_errand
