"""The methods by name. Telegram does not mind how a name is capitalised; neither do we."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.sandbox.telegram.methods import chats, edit, inline, profile, queries, send
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.state import Sandbox

Method = Callable[[Sandbox, Params], Awaitable[object]]

METHODS: Final[Mapping[str, Method]] = {
    "getMe": queries.get_me,
    "getUpdates": queries.get_updates,
    "setWebhook": queries.set_webhook,
    "deleteWebhook": queries.delete_webhook,
    "getWebhookInfo": queries.get_webhook_info,
    "answerCallbackQuery": queries.answer_callback_query,
    "answerInlineQuery": inline.answer_inline_query,
    "getFile": queries.get_file,
    "sendMessage": send.send_message,
    "sendPhoto": send.send_photo,
    "sendDocument": send.send_document,
    "sendMediaGroup": send.send_media_group,
    "sendChatAction": send.send_chat_action,
    "editMessageText": edit.edit_message_text,
    "editMessageCaption": edit.edit_message_caption,
    "editMessageMedia": edit.edit_message_media,
    "editMessageReplyMarkup": edit.edit_message_reply_markup,
    "deleteMessage": edit.delete_message,
    "deleteMessages": edit.delete_messages,
    "setMessageReaction": edit.set_message_reaction,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatMemberCount": chats.get_chat_member_count,
    "getChatAdministrators": chats.get_chat_administrators,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.setter("name"),
    "getMyName": profile.getter("name"),
    "setMyDescription": profile.setter("description"),
    "getMyDescription": profile.getter("description"),
    "setMyShortDescription": profile.setter("short_description"),
    "getMyShortDescription": profile.getter("short_description"),
    "setChatMenuButton": profile.set_chat_menu_button,
    "getChatMenuButton": profile.get_chat_menu_button,
}
_NAMES: Final = {name.lower(): name for name in METHODS}


def known_name(name: str) -> str | None:
    """Find a method's proper name."""
    return _NAMES.get(name.lower())
