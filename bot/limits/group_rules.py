"""What a group's admins have set for it; what is None is as the operator has it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, TypeAlias

from bot.locales.text import Lang

Who: TypeAlias = Literal["everyone", "admins", "named"]

EVERYONE: Who = "everyone"
ADMINS: Who = "admins"
NAMED: Who = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """A group's limits and manners.

    `daily`, `running` and `interval` (seconds) are each member's in this group, `group` is the pictures a day of all
    of it together. `allowed` names capabilities. `topic` is where the answers go, 0 being a forum's General.
    """

    daily: int | None = None
    group: int | None = None
    running: int | None = None
    interval: int | None = None
    allowed: tuple[str, ...] | None = None
    who: Who = EVERYONE
    members: tuple[tuple[int, str], ...] = ()  # ids and names of those who are let in where `who` is "named"
    lang: Lang | None = None
    topic: int | None = None

    @classmethod
    def load(cls, data: Mapping[str, Any] | None) -> Self:
        """Read what `dump` wrote; what another version wrote besides is left out."""
        known = {field.name for field in fields(cls)}
        held = {name: value for name, value in (data or {}).items() if name in known}
        if held.get("allowed") is not None:
            held["allowed"] = tuple(held["allowed"])
        held["members"] = tuple((int(id_), str(name)) for id_, name in held.get("members", ()))
        return cls(**held)

    def dump(self) -> dict[str, Any] | None:
        """Write what is set as JSON values; None where nothing is."""
        before = asdict(GroupRules())
        return {name: value for name, value in asdict(self).items() if value != before[name]} or None

    def allows(self, capability: str) -> bool:
        """Say whether a capability may be used in the group."""
        return self.allowed is None or capability in self.allowed

    def admits(self, member_id: int, *, is_admin: bool) -> bool:
        """Say whether somebody may use the bot in the group; its admins always may."""
        return is_admin or self.who == EVERYONE or (self.who == NAMED and member_id in dict(self.members))
