"""What a group's admins can set: each rule with its label, its bounds, and how its value is said."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.capabilities import registry
from bot.capabilities.options import shorten
from bot.conversations.view import joined
from bot.limits.group_rules import ADMINS, EVERYONE, NAMED, GroupRules, Who
from bot.limits.rules import Limits
from bot.locales.text import LANGUAGES, Lang, Text, layout, text, verbatim

NAMES_SHOWN = 10
NAME_LENGTH = 30

GENERAL = 0  # the forum topic that has no id

LANG_WORDS: dict[str, Lang | None] = {"own": None, "zh": "zh_CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class Number:
    """A rule that is a number, or not set; `start` is where − and + begin."""

    name: str
    label: Text
    most: int
    step: int
    start: int
    presets: tuple[int, ...]

    def moved(self, value: int | None, by: int) -> int:
        """Go some way up or down within the bounds."""
        return self.start if value is None else min(max(value + by, 1), self.most)


NUMBERS = {
    number.name: number
    for number in (
        Number("daily", text("Pictures a day for each member"), 10_000, 1, 20, (5, 10, 20, 50)),
        Number("group", text("Pictures a day for all together"), 1_000_000, 10, 200, (50, 100, 200, 500)),
        Number("running", text("Tasks at once for each member"), 100, 1, 2, (1, 2, 3, 5)),
        Number("interval", text("Seconds between a member's requests"), 86_400, 5, 10, (10, 30, 60, 300)),
    )
}
LABELS = {
    **{number.name: number.label for number in NUMBERS.values()},
    "allowed": text("Allowed"),
    "who": text("Who may use me"),
    "members": text("Named members"),
    "lang": text("Language"),
    "topic": text("Answers go"),
}
MAIN = ("daily", "group", "running", "interval", "allowed", "who", "lang", "topic")

WHO: dict[Who, Text] = {
    EVERYONE: text("everyone"),
    ADMINS: text("only admins"),
    NAMED: text("admins and named members"),
}
LANGS: dict[Lang | None, Text] = {
    None: text("each member's own"),
    **{lang: verbatim(name) for lang, name in LANGUAGES.items()},
}


def shown(name: str, rules: GroupRules) -> Text:
    """Say what a rule is set to."""
    match name:
        case "allowed":
            return _allowed(rules.allowed)
        case "who":
            return WHO[rules.who]
        case "members":
            return named(rules.members) if rules.members else text("nobody")
        case "lang":
            return LANGS[rules.lang]
        case "topic":
            return _topic(rules.topic)
    value = getattr(rules, name)
    return text("not set here") if value is None else verbatim(str(value))


def named(members: Sequence[tuple[int, str]]) -> Text:
    """Name members, the first of them; those who have been forgotten have no name."""
    names = [verbatim(shorten(name, NAME_LENGTH)) if name else text("somebody") for _, name in members[:NAMES_SHOWN]]
    more = len(members) - len(names)
    said = joined(names, ", ")
    return text("{names} and {count} more", names=said, count=more) if more else said


def line(name: str, rules: GroupRules) -> Text:
    """Say what a rule is set to, with its label; of the named members also who they are."""
    told = layout("{label}: <b>{value}</b>", label=LABELS[name], value=shown(name, rules))
    if name == "who" and rules.who == NAMED:
        return layout("{told} ({members})", told=told, members=shown("members", rules))
    return told


def overview(rules: GroupRules, operator: Limits) -> Text:
    """Say all that holds in a group."""
    return text(
        "🛡 <b>Limits in this group</b>\n{lines}\n\nThe operator of this bot allows everybody {daily} pictures a day, "
        "{running} tasks at once and a request every {interval} s. What is set here counts in this group only, and "
        "nothing goes beyond the operator's limits.",
        lines=joined([line(name, rules) for name in MAIN]),
        daily=operator.daily,
        running=operator.running,
        interval=f"{operator.interval:g}",
    )


def _allowed(allowed: tuple[str, ...] | None) -> Text:
    if allowed is None:
        return text("everything")
    commands = [f"/{one.commands[0]}" for one in registry.OFFERED if one.name in allowed]
    return verbatim(" ".join(commands)) if commands else text("nothing")


def _topic(topic: int | None) -> Text:
    if topic is None:
        return text("where they were asked for")
    return text("into the topic General") if topic == GENERAL else text("into topic no. {topic}", topic=topic)
