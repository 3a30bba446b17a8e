"""The pages of a group's `/limits`: everything is read from the group's row, and a button says what it does.

A button's data is `g:<verb>[:<rule>[:<value>]]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telegram.constants import MessageLimit

from bot.capabilities import registry
from bot.capabilities.options import shorten
from bot.conversations.view import Button, Style, View, in_rows, joined
from bot.limits.group_rules import NAMED, GroupRules
from bot.limits.rules import Limits
from bot.locales.text import Lang, Text, layout, text, verbatim
from bot.locales.times import moment
from bot.store.chat_log import Entry
from bot.telegram import messages
from bot.telegram.limits_rules import (
    LABELS,
    LANG_WORDS,
    LANGS,
    MAIN,
    NAME_LENGTH,
    NUMBERS,
    WHO,
    line,
    named,
    overview,
    shown,
)

LOG_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Panel:
    """A group's rules as buttons, for its admins; `standing` says what is used."""

    rules: GroupRules
    operator: Limits
    standing: Text
    is_forum: bool

    def main(self) -> View:
        """Show all."""
        names = [name for name in MAIN if name != "topic" or self.is_forum or self.rules.topic is not None]
        pages = [_button(LABELS[name], "page", name) for name in names]
        last = [_button(text("Who changed what"), "log"), _button(text("Reset all"), "reset")]
        body = layout("{rules}\n\n{standing}", rules=overview(self.rules, self.operator), standing=self.standing)
        return View(body, [*in_rows(pages, 1), last])

    def page(self, name: str) -> View:
        """Show one rule with what it can be; raise `KeyError` where there is no such rule."""
        if name in NUMBERS:
            return self._page(name, _words(name), self._number(name))
        match name:
            case "allowed":
                return self._page(name, "only imagine,stylize", self._capabilities())
            case "who":
                return self._page(name, "who @name", self._who())
            case "lang":
                values = [
                    _button(_ticked(LANGS[lang], is_on=self.rules.lang == lang), "set", "lang", word)
                    for word, lang in LANG_WORDS.items()
                ]
                return self._page(name, "lang zh", in_rows(values, 1))
            case "topic":
                return self._page(name, "topic here", self._topic())
        raise KeyError(name)

    def log(self, entries: Sequence[Entry], zone: ZoneInfo, lang: Lang) -> View:
        """Show who changed what."""
        return View(log(entries, zone, lang), [[_back()]])

    def confirm(self) -> View:
        """Ask before all is reset."""
        question = text("Reset all limits of this group? Only the operator's are left then.")
        return View(question, [[_button(text("Yes, reset all"), "yes", style="danger"), _button(text("Keep"), "main")]])

    def _page(self, name: str, words: str, rows: Sequence[Sequence[Button]]) -> View:
        body = text(
            "{line}\n\nBy words: <code>/limits {words}</code>",
            line=line(name, self.rules),
            words=words,
        )
        return View(body, [*rows, [_back()]])

    def _number(self, name: str) -> list[list[Button]]:
        number, value = NUMBERS[name], getattr(self.rules, name)
        steps = [
            _button(verbatim(f"−{number.step}"), "add", name, f"-{number.step}"),
            _button(verbatim(f"+{number.step}"), "add", name, str(number.step)),
        ]
        presets = [
            _button(_ticked(verbatim(str(preset)), is_on=value == preset), "set", name, str(preset))
            for preset in number.presets
        ]
        none = _button(_ticked(text("not set here"), is_on=value is None), "set", name, "none")
        return [steps, presets, [none]]

    def _capabilities(self) -> list[list[Button]]:
        buttons = []
        for one in registry.OFFERED:
            is_on = self.rules.allows(one.name)
            label = layout("{mark} {title}", mark="✅" if is_on else "🚫", title=one.title)
            buttons.append(_button(label, "deny" if is_on else "allow", one.name))
        return in_rows(buttons, 2)

    def _who(self) -> list[list[Button]]:
        choices = [
            _button(_ticked(label, is_on=self.rules.who == who), "set", "who", who) for who, label in WHO.items()
        ]
        members = [
            _button(layout("✕ {name}", name=shorten(name, NAME_LENGTH)), "drop", str(id_))
            for id_, name in self.rules.members
            if self.rules.who == NAMED
        ]
        return [*in_rows(choices, 1), *in_rows(members, 2)]

    def _topic(self) -> list[list[Button]]:
        anywhere = _ticked(text("where they were asked for"), is_on=self.rules.topic is None)
        rows = [[_button(anywhere, "set", "topic", "any")]]
        if self.is_forum:
            rows.append([_button(text("all into this topic"), "set", "topic", "here")])
        return rows


def log(entries: Sequence[Entry], zone: ZoneInfo, lang: Lang) -> Text:
    """Say who changed what, newest first, as far as there is room."""
    if not entries:
        return text("Nobody has changed this group's limits yet.")
    lines = (_entry(entry, zone) for entry in entries)
    return messages.captioned([text("🛡 <b>Who changed what</b>")], lines, lang, MessageLimit.MAX_TEXT_LENGTH)


def _entry(entry: Entry, zone: ZoneInfo) -> Text:
    changes = [_change(name, *change) for name, change in entry.change.items() if name in LABELS]
    return layout(
        "{when} <b>{who}</b>: {changes}",
        when=moment(datetime.fromtimestamp(entry.at, zone)),
        who=shorten(entry.actor, NAME_LENGTH) or text("an anonymous admin"),
        changes=joined(changes, "; "),
    )


def _change(name: str, before: Any, after: Any) -> Text:  # noqa: ANN401  JSON values
    if name == "members":  # of them it says who went and who came
        moves = [
            layout("{sign} {names}", sign=sign, names=named(who)) for sign, who in (("−", before), ("+", after)) if who
        ]
        return layout("{label}: {moves}", label=LABELS[name], moves=joined(moves, " "))
    return layout(
        "{label}: {before} → {after}",
        label=LABELS[name],
        before=shown(name, GroupRules.load({name: before})),
        after=shown(name, GroupRules.load({name: after})),
    )


def _words(name: str) -> str:
    return f"{name} {NUMBERS[name].start}"


def _ticked(label: Text, *, is_on: bool) -> Text:
    return layout("✓ {label}", label=label) if is_on else label


def _back() -> Button:
    return _button(text("« Back"), "main")


def _button(label: Text, *data: str, style: Style | None = None) -> Button:
    return Button(label, ":".join(("g", *data)), style)
