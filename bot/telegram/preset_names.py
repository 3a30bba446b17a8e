"""Presets by name: which names there can be, how they are typed, and what `--preset NAME` stands for."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.common_options import PRESET
from bot.capabilities.needs import Answers
from bot.errors import BadValue, NotFound
from bot.locales.text import text, verbatim
from bot.store import presets
from bot.store.engine import Store
from bot.store.presets import Preset

LONGEST = 32

_QUOTES = frozenset('"“”')
_DASHES = ("-", "—", "–", "－")

_NAMES_SHOWN = 10


def clean(raw: str) -> str:
    """Read a name; raise `BadValue` for one that could not be typed behind the flag."""
    name = " ".join(raw.split())
    if not 1 <= len(name) <= LONGEST or _QUOTES & set(name) or name.startswith(_DASHES):
        raise BadValue(
            text(
                "A name has 1 to {most} characters, without quotation marks, and does not begin with a dash. "
                "Please choose another.",
                most=LONGEST,
            )
        )
    return name


def typed(name: str) -> str:
    """Write the flag as it is typed; a name of several words needs quotation marks."""
    return f'--{PRESET.flags[0]} "{name}"' if " " in name else f"--{PRESET.flags[0]} {name}"


def key_of(name: str) -> str:
    """Give a short word for a button's data or a result's id, however long the name is."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]


def options_of(capability: Capability, request: Answers) -> dict[str, Any]:
    """Take the options out of a settled request, as they would be chosen anew."""
    return known_options(capability, capability.reopened(request))


def known_options(capability: Capability, answers: Answers) -> dict[str, Any]:
    """Leave out everything but the options that the capability has now."""
    return {option.name: answers[option.name] for option in capability.options if option.name in answers}


async def applied(store: Store, owner_id: int, capability: Capability, said: Mapping[str, Any]) -> dict[str, Any]:
    """Put the options in the place of a preset's name; what was said besides wins.

    Raises `NotFound` where the person has no such preset, and `BadValue` for another capability's.
    """
    others = {name: value for name, value in said.items() if name != PRESET.name}
    if PRESET.name not in said:
        return others
    async with store.read() as conn:
        known = await presets.of_owner(conn, owner_id)
    preset = presets.find(known, said[PRESET.name])
    if preset is None:
        raise _unknown(said[PRESET.name], known)
    if preset.capability != capability.name:
        raise BadValue(
            text(
                "“{name}” holds options for {its}, not for /{command}. /presets lists all.",
                name=preset.name,
                its=verbatim(_command(preset)),
                command=capability.commands[0],
            )
        )
    return {**known_options(capability, preset.options), **others}


def _unknown(name: str, known: Sequence[Preset]) -> NotFound:
    if not known:
        return NotFound(
            text(
                "You have no presets yet. Answer a result with <code>/preset save NAME</code>, or press ⭐ below it, "
                "and its options are kept under that name."
            )
        )
    names = verbatim(" · ".join(preset.name for preset in known[:_NAMES_SHOWN]))
    return NotFound(
        text("You have no preset “{name}”. You have: {names}. /presets lists all.", name=name or "…", names=names)
    )


def _command(preset: Preset) -> str:
    """Name the command that a preset is for; of another version's capability only the name is known."""
    capability = registry.BY_NAME.get(preset.capability)
    return f"/{capability.commands[0]}" if capability else preset.capability
