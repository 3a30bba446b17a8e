"""Who is there and what was said: people, chats, topics and messages, as plain state in memory."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import Media
from bot.sandbox.telegram.refusals import bad_request, forbidden, migrated

ChatType = Literal["private", "group", "supergroup", "channel"]
Row = list[dict[str, Any]]

_MAX_MESSAGES: Final = 5000  # a chat; the oldest are forgotten


@dataclass(slots=True, eq=False)
class User:
    """Somebody with an account."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False


# In whose name Telegram shows what an anonymous admin and what a channel says.
ANONYMOUS_ADMIN: Final = User(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
CHANNEL_BOT: Final = User(136817688, "Channel", "Channel_Bot", is_bot=True)


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat with the bot, a group, a supergroup (maybe with topics), or a channel that somebody speaks as."""

    id: int
    type: ChatType
    title: str = ""
    user: User | None = None  # a private chat's
    members: list[int] = field(default_factory=list)
    admins: list[int] = field(default_factory=list)  # the first is the owner
    is_forum: bool = False
    topics: dict[int, str] = field(default_factory=dict)
    messages: dict[int, "Message"] = field(default_factory=dict)
    started: bool = False  # a private chat's: the person wrote first, as Telegram demands
    blocked: bool = False  # a private chat's
    migrated_to: int | None = None
    message_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def is_group(self) -> bool:
        """Whether several people are in it."""
        return self.type in {"group", "supergroup"}

    def keep(self, message: "Message") -> None:
        """Add a message."""
        self.messages[message.id] = message
        while len(self.messages) > _MAX_MESSAGES:
            del self.messages[next(iter(self.messages))]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message; `content` is its text, or its caption where there is a medium."""

    id: int
    chat: Chat
    date: int
    sender: User
    content: Formatted = field(default_factory=Formatted)
    sender_chat: Chat | None = None
    via_bot: User | None = None  # the bot whose inline result it is
    media: Media | None = None
    media_group_id: str | None = None
    thread_id: int | None = None
    in_topic: bool = False
    reply_to: "Message | None" = None
    keyboard: list[Row] | None = None
    force_reply: bool = False
    input_placeholder: str | None = None
    has_spoiler: bool = False
    edit_date: int | None = None
    reactions: list[str] = field(default_factory=list)
    service: dict[str, Any] = field(default_factory=dict)  # what a service message says, in the Bot API's words


class World:
    """Everybody and everything; the bot is one of the users."""

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        # Private chats and groups share one count of messages, as a bot sees it; a supergroup counts its own.
        self.shared_ids = itertools.count(1)
        self._user_ids = itertools.count(5_000_000_101)
        self._group_ids = itertools.count(4_000_000_101)
        self._supergroup_ids = itertools.count(1002_000_000_101)

    def add_user(self, first_name: str, username: str | None, language_code: str | None, *, is_bot: bool) -> User:
        """Let somebody in, with a private chat that they have not started yet."""
        user = User(next(self._user_ids), first_name, username, language_code, is_bot)
        self.users[user.id] = user
        if not is_bot:
            self.chats[user.id] = Chat(user.id, "private", user=user, members=[user.id], message_ids=self.shared_ids)
        return user

    def add_group(self, title: str, members: list[int], admins: list[int], *, forum: bool) -> Chat:
        """Found a group, or a supergroup where it has topics; the bot is in it."""
        everyone = list(dict.fromkeys([*members, *admins, self.bot.id]))
        if forum:
            number = -next(self._supergroup_ids)
            chat = Chat(number, "supergroup", title, members=everyone, admins=admins, is_forum=True)
            next(chat.message_ids)  # the first is the topic General, which nobody opens
        else:
            chat = Chat(
                -next(self._group_ids), "group", title, members=everyone, admins=admins, message_ids=self.shared_ids
            )
        self.chats[chat.id] = chat
        return chat

    def add_supergroup_for(self, group: Chat) -> Chat:
        """Turn a group into a supergroup: a new chat with a new id, and the old one is closed."""
        chat = Chat(-next(self._supergroup_ids), "supergroup", group.title)
        chat.members, chat.admins = list(group.members), list(group.admins)
        self.chats[chat.id] = chat
        group.migrated_to = chat.id
        return chat

    def channel_of(self, user: User) -> Chat:
        """Find the channel in whose name somebody may speak."""
        return Chat(-1003_000_000_000 - user.id % 1_000_000_000, "channel", f"{user.first_name}'s channel")

    def chat_of_bot(self, chat_id: int) -> Chat:
        """Find a chat the bot may write to. Raises `Refused` with the reason Telegram gives."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise migrated(chat.migrated_to)
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.type == "private" and not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.is_group and self.bot.id not in chat.members:
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        return chat
