"""What a form looks like: text and buttons for each screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.capabilities.base import Choice, Studio
from bot.capabilities.needs import WordsNeed
from bot.capabilities.options import Kind, Named, OneOf, Option, Size, Switch, shorten
from bot.conversations.askings import asking
from bot.conversations.form import Form, Outdated, is_chosen, key_of, number
from bot.conversations.view import Button, Buttons, View, in_rows, joined
from bot.locales.text import Text, layout, text, verbatim

PER_PAGE = 6
PER_ROW = 3

Held: TypeAlias = Mapping[str, Any]


async def view(form: Form, dialog_id: int, studio: Studio) -> View:  # noqa: PLR0911  one for each screen
    """Draw the screen that the form is on.

    Raises `Outdated` where it has no such screen, and `UserError` where a catalogue cannot be had, or pictures are
    wanted that cannot be offered to the vendor.
    """
    form.capability.check_link(form.answers, studio)
    buttons = Buttons(f"d:{dialog_id}")
    if form.need is not None:
        return await asking(form.need).view(form, form.need, buttons, studio)
    draw = _Drawing(form, buttons)
    match form.parts:
        case ["main"]:
            return draw.main()
        case ["more"]:
            return draw.more()
        case ["opt", name]:
            return draw.option(form.option(name))
        case ["pick", name, page]:
            held = form.held(name)
            choices = await form.capability.choices(name, form.answers, studio)
            return draw.catalogue(form.option(name), held, choices, number(page))
        case ["item", name, index]:
            return draw.item(name, number(index))
        case ["field", name, index, field]:
            return draw.field(name, number(index), field)
        case ["ask", name] | ["ask", name, _, _]:
            return draw.question(name)
        case _:
            raise Outdated(form.screen)


@dataclass(frozen=True, slots=True)
class _Drawing:
    form: Form
    buttons: Buttons

    def main(self) -> View:
        options = [option for option in self.form.capability.options if option.page == "main"]
        rows = in_rows([*(self._to_option(option) for option in options), *self._needs()], 2)
        if any(option.page == "more" for option in self.form.capability.options):
            rows.append([self.buttons.go(text("⋯ More"), "more")])
        generate = self.buttons.make(text("✨ Generate"), "run", style="success")
        return View(self._summary(), [*rows, [generate, self.buttons.cancel()]])

    def more(self) -> View:
        options = [option for option in self.form.capability.options if option.page == "more"]
        rows = in_rows([self._to_option(one) for one in options], 2)
        return View(self._summary(), [*rows, [self.buttons.back("main")]])

    def option(self, option: Option) -> View:
        chosen = self.form.answers[option.name]
        buttons = [self._preset(option, raw, chosen) for raw in option.kind.presets()]
        rows = in_rows(buttons, PER_ROW)
        typed = (
            []
            if isinstance(option.kind, OneOf | Switch)
            else [self.buttons.make(text("⌨️ Type it"), "ask", option.name)]
        )
        rows.append([*typed, self._reset(option.name), self._back()])
        return View(self._about(option.label, option.help, option.kind), rows)

    def catalogue(self, option: Option, held: Sequence[Held], choices: Sequence[Choice], page: int) -> View:
        shown = choices[page * PER_PAGE : (page + 1) * PER_PAGE]
        rows = [
            [
                self.buttons.make(
                    verbatim(_ticked(one.name, ticked=is_chosen(one, held))), "pick", option.name, key_of(one)
                )
            ]
            for one in shown
        ]
        if option.most > 1:
            rows += [
                [self.buttons.make(layout("⚙️ {one}", one=option.kind.show(one)), "go", f"item-{option.name}-{index}")]
                for index, one in enumerate(held)
            ]
        turns = self._turns(option, page, len(choices))
        body = layout(
            "<b>{label}</b>\n{help}\n\n{lines}",
            label=option.label,
            help=option.help,
            lines=_lines(shown) if shown else text("There are none for this model."),
        )
        ways = [self._reset(option.name), self._back()]
        if option.is_required:
            ways = [self._back() if held else self.buttons.cancel()]
        return View(body, [*rows, *([turns] if turns else []), ways])

    def item(self, name: str, index: int) -> View:
        chosen = self.form.chosen(name, index)
        fields = self.form.capability.fields(name, chosen)
        buttons = [
            self.buttons.make(
                text("{field}: {value}", field=field_label(field), value=_field_value(kind, chosen.get(field))),
                "go",
                f"field-{name}-{index}-{field}",
            )
            for field, kind in fields.items()
        ]
        body = text("<b>{label}</b>: {name}", label=self.form.option(name).label, name=chosen["name"])
        return View(body, [*in_rows(buttons, 2), [self._back()]])

    def field(self, name: str, index: int, field: str) -> View:
        kind = self.form.figure(name, index, field)
        buttons = [self.buttons.make(verbatim(raw), "field", name, str(index), field, raw) for raw in kind.presets()]
        typing = self.buttons.make(text("⌨️ Type it"), "ask", f"{name}-{index}-{field}")
        body = self._about(field_label(field), verbatim(self.form.chosen(name, index)["name"]), kind)
        return View(body, [*in_rows(buttons, PER_ROW), [typing, self._back()]])

    def question(self, name: str) -> View:
        allowed = self.form.kind.allowed()
        label = self.form.option(name).label
        body = text("<b>{label}</b>: send me the value. Allowed: {allowed}.", label=label, allowed=allowed)
        return View(body, [[self._back()]], allowed)

    def _summary(self) -> Text:
        changed = [
            text("{label}: <b>{value}</b>", label=option.label, value=option.show(self.form.answers[option.name]))
            for option in self.form.capability.options
            if option.page == "more" and self.form.answers[option.name] != option.default
        ]
        words = [
            layout("<blockquote>{words}</blockquote>", words=shorten(str(self.form.answers.get(need.name)), 600))
            for need in self.form.capability.needs
            if isinstance(need, WordsNeed) and need.is_met(self.form.answers)
        ]
        title = layout("{icon} <b>{title}</b>", icon=self.form.capability.icon, title=self.form.capability.title)
        return joined([title, *words, *self.form.capability.remarks(self.form.answers), *changed])

    def _needs(self) -> list[Button]:
        return [
            self.buttons.make(text("{label} ✕", label=need.label), "clear", need.name)
            if need.is_met(self.form.answers) and not need.is_required
            else self.buttons.go(need.label, f"ask-{need.name}")
            for need in self.form.capability.needs
        ]

    def _about(self, label: Text, meaning: Text, kind: Kind) -> Text:
        return layout("<b>{label}</b>\n{help}\n\n{allowed}", label=label, help=meaning, allowed=kind.allowed())

    def _to_option(self, option: Option) -> Button:
        screen = f"pick-{option.name}-0" if isinstance(option.kind, Named) else f"opt-{option.name}"
        value = option.show(self.form.answers[option.name])
        return self.buttons.make(text("{label}: {value}", label=option.label, value=value), "go", screen)

    def _preset(self, option: Option, raw: str, chosen: object) -> Button:
        return self.buttons.make(preset_label(option, raw, chosen), "set", option.name, raw)

    def _turns(self, option: Option, page: int, total: int) -> list[Button]:
        turns = []
        if page > 0:
            turns.append(self.buttons.make(verbatim("◀️"), "go", f"pick-{option.name}-{page - 1}"))
        if (page + 1) * PER_PAGE < total:
            turns.append(self.buttons.make(verbatim("▶️"), "go", f"pick-{option.name}-{page + 1}"))
        return turns

    def _reset(self, name: str) -> Button:
        return self.buttons.make(text("↺ Default"), "clear", name)

    def _back(self) -> Button:
        return self.buttons.back(self.form.back)


def preset_label(option: Option, raw: str, chosen: object) -> Text:
    """Name a value that an option's kind offers, with a tick where it is the chosen one."""
    value = option.kind.parse(raw)
    shown = verbatim(raw) if isinstance(option.kind, Size) else option.kind.show(value)
    return layout("✓ {value}", value=shown) if value == chosen else shown


def field_label(field: str) -> Text:
    """Name a figure of a LoRA or ControlNet."""
    return {
        "weight": text("Strength"),
        "start": text("From"),
        "end": text("Until"),
        "low": text("Low threshold"),
        "high": text("High threshold"),
        "tile": text("Down-sampling"),
        "pre": text("Preprocessor"),
    }[field]


def _field_value(kind: Kind, value: object) -> Text:
    return text("automatic") if value is None else kind.show(value)


def _lines(choices: Sequence[Choice]) -> Text:
    return joined(
        [
            layout(
                "<b>{name}</b> {description}",
                name=shorten(choice.name, 60),
                description=shorten(choice.description, 90),
            )
            for choice in choices
        ]
    )


def _ticked(name: str, *, ticked: bool) -> str:
    return f"✓ {shorten(name, 40)}" if ticked else shorten(name, 42)
