"""The world as the chat page sees it."""

from typing import Any

from bot.sandbox.telegram.files import Document, File, Photo
from bot.sandbox.telegram.rendering import render_html
from bot.sandbox.telegram.world import Chat, Message, User, World


def message_view(message: Message) -> dict[str, Any]:
    """Phrase a message for the page: text or caption, with the HTML that may be shown as it is."""
    words, html = message.content.text, render_html(message.content)
    plain = message.media is None
    return {
        "message_id": message.id,
        "chat_id": message.chat.id,
        "thread_id": message.thread_id if message.in_topic else None,
        "date": message.date,
        "edited": message.edit_date is not None,
        "from": _sender_view(message),
        "via_bot": message.via_bot.username if message.via_bot else None,
        "text": (_service_words(message) or words) if plain else "",
        "html": (html or _service_words(message)) if plain else "",
        "photo": _photo_view(message.media) if isinstance(message.media, Photo) else None,
        "document": _document_view(message.media) if isinstance(message.media, Document) else None,
        "caption": "" if plain else words,
        "caption_html": "" if plain else html,
        "media_group_id": message.media_group_id,
        "reply_to_message_id": message.reply_to.id if message.reply_to and not message.reply_to.service else None,
        "keyboard": [[_button_view(button) for button in row] for row in message.keyboard]
        if message.keyboard
        else None,
        "force_reply": message.force_reply,
        "input_placeholder": message.input_placeholder,
        "reactions": list(message.reactions),
    }


def chat_view(chat: Chat) -> dict[str, Any]:
    """Phrase a chat for the page."""
    return {
        "id": chat.id,
        "type": chat.type,
        "title": chat.title or (chat.user.first_name if chat.user else ""),
        "is_forum": chat.is_forum,
        "topics": [{"id": number, "name": name} for number, name in chat.topics.items()],
        "members": list(chat.members),
        "admins": list(chat.admins),
        "user_id": chat.user.id if chat.user else None,
        "blocked": chat.blocked,
    }


def user_view(user: User) -> dict[str, Any]:
    """Phrase somebody for the page."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "username": user.username,
        "language_code": user.language_code,
    }


def state_view(world: World) -> dict[str, Any]:
    """Phrase who is there."""
    return {
        "bot": user_view(world.bot),
        "users": [user_view(user) for user in world.users.values() if not user.is_bot],
        "chats": [chat_view(chat) for chat in world.chats.values() if chat.migrated_to is None],
    }


def _sender_view(message: Message) -> dict[str, Any]:
    if message.sender_chat:
        return {"id": message.sender_chat.id, "name": message.sender_chat.title, "is_bot": False}
    return {"id": message.sender.id, "name": message.sender.first_name, "is_bot": message.sender.is_bot}


def _service_words(message: Message) -> str:
    match message.service:
        case {"forum_topic_created": {"name": name}}:
            return f"Topic created: {name}"
        case {"migrate_to_chat_id": _}:
            return "This group has become a supergroup"
        case {"migrate_from_chat_id": _}:
            return "This supergroup was a group"
        case {"new_chat_members": [*joined]}:
            return f"Joined: {', '.join(user['first_name'] for user in joined)}"
        case {"left_chat_member": {"first_name": name}}:
            return f"Left: {name}"
        case _:
            return ""


def _photo_view(photo: Photo) -> dict[str, Any]:
    largest = photo.largest
    return {
        "url": _url(largest),
        "width": largest.width,
        "height": largest.height,
        "file_id": largest.file_id,
    }


def _document_view(document: Document) -> dict[str, Any]:
    file = document.file
    return {
        "url": _url(file),
        "file_name": file.name,
        "mime_type": file.mime_type,
        "size": file.size,
        "file_id": file.file_id,
        "thumb_url": _url(document.thumbnail) if document.thumbnail else None,
    }


def _button_view(button: dict[str, Any]) -> dict[str, Any]:
    match button:
        case {"callback_data": data}:
            does = {"data": data}
        case {"url": url} | {"web_app": {"url": url}}:
            does = {"url": url}
        case {"copy_text": {"text": copied}}:
            does = {"copy": copied}
        case _:
            does = {}
    return {"text": button["text"], "style": button.get("style")} | does


def _url(file: File) -> str:
    return f"/chat/files/{file.file_id}"
