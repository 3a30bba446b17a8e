"""Reply markup, checked as Telegram checks it."""

from dataclasses import dataclass
from typing import Any, Final

from telegram.constants import KeyboardButtonStyle

from bot.sandbox.telegram.refusals import Refused, bad_request
from bot.sandbox.telegram.world import Chat, Row

_MAX_BUTTONS: Final = 100
_MAX_IN_ROW: Final = 8
_MAX_DATA_BYTES: Final = 64
_MAX_COPIED: Final = 256
_MAX_PLACEHOLDER: Final = 64
_STYLES: Final = frozenset(style.value for style in KeyboardButtonStyle)
_ACTIONS: Final = (
    "callback_data",
    "url",
    "copy_text",
    "web_app",
    "switch_inline_query",
    "switch_inline_query_current_chat",
)
_REASONS: Final = {
    "callback_data": "BUTTON_DATA_INVALID",
    "url": "BUTTON_URL_INVALID",
    "copy_text": "BUTTON_COPY_TEXT_INVALID",
    "web_app": "can't parse inline keyboard button: Web App URL is invalid",
}


@dataclass(frozen=True, slots=True)
class Markup:
    """What hangs under a message."""

    keyboard: list[Row] | None = None
    force_reply: bool = False
    input_placeholder: str | None = None


def read_markup(value: Any, chat: Chat) -> Markup:  # noqa: ANN401  any JSON value
    """Read a `reply_markup`. Raises `Refused` for what Telegram does not take, and for reply keyboards."""
    match value:
        case None:
            return Markup()
        case {"inline_keyboard": list(rows)}:
            return Markup(keyboard=_keyboard(rows, chat) or None)
        case {"force_reply": True}:
            return Markup(force_reply=True, input_placeholder=_placeholder(value))
        case {"remove_keyboard": True}:
            return Markup()
        case {"keyboard": _}:
            raise bad_request("reply keyboards are not part of this sandbox")
        case _:
            raise bad_request("object expected as reply markup")


def _keyboard(rows: list[Any], chat: Chat) -> list[Row]:
    if not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: expected an Array of Arrays")
    kept = [[_button(button, chat) for button in row] for row in rows if row]
    if sum(len(row) for row in kept) > _MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > _MAX_IN_ROW for row in kept):
        raise bad_request("BUTTON_ROW_TOO_LONG")
    return kept


def _button(button: object, chat: Chat) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise _unreadable("expected an Object")
    words = button.get("text")
    if not isinstance(words, str) or not words.strip():
        raise _unreadable('Field "text" must be of type String' if words is not None else 'Can\'t find field "text"')
    actions = [name for name in _ACTIONS if name in button]
    if not actions:
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("BUTTON_TYPE_INVALID")
    if "style" in button and button["style"] not in _STYLES:
        raise _unreadable("invalid button style specified")
    _check_action(actions[0], button[actions[0]], chat)
    return button


def _check_action(action: str, value: object, chat: Chat) -> None:
    if action == "web_app" and chat.type != "private":
        raise bad_request("BUTTON_TYPE_INVALID")
    if not _fits(action, value):
        raise bad_request(_REASONS.get(action, "BUTTON_TYPE_INVALID"))


def _fits(action: str, value: object) -> bool:
    match action, value:
        case "callback_data", str(data):
            return 1 <= len(data.encode()) <= _MAX_DATA_BYTES
        case "url", str(url):
            return url.startswith(("http://", "https://", "tg://"))
        case "copy_text", {"text": str(text)}:
            return 1 <= len(text) <= _MAX_COPIED
        case "web_app", {"url": str(url)}:
            return url.startswith(("http://", "https://"))  # the real one demands HTTPS
        case _:
            return action.startswith("switch") and isinstance(value, str)


def _placeholder(value: dict[str, Any]) -> str | None:
    words = value.get("input_field_placeholder")
    if words is not None and (not isinstance(words, str) or not 1 <= len(words) <= _MAX_PLACEHOLDER):
        raise bad_request("can't parse reply keyboard markup: input field placeholder must be 1-64 characters long")
    return words


def _unreadable(reason: str) -> Refused:
    return bad_request(f"can't parse inline keyboard button: {reason}")
