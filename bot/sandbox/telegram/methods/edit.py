"""Methods that change or remove what was sent."""

from typing import Any, Final

from telegram.constants import ReactionEmoji

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import Media, Photo
from bot.sandbox.telegram.keyboards import read_markup
from bot.sandbox.telegram.methods.content import load_media, read_caption, read_text
from bot.sandbox.telegram.methods.send import admit
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.posting import delete, edited
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import Json, message_json
from bot.sandbox.telegram.world import Chat, Message, Row

_DELETABLE_SECONDS: Final = 48 * 3600
_MAX_DELETED: Final = 100
_REACTIONS: Final = frozenset(emoji.value for emoji in ReactionEmoji)
_SAME: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


async def edit_message_text(sandbox: Sandbox, params: Params) -> Json:
    """Replace a text; a keyboard that is not given again goes."""
    words = read_text(params)
    message = _own(sandbox, params)
    if message.media:
        raise bad_request("there is no text in the message to edit")
    return _change(sandbox, message, words, None, _keyboard(params, message))


async def edit_message_caption(sandbox: Sandbox, params: Params) -> Json:
    """Replace a caption; a keyboard that is not given again goes."""
    words = read_caption(params)
    message = _own(sandbox, params)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _change(sandbox, message, words, message.media, _keyboard(params, message))


async def edit_message_media(sandbox: Sandbox, params: Params) -> Json:
    """Replace a medium and its caption, or give a text a medium in its place."""
    value = params.json("media")
    item = Params(value if isinstance(value, dict) else {})
    kind = item.text("type")
    if kind not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: unsupported type specified")
    words, message = read_caption(item), _own(sandbox, params)
    if message.media_group_id and isinstance(message.media, Photo) != (kind == "photo"):
        raise bad_request("can't change media type in the album")
    keyboard = _keyboard(params, message)
    media = await load_media(sandbox, params, kind, item.text("media") or "")
    message.has_spoiler = item.flag("has_spoiler")
    return _change(sandbox, message, words, media, keyboard)


async def edit_message_reply_markup(sandbox: Sandbox, params: Params) -> Json:
    """Replace a keyboard, or remove it."""
    message = _own(sandbox, params)
    return _change(sandbox, message, message.content, message.media, _keyboard(params, message))


async def delete_message(sandbox: Sandbox, params: Params) -> bool:
    """Remove a message."""
    chat = sandbox.world.chat_of_bot(params.chat_id())
    message = chat.messages.get(_message_id(params))
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(sandbox, message):
        raise bad_request("message can't be deleted for everyone")
    delete(sandbox, chat, [message.id])
    return True


async def delete_messages(sandbox: Sandbox, params: Params) -> bool:
    """Remove up to 100 messages; those that are gone, or not the bot's to remove, are passed over."""
    chat = sandbox.world.chat_of_bot(params.chat_id())
    wanted = params.array("message_ids") or []
    if not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > _MAX_DELETED:
        raise bad_request("too many message identifiers specified")
    found = [chat.messages.get(number) for number in wanted if isinstance(number, int)]
    numbers = list(dict.fromkeys(message.id for message in found if message and _deletable(sandbox, message)))
    if numbers:
        delete(sandbox, chat, numbers)
    return True


async def set_message_reaction(sandbox: Sandbox, params: Params) -> bool:
    """React with one emoji of Telegram's list, or take the reaction back. It does not count as a message."""
    chat = sandbox.world.chat_of_bot(params.chat_id())
    message = chat.messages.get(_message_id(params))
    if message is None:
        raise bad_request("message to react not found")
    reactions = [_reaction(value) for value in params.array("reaction") or []]
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if message.service:
        raise bad_request("REACTION_INVALID")
    message.reactions = reactions
    sandbox.events.add("reaction", chat.id, message_id=message.id, reactions=list(reactions))
    return True


def _message_id(params: Params) -> int:
    number = params.integer("message_id")
    if number is None:
        raise bad_request("message identifier is not specified")
    return number


def _own(sandbox: Sandbox, params: Params) -> Message:
    chat: Chat = sandbox.world.chat_of_bot(params.chat_id())
    message = chat.messages.get(_message_id(params))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender is not sandbox.world.bot or message.force_reply:
        raise bad_request("message can't be edited")
    return message


def _keyboard(params: Params, message: Message) -> list[Row] | None:
    markup = read_markup(params.json("reply_markup"), message.chat)
    if markup.force_reply or (markup.keyboard and message.media_group_id):
        raise bad_request("message can't be edited")
    return markup.keyboard


def _change(
    sandbox: Sandbox, message: Message, words: Formatted, media: Media | None, keyboard: list[Row] | None
) -> Json:
    new = (words, media, keyboard)
    if new == (message.content, message.media, message.keyboard):
        raise bad_request(_SAME)
    admit(sandbox, message.chat, edit=True)
    message.content, message.media, message.keyboard = new
    edited(sandbox, message)
    return message_json(sandbox.world, message)


def _deletable(sandbox: Sandbox, message: Message) -> bool:
    bot, chat = sandbox.world.bot, message.chat
    if bot.id in chat.admins:
        return True
    recent = sandbox.now() - message.date < _DELETABLE_SECONDS
    return recent and (message.sender is bot or chat.type == "private")


def _reaction(value: Any) -> str:  # noqa: ANN401  any JSON value
    match value:
        case {"type": "emoji", "emoji": str(emoji)} if emoji in _REACTIONS:
            return emoji
        case _:
            raise bad_request("REACTION_INVALID")
