"""What the pages of `/presets` look like. A button's data is `p:<verb>:<owner>:<page>[:<key>]`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.capabilities import registry
from bot.conversations.view import Button, Style, View, joined
from bot.locales.text import Text, layout, text, verbatim
from bot.store.presets import MOST, Preset
from bot.telegram import preset_names
from bot.telegram.history_view import chosen

PER_PAGE = 6


@dataclass(frozen=True, slots=True)
class Page:
    """One page of somebody's presets; pages count from 0. Those of capabilities that are no more are left out."""

    owner_id: int
    number: int
    presets: Sequence[Preset]

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(len(self.presets) - 1, 0) // PER_PAGE

    @property
    def shown(self) -> Sequence[Preset]:
        """Give those of this page."""
        first = min(self.number, self.last) * PER_PAGE
        return self.presets[first : first + PER_PAGE]

    def view(self) -> View:
        """List them."""
        if not self.presets:
            return View(nothing())
        title = text("⭐ <b>Your presets</b>: {count} of {most}", count=len(self.presets), most=MOST)
        legend = text("▶️ opens the panel with these options · ✏️ gives another name · 🗑 deletes")
        turns = [
            self._button(verbatim(sign), "turn", number=number)
            for sign, number in (("◀️", self.number - 1), ("▶️", self.number + 1))
            if 0 <= number <= self.last
        ]
        body = joined([title, verbatim(""), *(line(preset) for preset in self.shown), legend])
        return View(body, [*(self._ways(preset) for preset in self.shown), *([turns] if turns else [])])

    def confirm(self, preset: Preset) -> View:
        """Ask before one is gone for good."""
        yes = self._button(text("🗑 Yes, delete"), "yes", preset, style="danger")
        question = text("Delete the preset “{name}”? Your pictures stay.", name=preset.name)
        return View(question, [[yes, self._button(text("Keep"), "turn")]])

    def _ways(self, preset: Preset) -> list[Button]:
        return [
            self._button(layout("▶️ {name}", name=preset.name), "use", preset),
            self._button(verbatim("✏️"), "name", preset),
            self._button(verbatim("🗑"), "ask", preset),
        ]

    def _button(
        self,
        label: Text,
        verb: str,
        preset: Preset | None = None,
        *,
        number: int | None = None,
        style: Style | None = None,
    ) -> Button:
        parts = ["p", verb, str(self.owner_id), str(self.number if number is None else number)]
        return Button(label, ":".join([*parts, preset_names.key_of(preset.name)] if preset else parts), style)


def line(preset: Preset) -> Text:
    """Say what a preset holds, and how it is typed."""
    capability = registry.BY_NAME[preset.capability]
    told = chosen(capability, preset.options)
    return layout(
        "<b>{name}</b> · {icon} {title}{about}\n<code>/{command} {flag}</code>\n",
        name=preset.name,
        icon=capability.icon,
        title=capability.title,
        about=layout("\n{told}", told=joined(told, " · ")) if told else verbatim(""),
        command=capability.commands[0],
        flag=preset_names.typed(preset.name),
    )


def nothing() -> Text:
    """Say how one comes by a preset."""
    return text(
        "⭐ You have no presets yet. A preset keeps the options of a result under a name: the model, the size and so "
        "on, but not the words or photos.\n\nPress ⭐ below a result, or answer it with "
        "<code>/preset save NAME</code>. Then begin with them: <code>/imagine a fox --preset NAME</code>."
    )
