"""`/limits` by words: what is typed behind the command becomes a change of the group's rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from telegram import Message, MessageEntity
from telegram.constants import MessageEntityType

from bot.capabilities import registry
from bot.errors import BadValue
from bot.limits.group_rules import ADMINS, EVERYONE, NAMED, GroupRules
from bot.locales.text import text, verbatim
from bot.store import people
from bot.store.engine import Store
from bot.telegram.answered import answered_by, author_of
from bot.telegram.limits_rules import LABELS, LANG_WORDS, NUMBERS

Change: TypeAlias = Callable[[GroupRules], GroupRules]
Member: TypeAlias = tuple[int, str]

NONE_WORDS = frozenset({"none", "off", "no", "-"})
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is set: in which topic, and whether the group has topics."""

    topic: int
    is_forum: bool


def read(word: str, value: str, place: Place, members: Sequence[Member] = ()) -> Change:
    """Read one rule's new value; raise `BadValue` with what is allowed. `members` are those named with it."""
    if word in NUMBERS:
        return _number(word, value)
    match word:
        case "only" | "allow" | "deny":
            return _capabilities(word, value)
        case "who":
            return _who(value, members)
        case "lang":
            return _lang(value)
        case "topic":
            return _topic(value, place)
        case "reset" if not value:
            return lambda _: GroupRules()
    raise BadValue(
        text(
            "I do not know “{word}” here. After /limits you can write:\n{allowed}\n/limits alone shows buttons.",
            word=f"{word} {value}".strip()[:60],
            allowed=_ALLOWED,
        )
    )


def move(name: str, by: int) -> Change:
    """Move a number up or down within its bounds."""
    return lambda rules: _set(rules, name, NUMBERS[name].moved(getattr(rules, name), by))


def allow(rules: GroupRules, names: Sequence[str]) -> GroupRules:
    """Allow capabilities besides those that are."""
    return rules if rules.allowed is None else _allowing(rules, {*rules.allowed, *names})


def deny(rules: GroupRules, names: Sequence[str]) -> GroupRules:
    """Forbid capabilities."""
    before = {one.name for one in registry.OFFERED} if rules.allowed is None else set(rules.allowed)
    return _allowing(rules, before - set(names))


def dismiss(rules: GroupRules, member_id: int) -> GroupRules:
    """Take somebody off the named members."""
    return replace(rules, members=tuple(member for member in rules.members if member[0] != member_id))


async def named(store: Store, message: Message) -> list[Member]:
    """List the people whom a message names, and the one whom it answers; raise `BadValue` for one nobody knows."""
    answered = answered_by(message)
    author = author_of(answered) if answered is not None else None
    found = [(author.id, author.name or "")] if author is not None else []
    parse = message.parse_caption_entities if message.text is None else message.parse_entities
    entities = parse([MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION])
    for entity, words in sorted(entities.items(), key=lambda item: item[0].offset):
        found.append(await _mentioned(store, entity, words))
    return list(dict.fromkeys(found))


async def _mentioned(store: Store, entity: MessageEntity, words: str) -> Member:
    if entity.user is not None:
        return entity.user.id, entity.user.full_name
    async with store.read() as conn:
        person = await people.find(conn, words.removeprefix("@"))
    if person is None:
        raise BadValue(
            text(
                "I have not met {name} yet, and Telegram does not tell me who that is. Answer a message of theirs "
                "with /limits who.",
                name=words,
            )
        )
    return person.id, words


def _number(name: str, value: str) -> Change:
    number = NUMBERS[name]
    if value.casefold() in NONE_WORDS:
        return lambda rules: _set(rules, name, None)
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= number.most and len(value) <= 9):  # noqa: PLR2004  digits of the most
        raise BadValue(
            text(
                "{label}: a number from 1 to {most}, or none. Like this: /limits {name} {example}",
                label=LABELS[name],
                most=number.most,
                name=name,
                example=number.start,
            )
        )
    return lambda rules: _set(rules, name, int(value))


def _set(rules: GroupRules, name: str, value: int | None) -> GroupRules:
    changed: dict[str, Any] = {name: value}
    return replace(rules, **changed)


def _capabilities(word: str, value: str) -> Change:
    words = value.casefold().replace(",", " ").replace("，", " ").replace("/", " ").split()
    known = {command: one.name for one in registry.OFFERED for command in one.commands}
    if words == ["all"]:
        return lambda rules: replace(rules, allowed=() if word == "deny" else None)
    if not words or any(one not in known for one in words):
        offered = ", ".join(one.commands[0] for one in registry.OFFERED)
        raise BadValue(text("Name commands, with commas between them: {commands}; or all.", commands=offered))
    names = [known[one] for one in words]
    match word:
        case "only":
            return lambda rules: _allowing(rules, set(names))
        case "deny":
            return lambda rules: deny(rules, names)
    return lambda rules: _allow(rules, names)


def _allow(rules: GroupRules, names: Sequence[str]) -> GroupRules:
    # Whoever names some while nothing is forbidden means only these.
    return _allowing(rules, set(names)) if rules.allowed is None else allow(rules, names)


def _allowing(rules: GroupRules, names: set[str]) -> GroupRules:
    allowed = tuple(one.name for one in registry.OFFERED if one.name in names)
    return replace(rules, allowed=None if len(allowed) == len(registry.OFFERED) else allowed)


def _who(value: str, members: Sequence[Member]) -> Change:
    word = value.casefold()
    if word == EVERYONE:
        return lambda rules: replace(rules, who=EVERYONE)
    if word == ADMINS:
        return lambda rules: replace(rules, who=ADMINS)
    if word == NAMED or members:
        return lambda rules: _naming(rules, members)
    raise BadValue(
        text(
            "Who may use me: everyone, admins, or @name @name …; or answer somebody's message with /limits who. "
            "Admins always may."
        )
    )


def _naming(rules: GroupRules, members: Sequence[Member]) -> GroupRules:
    together = tuple({**dict(rules.members), **dict(members)}.items())
    if len(together) > MOST_NAMED:
        raise BadValue(text("At most {most} members can be named.", most=MOST_NAMED))
    return replace(rules, who=NAMED, members=together)


def _lang(value: str) -> Change:
    word = value.casefold()
    if word not in LANG_WORDS:
        raise BadValue(text("The language: zh (简体中文), en (English), or own (each member's own)."))
    return lambda rules: replace(rules, lang=LANG_WORDS[word])


def _topic(value: str, place: Place) -> Change:
    word = value.casefold()
    if word == "any":
        return lambda rules: replace(rules, topic=None)
    if word != "here":
        raise BadValue(text("The topic for answers: here (all go into this one), or any (where they were asked for)."))
    if not place.is_forum:
        raise BadValue(text("This group has no topics: answers go where they were asked for."))
    return lambda rules: replace(rules, topic=place.topic)


_ALLOWED = verbatim(
    "daily 20 · group 200 · running 2 · interval 10 · only imagine,stylize · allow upscale · deny swap · "
    "who everyone|admins|@name · lang own|zh|en · topic here|any · log · reset"
)
