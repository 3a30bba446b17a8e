"""Who is there when the demo begins."""

from typing import Final

from bot.sandbox.telegram.world import Chat, Message, User, World

TOKEN: Final = "7000000001:AA-this-token-opens-the-sandbox-only"  # noqa: S105  opens nothing but this
BOT: Final = User(7_000_000_001, "Picture studio", "picture_studio_bot", is_bot=True)
_FOLDER_BLUE: Final = 0x6FB9F0


def populate(world: World, now: int) -> None:
    """Bring in four people, a group of them with Alice as its owner, and a forum with two topics."""
    people = [
        world.add_user("Alice", "alice", "en", is_bot=False),
        world.add_user("小明", "xiaoming", "zh-hans", is_bot=False),
        world.add_user("Bob", "bob", "en", is_bot=False),
        world.add_user("李华", None, "zh-hans", is_bot=False),
    ]
    everyone = [person.id for person in people]
    owner = people[0]
    world.add_group("Picture friends", everyone, [owner.id], forum=False)
    forum = world.add_group("Picture forum", everyone, [owner.id], forum=True)
    for name in ("Landscapes", "Portraits"):
        add_topic(forum, name, owner, now)


def add_topic(forum: Chat, name: str, founder: User, now: int) -> Message:
    """Open a topic: its id is that of the service message that tells of it."""
    created = {"forum_topic_created": {"name": name, "icon_color": _FOLDER_BLUE}}
    number = next(forum.message_ids)
    message = Message(id=number, chat=forum, date=now, sender=founder, thread_id=number, in_topic=True, service=created)
    forum.topics[number] = name
    forum.keep(message)
    return message
