"""Methods that send."""

import secrets
from typing import Any, Final

from telegram.constants import ChatAction

from bot.sandbox.telegram.files import Media
from bot.sandbox.telegram.methods.content import (
    Address,
    load_media,
    read_address,
    read_caption,
    read_media,
    read_text,
)
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.posting import place, post
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import Json, message_json
from bot.sandbox.telegram.world import Chat, Message

_ALBUM: Final = range(2, 11)
_ACTIONS: Final = frozenset(action.value for action in ChatAction)


async def send_message(sandbox: Sandbox, params: Params) -> Json:
    """Send a text."""
    words = read_text(params)
    address = read_address(sandbox, params)
    admit(sandbox, address.chat)
    return _post(sandbox, address, content=words)


async def send_photo(sandbox: Sandbox, params: Params) -> Json:
    """Send a photo."""
    words, address = read_caption(params), read_address(sandbox, params)
    admit(sandbox, address.chat)
    media = await read_media(sandbox, params, "photo")
    return _post(sandbox, address, content=words, media=media, has_spoiler=params.flag("has_spoiler"))


async def send_document(sandbox: Sandbox, params: Params) -> Json:
    """Send a file as it is."""
    words, address = read_caption(params), read_address(sandbox, params)
    admit(sandbox, address.chat)
    media = await read_media(sandbox, params, "document")
    return _post(sandbox, address, content=words, media=media)


async def send_media_group(sandbox: Sandbox, params: Params) -> list[Json]:
    """Send an album: all photos, or all files. It has no keyboard."""
    items = [_item(value) for value in params.array("media") or []]
    _check_album(items)
    captions = [read_caption(item) for item in items]
    address = read_address(sandbox, params)
    admit(sandbox, address.chat, len(items))
    media = [await _item_media(sandbox, params, item) for item in items]
    group = str(secrets.randbelow(2**53))
    return [
        _post(sandbox, address, content=words, media=medium, has_spoiler=item.flag("has_spoiler"), media_group_id=group)
        for words, medium, item in zip(captions, media, items, strict=True)
    ]


async def send_chat_action(sandbox: Sandbox, params: Params) -> bool:
    """Say what the bot is doing. It is no message and does not count as one."""
    chat = sandbox.world.chat_of_bot(params.chat_id())
    spot = place(chat, params.integer("message_thread_id"), None)
    action = params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    sandbox.events.add("action", chat.id, action=action, thread_id=spot.thread_id)
    return True


def admit(sandbox: Sandbox, chat: Chat, count: int = 1, *, edit: bool = False) -> None:
    """Count what is sent against the rates, where they are kept."""
    if sandbox.rates:
        sandbox.rates.admit(chat, count, edit=edit)


def _post(sandbox: Sandbox, address: Address, **content: Any) -> Json:  # noqa: ANN401  fields of a message
    spot, markup = address.place, address.markup
    message = Message(
        id=next(address.chat.message_ids),
        chat=address.chat,
        date=sandbox.now(),
        sender=sandbox.world.bot,
        thread_id=spot.thread_id,
        in_topic=spot.in_topic,
        reply_to=spot.reply_to,
        keyboard=None if "media_group_id" in content else markup.keyboard,
        force_reply=markup.force_reply,
        input_placeholder=markup.input_placeholder,
        **content,
    )
    return message_json(sandbox.world, post(sandbox, message))


def _item(value: object) -> Params:
    if not isinstance(value, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    return Params(value)


def _check_album(items: list[Params]) -> None:
    if len(items) > _ALBUM[-1]:
        raise bad_request("too many messages to send as an album")
    if len(items) < _ALBUM[0]:
        raise bad_request("too few messages to send as an album")
    kinds = {item.text("type") for item in items}
    if not kinds <= {"photo", "document"}:
        raise bad_request("can't use the media of the specified type in the album")
    if len(kinds) > 1:
        raise bad_request("document can't be mixed with other media types")


async def _item_media(sandbox: Sandbox, params: Params, item: Params) -> Media:
    return await load_media(sandbox, params, item.text("type") or "", item.text("media") or "")
