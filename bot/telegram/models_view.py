"""What the pages of `/models` look like: a shelf for each option that names something of the vendor's.

A button's data is `l:<verb>:<owner>[:<argument>...]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.capabilities import registry
from bot.capabilities.base import Capability, Choice
from bot.capabilities.options import Named, Option, shorten
from bot.conversations.form import key_of
from bot.conversations.view import Button, View, in_rows, joined
from bot.locales.text import Text, layout, plural, text, verbatim

PER_PAGE = 6
MOST_FOUND = 8
AUTOMATIC = "auto"


@dataclass(frozen=True, slots=True)
class Item:
    """A model, or a style, or whatever else stands on a shelf, and what is to be said of it."""

    choice: Choice
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one option of a capability can name."""

    capability: Capability
    option: Option

    @property
    def key(self) -> str:
        """Name it in a button's data."""
        return f"{self.capability.name}.{self.option.name}"

    @property
    def title(self) -> Text:
        """Name it in a sentence."""
        icon, title = self.capability.icon, self.capability.title
        return layout("{icon} {title}: {label}", icon=icon, title=title, label=self.option.label)

    @property
    def usage(self) -> Text:
        """Say how one of its items is asked for."""
        flag = "" if self.capability.lead == self.option.name else f"--{self.option.flags[0]} "
        return text(
            "Ask for one like this: <code>/{command} {flag}{name}</code>",
            command=self.capability.commands[0],
            flag=flag,
            name=text("NAME"),
        )


SHELVES = {
    shelf.key: shelf
    for shelf in (
        Shelf(capability, option)
        for capability in registry.OFFERED
        for option in capability.options
        if isinstance(option.kind, Named) and option.flags
    )
}
MODELS = SHELVES["imagine.model"]
LORAS = SHELVES["imagine.loras"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a page is shown: with the ids, and whether one came to it from the settings."""

    has_ids: bool = False
    is_setting: bool = False

    @classmethod
    def read(cls, code: str) -> Self:
        """Read it from a button's data."""
        return cls(has_ids="i" in code, is_setting="s" in code)

    @property
    def code(self) -> str:
        """Write it into a button's data."""
        return "-" + "i" * self.has_ids + "s" * self.is_setting


def to_shelf(owner_id: int, shelf: Shelf, number: int, manner: Manner) -> str:
    """Give the data of a button that leads to a page of a shelf."""
    return f"l:shelf:{owner_id}:{shelf.key}:{number}:{manner.code}"


def home(owner_id: int) -> View:
    """Offer the shelves."""
    buttons = [Button(shelf.title, to_shelf(owner_id, shelf, 0, Manner())) for shelf in SHELVES.values()]
    body = text(
        "🧩 <b>Models and styles</b>\nWhat shall I list? Or write a word behind the command, and I look for it in all "
        "of them: <code>/{command} {word}</code>",
        command="models",
        word=text("watercolour"),
    )
    return View(body, in_rows(buttons, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a shelf; `default` is the id of the model that its owner's /imagine begins with."""

    owner_id: int
    shelf: Shelf
    items: Sequence[Item]
    number: int
    manner: Manner
    default: str | None = None
    headline: Text | None = None

    def view(self) -> View:
        """Draw it."""
        shown = self.items[self.number * PER_PAGE : (self.number + 1) * PER_PAGE]
        lines = [line(item, has_id=self.manner.has_ids) for item in shown]
        is_default = self.shelf == MODELS
        rows = self._defaults(shown) if is_default else []
        body = [
            *([self.headline, verbatim("")] if self.headline else []),
            layout("<b>{title}</b>", title=self.shelf.title),
            *(lines or [text("There is nothing here at present.")]),
            verbatim(""),
            text("Press one to make it your default for /imagine.") if is_default else self.shelf.usage,
        ]
        return View(joined(body), [*rows, self._turns()])

    def _defaults(self, shown: Sequence[Item]) -> list[list[Button]]:
        choices = [item.choice for item in shown]
        offered = [(verbatim(shorten(one.name, 40)), key_of(one), one.id) for one in choices]
        return [
            [
                Button(
                    layout("✓ {value}", value=label) if id_ == self.default else label,
                    f"l:set:{self.owner_id}:{key}:{self.manner.code}",
                )
            ]
            for label, key, id_ in [*offered, (text("automatic"), AUTOMATIC, None)]
        ]

    def _turns(self) -> list[Button]:
        back = f"s:main:{self.owner_id}" if self.manner.is_setting else f"l:home:{self.owner_id}"
        ids = replace(self.manner, has_ids=not self.manner.has_ids)
        return [
            Button(text("« Back"), back),
            *(
                Button(verbatim(sign), to_shelf(self.owner_id, self.shelf, number, self.manner))
                for sign, number in (("◀️", self.number - 1), ("▶️", self.number + 1))
                if 0 <= number * PER_PAGE < len(self.items)
            ),
            Button(
                text("Hide ids") if self.manner.has_ids else text("Show ids"),
                to_shelf(self.owner_id, self.shelf, self.number, ids),
            ),
        ]


def found(owner_id: int, words: str, hits: Sequence[tuple[Shelf, Item]]) -> View:
    """List what a search found."""
    if not hits:
        return View(text("I found nothing for “{words}”. /models alone lists everything.", words=shorten(words, 60)))
    shown = hits[:MOST_FOUND]
    title = plural("🔎 {count} fits “{words}”:", "🔎 {count} fit “{words}”:", len(hits), words=shorten(words, 60))
    lines = [layout("{shelf}\n{line}", shelf=shelf.title, line=line(item, has_id=False)) for shelf, item in shown]
    if len(hits) > len(shown):
        lines.append(text("I show the first {most}. Another word finds fewer.", most=MOST_FOUND))
    models = [
        Button(
            text("Make “{name}” my default", name=shorten(item.choice.name, 30)),
            f"l:set:{owner_id}:{key_of(item.choice)}:{Manner().code}",
        )
        for shelf, item in shown
        if shelf == MODELS
    ]
    return View(joined([title, *lines]), [[button] for button in models])


def line(item: Item, *, has_id: bool) -> Text:
    """Describe an item."""
    choice = item.choice
    parts = [
        layout("• <b>{name}</b>", name=shorten(choice.name, 60)),
        *(verbatim(shorten(words, 120)) for words in [choice.description] if words),
        *([joined(item.notes, " · ")] if item.notes else []),
        *([layout("<code>{id}</code>", id=choice.id)] if has_id else []),
    ]
    return joined(parts)
