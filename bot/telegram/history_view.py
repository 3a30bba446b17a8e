"""What the pages of `/history` look like.

A button's data is `h:<verb>:<owner>:<page>:<task>:<first>:<count>`. The last two are the album that shows the page:
the id of its first message, and how many ids follow one another from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.needs import Answers
from bot.capabilities.options import Named
from bot.conversations.view import Button, Style, joined
from bot.locales import times
from bot.locales.text import Text, layout, plural, text, verbatim
from bot.store.history import Entry, Parent
from bot.store.task import Task
from bot.telegram.album import Album
from bot.telegram.tasks_list import words

PER_PAGE = 6

# Options that an entry is told apart by.
MOST_OPTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of somebody's history, as it is shown in a chat; pages count from 0."""

    owner_id: int
    chat_id: int
    number: int
    total: int  # entries on all pages
    entries: Sequence[Entry]
    parents: Mapping[int, Parent]
    zone: ZoneInfo
    album: Album = field(default=Album())

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(self.total - 1, 0) // PER_PAGE

    def body(self) -> Text:
        """List the entries."""
        if not self.entries:
            return self._nothing()
        title = plural(
            "🗂 <b>Your pictures</b>: {count} request, page {page} of {pages}",
            "🗂 <b>Your pictures</b>: {count} requests, page {page} of {pages}",
            self.total,
            page=self.number + 1,
            pages=self.last + 1,
        )
        legend = text("👁 shows it again, with its buttons · 🔁 makes it once more · 🗑 takes it out of this list")
        return joined([title, verbatim(""), *(self._entry(entry) for entry in self.entries), legend])

    def rows(self) -> list[list[Button]]:
        """Offer what can be done with each entry, and the pages around this one."""
        turns = [
            self._button(verbatim(sign), "turn", number=number)
            for sign, number in (("◀️", self.number - 1), ("▶️", self.number + 1))
            if 0 <= number <= self.last
        ]
        return [*(self._ways(entry.task) for entry in self.entries), *([turns] if turns else [])]

    def confirm(self, task: Task) -> tuple[Text, list[list[Button]]]:
        """Ask before an entry is gone for good."""
        question = text(
            "Take no. {number} out of your history for good?\n\n{entry}\n\nMessages that show its pictures stay in "
            "the chat, but I can no longer go on from them.",
            number=task.id,
            entry=_what(task),
        )
        yes = self._button(text("🗑 Yes, take it out"), "yes", task.id, style="danger")
        return question, [[yes, self._button(text("Keep"), "keep")]]

    def _nothing(self) -> Text:
        if self.chat_id == self.owner_id:
            return text("There is nothing yet. What I make for you will be listed here; /help says what I can do.")
        return text("You have made nothing in this chat yet. What you made elsewhere is listed in our private chat.")

    def _ways(self, task: Task) -> list[Button]:
        again = Button(layout("🔁 {number}", number=task.id), f"r:again:{task.id}")
        return [
            self._button(layout("👁 {number}", number=task.id), "show", task.id),
            *([again] if task.chat_id == self.chat_id else []),
            self._button(layout("🗑 {number}", number=task.id), "ask", task.id),
        ]

    def _button(
        self, label: Text, verb: str, task_id: int = 0, *, number: int | None = None, style: Style | None = None
    ) -> Button:
        number = self.number if number is None else number
        data = f"h:{verb}:{self.owner_id}:{number}:{task_id}:{self.album.first}:{self.album.count}"
        return Button(label, data, style)

    def _entry(self, entry: Entry) -> Text:
        task = entry.task
        when = datetime.fromtimestamp(task.created_at, self.zone)
        lines = [
            layout(
                "<b>{number}</b> {what}{count} · {when}",
                number=task.id,
                what=_what(task),
                count=verbatim(f" · ×{len(entry.pictures)}" if len(entry.pictures) > 1 else ""),
                when=times.moment(when),
            )
        ]
        parent = self.parents.get(task.parent_id or 0)
        if parent is not None:
            lines.append(self._lineage(parent))
        return joined([*lines, verbatim("")])

    def _lineage(self, parent: Parent) -> Text:
        task = parent.task
        if parent.is_listed:
            return text("↳ from no. {number}", number=task.id)
        when = datetime.fromtimestamp(task.created_at, self.zone)
        title = registry.BY_NAME[task.capability].title
        return text("↳ from “{title}”, {day}", title=title, day=times.day(when))


def _what(task: Task) -> Text:
    """Say in one line what was made: the words, or else what was chosen."""
    capability = registry.BY_NAME[task.capability]
    said = words(capability, task.request)
    about = [verbatim(said)] if said else chosen(capability, task.request)
    title = layout("{icon} {title}", icon=capability.icon, title=capability.title)
    return layout("{title}: {about}", title=title, about=joined(about, " · ")) if about else title


def chosen(capability: Capability, answers: Answers) -> Sequence[Text]:
    """Phrase the options that make it what it is."""
    options = [option for option in capability.options if option.page == "main" or isinstance(option.kind, Named)]
    values = [(option, answers.get(option.name, option.default)) for option in options]
    told = [
        text("{label}: {value}", label=option.label, value=option.show(value))
        for option, value in values
        if value not in (None, "", []) and value != option.default
    ]
    return told[:MOST_OPTIONS]


def caption(task: Task) -> Text:
    """Name a picture of a page's album."""
    return layout("<b>{number}</b> {what}", number=task.id, what=_what(task))
