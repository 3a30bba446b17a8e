"""`/quota`, `/ban`, `/unban`, `/allow`, `/disallow`: what the operator says of a person.

The person is named by @username or number, or is who wrote the message that the command answers. A lone number
behind `/quota` is the quota of whoever is answered.
"""

import re
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Message, Update

from bot.errors import BadValue, NotFound
from bot.locales.text import Text, layout, text, verbatim
from bot.settings import Settings
from bot.store import inbox, people
from bot.store.people import Person
from bot.telegram import messages
from bot.telegram.answered import answered_by, author_of
from bot.telegram.asker import asker_of
from bot.telegram.commands import Command, command_of
from bot.telegram.services import Context, Services

MOST_A_DAY = 100_000

_NUMBER = re.compile(r"-?\d{1,15}")


async def judge(update: Update, context: Context) -> None:
    """Handle one of the commands."""
    message, services = update.message, context.services
    asker = await asker_of(update, services.store)
    command = command_of(message, context.bot.username) if message else None
    if message is None or asker is None or command is None:
        return
    async with services.store.write() as conn:
        person, words = await _whom(conn, message, command, services.clock())
        sentence = await _COMMANDS[command.name](conn, services, person, words)
        await inbox.settle(conn, update.update_id, services.clock())
    await messages.say(context.bot, asker, sentence)


async def _whom(conn: AsyncConnection, message: Message, command: Command, now: float) -> tuple[Person, str]:
    """Find who is meant, and what is said of them."""
    first, _, rest = command.line.partition(" ")
    is_username, is_number = first.startswith("@"), _NUMBER.fullmatch(first) is not None
    answered = answered_by(message)
    is_amount = command.name == "quota" and is_number and not rest  # of whoever is answered
    if answered is not None and (is_amount or not (is_username or is_number)):
        return await _author(conn, answered, now), command.line
    if not is_username and not is_number:
        raise BadValue(
            text(
                "Say who: <code>/{command} @username</code>, or a number, or answer a message of theirs.",
                command=command.name,
            )
        )
    person = await people.find(conn, first.removeprefix("@") if is_username else int(first))
    if person is None:
        raise NotFound(
            text("I do not know {whom}: they have not been here yet. They become known with /start.", whom=first)
        )
    return person, rest.strip()


async def _author(conn: AsyncConnection, answered: Message, now: float) -> Person:
    author = author_of(answered)
    if author is None:
        raise BadValue(text("That message is a bot's. Answer one that the person wrote."))
    await people.meet(conn, author.id, author.name or "", author.username, now)
    return await people.standing(conn, author.id)


async def _quota(conn: AsyncConnection, services: Services, person: Person, words: str) -> Text:
    usual = services.settings.daily_limit
    if not words:
        return _daily(person, usual)
    if words.casefold() == "off":
        await people.judge(conn, person.id, daily=None)
        return text("{who} has {daily} pictures a day again, as everybody.", who=_named(person), daily=usual)
    if not words.isdecimal() or int(words) > MOST_A_DAY:
        raise BadValue(
            text("A quota is a number of pictures a day from 0 to {most}, or <code>off</code>.", most=MOST_A_DAY)
        )
    await people.judge(conn, person.id, daily=int(words))
    return text("{who} has {daily} pictures a day from now on.", who=_named(person), daily=int(words))


def _daily(person: Person, usual: int) -> Text:
    if person.daily is None:
        return text("{who} has {daily} pictures a day, as everybody.", who=_named(person), daily=usual)
    return text("{who} has {daily} pictures a day, set with /quota.", who=_named(person), daily=person.daily)


async def _ban(conn: AsyncConnection, services: Services, person: Person, _words: str) -> Text:
    if person.id in services.settings.owner_ids:
        raise BadValue(text("{who} is an owner of this bot. Owners are set in OWNER_IDS.", who=_named(person)))
    await people.judge(conn, person.id, banned_at=services.clock())
    return text("{who} is banned and can ask me for nothing more. /unban lifts it.", who=_named(person))


async def _unban(conn: AsyncConnection, services: Services, person: Person, _words: str) -> Text:
    await people.judge(conn, person.id, banned_at=None)
    return layout("{done} {note}", done=text("{who} is not banned.", who=_named(person)), note=_note(services, person))


async def _allow(conn: AsyncConnection, services: Services, person: Person, _words: str) -> Text:
    await people.judge(conn, person.id, allowed_at=services.clock())
    if person.is_banned:
        return text("{who} is let in, but still banned. /unban lifts that.", who=_named(person))
    if services.settings.access == "open":
        return text("{who} is let in. At present everybody is: ACCESS is open.", who=_named(person))
    return text("{who} is let in and can use me now.", who=_named(person))


async def _disallow(conn: AsyncConnection, services: Services, person: Person, _words: str) -> Text:
    await people.judge(conn, person.id, allowed_at=None)
    if services.settings.access == "open":
        return text(
            "{who} is no longer let in by you, but everybody is at present: ACCESS is open. "
            "/ban is what shuts somebody out.",
            who=_named(person),
        )
    return text("{who} is not let in any more. /allow lets them in again.", who=_named(person))


def _note(services: Services, person: Person) -> Text:
    """Say what else keeps somebody out who is not banned."""
    if _is_let_in(services.settings, person):
        return verbatim("")
    return text("This bot is for people who are let in, and they are not: /allow lets them in.")


def _is_let_in(settings: Settings, person: Person) -> bool:
    return settings.access == "open" or person.is_allowed or person.id in settings.owner_ids


def _named(person: Person) -> Text:
    handle = f"@{person.username}, {person.id}" if person.username else str(person.id)
    return layout("<b>{name}</b> ({handle})", name=person.name, handle=handle) if person.name else verbatim(handle)


_Judge = Callable[[AsyncConnection, Services, Person, str], Awaitable[Text]]

_COMMANDS: Mapping[str, _Judge] = {
    "quota": _quota,
    "ban": _ban,
    "unban": _unban,
    "allow": _allow,
    "disallow": _disallow,
}
NAMES = tuple(_COMMANDS)
