"""Every capability, in the order in which the help lists them."""

from bot.capabilities.base import Capability
from bot.capabilities.imagine import Imagine

ALL: tuple[Capability, ...] = (Imagine(),)
BY_NAME = {capability.name: capability for capability in ALL}
BY_COMMAND = {command: capability for capability in ALL for command in capability.commands}
