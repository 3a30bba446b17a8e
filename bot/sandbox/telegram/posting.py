"""Put messages where they belong, and tell of them: the people all of it, the bot what it may see."""

from dataclasses import dataclass

from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.view import message_view
from bot.sandbox.telegram.wire import message_json
from bot.sandbox.telegram.world import Chat, Message


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chat a message stands."""

    thread_id: int | None = None
    in_topic: bool = False
    reply_to: Message | None = None


def place(chat: Chat, thread_id: int | None, reply_to: Message | None) -> Place:
    """Find where a message goes. Raises `Refused` where the chat has no such topic.

    As in Telegram: in a topic, what is no reply is a reply to the topic's own first message; a reply goes to the
    topic of what it replies to; and in a supergroup without topics a reply carries the id of its thread.
    """
    if thread_id is not None and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    if chat.is_forum:
        topic = thread_id if thread_id is not None or reply_to is None else reply_to.thread_id
        if topic is None:
            return Place(reply_to=reply_to)
        return Place(topic, in_topic=True, reply_to=reply_to or chat.messages.get(topic))
    if chat.type == "supergroup" and reply_to:
        return Place(reply_to.thread_id or reply_to.id, reply_to=reply_to)
    return Place(reply_to=reply_to)


def post(sandbox: Sandbox, message: Message) -> Message:
    """Put a new message into its chat."""
    message.chat.keep(message)
    sandbox.events.add("message", message.chat.id, message=message_view(message))
    if reaches_bot(sandbox, message):
        sandbox.updates.push("message", message_json(sandbox.world, message))
    return message


def edited(sandbox: Sandbox, message: Message) -> None:
    """Tell of an edit that was made; what the bot edits itself it is not told."""
    message.edit_date = sandbox.now()
    sandbox.events.add("edit", message.chat.id, message=message_view(message))
    if reaches_bot(sandbox, message):
        sandbox.updates.push("edited_message", message_json(sandbox.world, message))


def delete(sandbox: Sandbox, chat: Chat, message_ids: list[int]) -> None:
    """Take messages away. Bots are not told."""
    for message_id in message_ids:
        del chat.messages[message_id]
    sandbox.events.add("delete", chat.id, message_ids=message_ids)


def reaches_bot(sandbox: Sandbox, message: Message) -> bool:
    """Whether the bot is told: never of bots; in a group, with privacy on, only of what is meant for it."""
    bot, chat = sandbox.world.bot, message.chat
    if message.sender.is_bot and message.sender_chat is None:
        return False
    if chat.type == "private":
        return not chat.blocked
    if bot.id not in chat.members:
        return False
    if not sandbox.options.privacy or bot.id in chat.admins or message.service:
        return True
    return (
        message.via_bot is bot
        or _commands(message, bot.username)
        or (message.reply_to is not None and message.reply_to.sender is bot)
    )


def _commands(message: Message, username: str | None) -> bool:
    command = message.content.command()
    if command is None:
        return False
    _, at, named = command.partition("@")
    return not at or named.lower() == (username or "").lower()
