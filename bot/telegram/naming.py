"""How a task is named to its person: what it is, its words, and a link to the message that asked for it."""

from bot.capabilities import registry
from bot.locales.text import Text, layout, text, verbatim
from bot.store.task import Task
from bot.telegram import tasks_list
from bot.telegram.asker import Asker

SUPERGROUPS = -(10**12)  # their ids are below it; messages elsewhere have no links


def named(task: Task, asker: Asker) -> Text:
    """Name a person's own task to them; in a group nothing is said of what they asked for in other chats."""
    if not asker.is_private and task.chat_id != asker.chat_id:
        return text("a task in another chat")
    name = _title(task)
    if task.message_id is None or task.chat_id >= SUPERGROUPS:
        return name
    return layout('<a href="{link}">{name}</a>', link=link(task.chat_id, task.message_id), name=name)


def link(chat_id: int, message_id: int) -> str:
    """Link to a message of a supergroup, or to a topic of it."""
    return f"https://t.me/c/{SUPERGROUPS - chat_id}/{message_id}"


def _title(task: Task) -> Text:
    capability = registry.BY_NAME.get(task.capability)
    if capability is None:  # of another version of this bot
        return verbatim(task.capability)
    words = tasks_list.words(capability, task.request)
    title = layout("{icon} {title}", icon=capability.icon, title=capability.title)
    return layout("{title}: {words}", title=title, words=words) if words else title
