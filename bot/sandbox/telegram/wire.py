"""The world in the Bot API's shapes."""

from typing import Any, Final

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import Photo
from bot.sandbox.telegram.world import Chat, Message, User, World

Json = dict[str, Any]

_ADMIN_RIGHTS: Final = (
    "can_be_edited",
    "can_change_info",
    "can_delete_messages",
    "can_delete_stories",
    "can_edit_stories",
    "can_invite_users",
    "can_manage_chat",
    "can_manage_video_chats",
    "can_pin_messages",
    "can_post_stories",
    "can_promote_members",
    "can_restrict_members",
    "is_anonymous",
)
_GIFTS: Final = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def user_json(user: User) -> Json:
    """Phrase a `User`."""
    body: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    if user.username:
        body["username"] = user.username
    if user.language_code:
        body["language_code"] = user.language_code
    return body


def chat_json(chat: Chat) -> Json:
    """Phrase a `Chat`."""
    body: Json = {"id": chat.id, "type": chat.type}
    if chat.user:
        body["first_name"] = chat.user.first_name
        if chat.user.username:
            body["username"] = chat.user.username
    else:
        body["title"] = chat.title
    if chat.is_forum:
        body["is_forum"] = True
    if chat.type == "group":
        body["all_members_are_administrators"] = False
    return body


def full_chat_json(chat: Chat) -> Json:
    """Phrase a `ChatFullInfo`."""
    full: Json = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(_GIFTS, True)}
    if chat.is_group:
        full["permissions"] = {"can_send_messages": True, "can_send_photos": True, "can_send_documents": True}
    return chat_json(chat) | full


def member_json(chat: Chat, user: User) -> Json:
    """Phrase a `ChatMember`."""
    status = status_of(chat, user)
    body: Json = {"user": user_json(user), "status": status}
    if status == "creator":
        body["is_anonymous"] = False
    elif status == "administrator":
        body |= dict.fromkeys(_ADMIN_RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
    elif status == "kicked":
        body["until_date"] = 0
    return body


def status_of(chat: Chat, user: User) -> str:
    """Tell what somebody is in a chat, in the Bot API's words."""
    if chat.type == "private":
        return "kicked" if chat.blocked and user.is_bot else "member"
    if user.id not in chat.members:
        return "left"
    if user.id not in chat.admins:
        return "member"
    return "creator" if user.id == chat.admins[0] else "administrator"


def message_json(world: World, message: Message, *, nested: bool = False) -> Json:
    """Phrase a `Message`; one that is replied to does not carry its own reply."""
    body: Json = {
        "message_id": message.id,
        "date": message.date,
        "chat": chat_json(message.chat),
        "from": user_json(message.sender),
    }
    if message.sender_chat:
        body["sender_chat"] = chat_json(message.sender_chat)
    if message.via_bot:
        body["via_bot"] = user_json(message.via_bot)
    if message.edit_date is not None:
        body["edit_date"] = message.edit_date
    if message.thread_id is not None:
        body["message_thread_id"] = message.thread_id
    if message.in_topic:
        body["is_topic_message"] = True
    if message.media_group_id:
        body["media_group_id"] = message.media_group_id
    if message.reply_to and not nested:
        body["reply_to_message"] = message_json(world, message.reply_to, nested=True)
    if message.keyboard:
        body["reply_markup"] = {"inline_keyboard": message.keyboard}
    return body | _content_json(world, message) | message.service


def _content_json(world: World, message: Message) -> Json:
    if message.media is None:
        return _formatted_json(world, message.content, "text", "entities")
    body: Json
    if isinstance(message.media, Photo):
        body = {"photo": [size.as_size() for size in message.media.sizes]}
        if message.has_spoiler:
            body["has_media_spoiler"] = True
    else:
        body = {"document": message.media.as_json()}
    return body | _formatted_json(world, message.content, "caption", "caption_entities")


def _formatted_json(world: World, content: Formatted, text_key: str, entities_key: str) -> Json:
    if not content.text:
        return {}
    entities = []
    for entity in content.entities:
        body = entity.as_json()
        if entity.type == "text_mention":
            mentioned = world.users.get(int(entity.argument))
            if mentioned is None:
                continue
            body["user"] = user_json(mentioned)
        entities.append(body)
    return {text_key: content.text} | ({entities_key: entities} if entities else {})
