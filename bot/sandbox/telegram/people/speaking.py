"""What somebody does with messages: write, send pictures, edit, press, delete."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.telegram.entities import Formatted, finish, units
from bot.sandbox.telegram.files import Media
from bot.sandbox.telegram.methods.content import MAX_CAPTION, MAX_TEXT
from bot.sandbox.telegram.people.requests import Deletion, Edit, Press
from bot.sandbox.telegram.pictures import client_photo
from bot.sandbox.telegram.posting import delete, edited, place, post
from bot.sandbox.telegram.refusals import bad_request, forbidden
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import message_json, user_json
from bot.sandbox.telegram.world import ANONYMOUS_ADMIN, CHANNEL_BOT, Chat, Message, User

Voice = Literal["user", "group", "channel"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends."""

    name: str
    mime_type: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """A message that somebody writes; several files make an album."""

    chat_id: int
    user_id: int
    text: str = ""
    reply_to: int | None = None
    thread_id: int | None = None
    voice: Voice = "user"
    media: Literal["photo", "document"] = "photo"
    files: tuple[Upload, ...] = ()


async def say(sandbox: Sandbox, said: Said) -> list[Message]:
    """Post what somebody writes. Raises `Refused` for what their client would not let them send."""
    chat, user = find_member(sandbox, said.chat_id, said.user_id)
    words = _checked(said.text, MAX_CAPTION if said.files else MAX_TEXT)
    if not words.text and not said.files:
        raise bad_request("message text is empty")
    if chat.blocked:
        raise forbidden("the bot is blocked: unblock it first")
    common = _whose(sandbox, chat, user, said.voice) | _where(chat, said)
    media = [await _taken_in(sandbox, file, said.media) for file in said.files]
    chat.started = True
    if not media:
        return [_post(sandbox, chat, content=words, **common)]
    group = str(secrets.randbelow(2**53)) if len(media) > 1 else None
    contents = [words, *[Formatted()] * (len(media) - 1)]  # an album's caption is its first picture's
    return [
        _post(sandbox, chat, content=content, media=medium, media_group_id=group, **common)
        for content, medium in zip(contents, media, strict=True)
    ]


def edit(sandbox: Sandbox, wanted: Edit) -> Message:
    """Change a text or a caption."""
    chat, user = find_member(sandbox, wanted.chat_id, wanted.user_id)
    message = _message(chat, wanted.message_id)
    if message.sender is not user:
        raise forbidden("somebody else wrote that message")
    words = _checked(wanted.text, MAX_CAPTION if message.media else MAX_TEXT)
    if words == message.content:
        raise bad_request("message is not modified")
    message.content = words
    edited(sandbox, message)
    return message


def press(sandbox: Sandbox, wanted: Press) -> str:
    """Press a button; gives the id of the query that the bot is to answer."""
    chat, user = find_member(sandbox, wanted.chat_id, wanted.user_id)
    message = _message(chat, wanted.message_id)
    buttons = [button for row in message.keyboard or [] for button in row]
    if not any(button.get("callback_data") == wanted.data for button in buttons):
        raise bad_request("the message has no such button")
    query_id = sandbox.ask(user.id, chat.id)
    query = {
        "id": query_id,
        "from": user_json(user),
        "message": message_json(sandbox.world, message),
        "chat_instance": str(abs(chat.id)),
        "data": wanted.data,
    }
    sandbox.updates.push("callback_query", query)
    return query_id


def remove(sandbox: Sandbox, wanted: Deletion) -> None:
    """Remove messages: one's own, anything in a private chat, anything as an admin."""
    chat, user = find_member(sandbox, wanted.chat_id, wanted.user_id)
    messages = [_message(chat, number) for number in dict.fromkeys(wanted.message_ids)]
    free = chat.type == "private" or user.id in chat.admins
    if not free and any(message.sender is not user for message in messages):
        raise forbidden("somebody else wrote that message")
    delete(sandbox, chat, [message.id for message in messages])


def find_member(sandbox: Sandbox, chat_id: int, user_id: int) -> tuple[Chat, User]:
    """Find a chat and somebody in it. Raises `Refused` if there is no such chat or they are not in it."""
    chat, user = sandbox.world.chats.get(chat_id), sandbox.world.users.get(user_id)
    if chat is None or chat.migrated_to is not None:
        raise bad_request("chat not found")
    if user is None or user.id not in chat.members:
        raise bad_request("user not found in the chat")
    return chat, user


def _post(sandbox: Sandbox, chat: Chat, **fields: Any) -> Message:  # noqa: ANN401  fields of a message
    return post(sandbox, Message(id=next(chat.message_ids), chat=chat, date=sandbox.now(), **fields))


def _checked(text: str, most: int) -> Formatted:
    words = finish(text)
    if units(words.text) > most:
        raise bad_request(f"a text of {units(words.text)} characters is too long: {most} are allowed")
    return words


def _message(chat: Chat, message_id: int) -> Message:
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message not found")
    return message


def _whose(sandbox: Sandbox, chat: Chat, user: User, voice: Voice) -> dict[str, Any]:
    if voice == "user":
        return {"sender": user}
    if chat.type != "supergroup":
        raise bad_request("only in a supergroup can somebody speak as the group or as a channel")
    if voice == "channel":
        return {"sender": CHANNEL_BOT, "sender_chat": sandbox.world.channel_of(user)}
    if user.id not in chat.admins:
        raise forbidden("only an admin can speak as the group")
    return {"sender": ANONYMOUS_ADMIN, "sender_chat": chat}


def _where(chat: Chat, said: Said) -> dict[str, Any]:
    replied = _message(chat, said.reply_to) if said.reply_to is not None else None
    spot = place(chat, said.thread_id, replied)
    return {"thread_id": spot.thread_id, "in_topic": spot.in_topic, "reply_to": spot.reply_to}


async def _taken_in(sandbox: Sandbox, file: Upload, kind: Literal["photo", "document"]) -> Media:
    if kind == "document":
        return await sandbox.files.add_document(file.body, file.name, file.mime_type)
    return await sandbox.files.add_photo(await asyncio.to_thread(client_photo, file.body))
