"""What a message is made of: formatted text, media, and where it goes."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from telegram.constants import MessageEntityType

from bot.sandbox.telegram.entities import Entity, Formatted, finish, units
from bot.sandbox.telegram.files import Media
from bot.sandbox.telegram.keyboards import Markup, read_markup
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.posting import Place, place
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.world import Chat, Message

MAX_TEXT: Final = 4096  # UTF-16 units, tags not counted
MAX_CAPTION: Final = 1024
_PLAIN: Final = frozenset(kind.value for kind in MessageEntityType) - {"text_mention"}
# What Telegram finds in a text by itself it does not take from a bot; for custom emoji see the parser.
_FOUND: Final = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "custom_emoji", "date_time"}
)
_ATTACHED: Final = "attach://"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes and what hangs under it."""

    chat: Chat
    place: Place
    markup: Markup


def read_address(sandbox: Sandbox, params: Params) -> Address:
    """Read the chat, the topic, the message replied to and the markup. Raises `Refused`."""
    chat = sandbox.world.chat_of_bot(params.chat_id())
    spot = place(chat, params.integer("message_thread_id"), _replied(chat, params))
    return Address(chat, spot, read_markup(params.json("reply_markup"), chat))


def read_text(params: Params) -> Formatted:
    """Read the text of a message. Raises `Refused` if it is empty or too long."""
    words = _read_formatted(params, "text", "entities")
    if not words.text:
        raise bad_request("message text is empty")
    if units(words.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return words


def read_caption(params: Params) -> Formatted:
    """Read the caption of a medium, which may be missing. Raises `Refused` if it is too long."""
    words = _read_formatted(params, "caption", "caption_entities")
    if units(words.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return words


async def read_media(sandbox: Sandbox, params: Params, name: Literal["photo", "document"]) -> Media:
    """Read the file of a `sendPhoto` or `sendDocument`: uploaded, attached, or sent before."""
    value = f"{_ATTACHED}{name}" if name in params.uploads else params.text(name)
    if not value:
        raise bad_request(f"there is no {name} in the request")
    return await load_media(sandbox, params, name, value)


async def load_media(sandbox: Sandbox, params: Params, kind: str, value: str) -> Media:
    """Take in what is attached, or find what was sent before. Raises `Refused`."""
    if not value.startswith(_ATTACHED):
        return sandbox.files.photo(value) if kind == "photo" else sandbox.files.document(value)
    upload = params.uploads.get(value.removeprefix(_ATTACHED))
    if upload is None:
        raise bad_request("can't find the attached file")
    if not upload.body:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        return await sandbox.files.add_photo(upload.body)
    return await sandbox.files.add_document(upload.body, upload.name)


def _replied(chat: Chat, params: Params) -> Message | None:
    wanted = params.json("reply_parameters")
    if wanted is None and params.integer("reply_to_message_id") is not None:  # the way before Bot API 7.0
        wanted = {
            "message_id": params.integer("reply_to_message_id"),
            "allow_sending_without_reply": params.flag("allow_sending_without_reply"),
        }
    if wanted is None:
        return None
    reply = Params(wanted if isinstance(wanted, dict) else {})
    if reply.integer("message_id") is None:
        raise bad_request("can't parse reply parameters JSON object")
    here = reply.integer("chat_id") in {None, chat.id}
    found = chat.messages.get(reply.integer("message_id") or 0) if here else None
    if found is None and not reply.flag("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return found


def _read_formatted(params: Params, name: str, entities_name: str) -> Formatted:
    words = params.text(name) or ""
    mode = (params.text("parse_mode") or "").lower()
    if mode == "html":
        return finish(*parse_html(words))
    if mode:
        raise bad_request("unsupported parse_mode")
    marked = [_entity(entity) for entity in params.array(entities_name) or []]
    return finish(words, [entity for entity in marked if entity.type not in _FOUND])


def _entity(value: Any) -> Entity:  # noqa: ANN401  any JSON value
    match value:
        case {"type": "text_mention", "offset": int(offset), "length": int(length), "user": {"id": int(user_id)}}:
            return Entity("text_mention", offset, length, str(user_id))
        case {"type": str(kind), "offset": int(offset), "length": int(length)} if kind in _PLAIN:
            return Entity(kind, offset, length, str(value.get("url") or value.get("language") or ""))
        case _:
            raise bad_request("can't parse MessageEntity: expected an Object with a known type")
