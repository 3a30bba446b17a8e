"""What the author of a broadcast sees of it."""

from collections import Counter

from bot.conversations.view import Button
from bot.locales.text import Text, plural, text
from bot.store.broadcasts import Post, Receivers


def question(to: Receivers) -> Text:
    """Ask whether it is to be sent."""
    return text(
        "Above is how it will look. It goes to {people} and {groups}, at most some ten a second.",
        people=plural("{count} private chat", "{count} private chats", to.people),
        groups=plural("{count} group", "{count} groups", to.groups),
    )


def choice(broadcast_id: int, to: Receivers) -> list[list[Button]]:
    """Offer the two ways on from a preview."""
    send = Button(
        plural("Send to {count} chat", "Send to {count} chats", to.total), f"o:send:{broadcast_id}", "primary"
    )
    return [[send, Button(text("Cancel"), f"o:drop:{broadcast_id}", "danger")]]


def stop(broadcast_id: int) -> list[Button]:
    """Offer to end a broadcast that is under way."""
    return [Button(text("Stop sending"), f"o:stop:{broadcast_id}", "danger")]


def progress(posts: Counter[Post]) -> Text:
    """Say how far it is."""
    return text("📣 Sending: {done} of {total}.", done=posts.total() - posts[Post.DUE], total=posts.total())


def stopped(posts: Counter[Post]) -> Text:
    """Say how far it came."""
    return text("📣 Stopped. It was sent to {sent} of {total} chats.", sent=posts[Post.SENT], total=posts.total())


def report(posts: Counter[Post]) -> Text:
    """Say how it ended."""
    sent = plural("📣 Sent to {count} chat.", "📣 Sent to {count} chats.", posts[Post.SENT])
    if not posts[Post.FAILED]:
        return sent
    return text(
        "{sent} {failed} I leave out the next time those that blocked or removed me.",
        sent=sent,
        failed=plural("{count} chat could not be reached.", "{count} chats could not be reached.", posts[Post.FAILED]),
    )
