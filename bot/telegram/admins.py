"""Who the admins of a group are: asked once, and kept for some minutes."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberOwner
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.errors import Unavailable
from bot.locales.text import text

# Telegram tells of changes only where the bot is an admin itself: elsewhere they are seen after this.
KEPT_SECONDS = 300.0

MOST_CHATS = 10_000


class Admins:
    """The admins of groups by their ids, and whether each is anonymous there; bots other than this are left out."""

    def __init__(self, bot: ExtBot[Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._clock = clock
        self._known: OrderedDict[int, tuple[float, Mapping[int, bool]]] = OrderedDict()
        self._changes = 0

    async def of(self, chat_id: int) -> Mapping[int, bool]:
        """Give a group's admins; raise `Unavailable` where Telegram does not say. A group without the bot has none."""
        until, found = self._known.get(chat_id, (0.0, {}))
        if self._clock() < until:
            return found
        changes = self._changes
        found = await self._ask(chat_id)
        if changes == self._changes:  # else the answer may be from before a change
            self._known[chat_id] = self._clock() + KEPT_SECONDS, found
            self._known.move_to_end(chat_id)
            if len(self._known) > MOST_CHATS:
                self._known.popitem(last=False)
        return found

    async def has(self, chat_id: int, person_id: int) -> bool:
        """Say whether somebody is an admin of a group; what speaks as the group itself is an anonymous one."""
        return person_id == chat_id or person_id in await self.of(chat_id)

    def forget(self, chat_id: int) -> None:
        """Ask again the next time: somebody's place in the group has changed."""
        self._changes += 1
        self._known.pop(chat_id, None)

    async def _ask(self, chat_id: int) -> Mapping[int, bool]:
        try:
            members = await self._bot.get_chat_administrators(chat_id)
        except (BadRequest, Forbidden):
            return {}
        except TelegramError:
            raise Unavailable(
                text("Telegram does not say at present who this group's admins are. Please try again in a minute.")
            ) from None
        return {member.user.id: _is_anonymous(member) for member in members}


def _is_anonymous(member: ChatMember) -> bool:
    return isinstance(member, ChatMemberOwner | ChatMemberAdministrator) and bool(member.is_anonymous)
