"""Whose message another one answers."""

from telegram import Message

from bot.store.people import Person


def answered_by(message: Message) -> Message | None:
    """Find the message that another answers; none where it is only the first of a topic, which all in it answer."""
    answered = message.reply_to_message
    return answered if answered is not None and answered.forum_topic_created is None else None


def author_of(message: Message) -> Person | None:
    """Read who wrote a message; none for a bot's."""
    chat, user = message.sender_chat, message.from_user
    if chat is not None:
        return Person(chat.id, chat.effective_name, chat.username)
    if user is None or user.is_bot:
        return None
    return Person(user.id, user.full_name, user.username)
