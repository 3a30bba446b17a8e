"""What a form looks like: text and buttons for each screen.

A button's data is `d:<dialog>:<verb>[:<argument>...]`, at most 64 bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bot.capabilities.base import Choice, Studio
from bot.capabilities.options import Kind, Named, OneOf, Option, Size, Switch, shorten
from bot.conversations.form import Form, Outdated, is_chosen, key_of, number
from bot.locales.text import Text, layout, text, verbatim

PER_PAGE = 6
PER_ROW = 3

Style = Literal["primary", "success", "danger"]
Held: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message. `data` is what comes back when it is pressed."""

    label: Text
    data: str
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A message: its text in Telegram's HTML, its buttons, and the hint of the answer it asks for."""

    body: Text
    rows: Sequence[Sequence[Button]] = ()
    hint: Text | None = None


async def view(form: Form, dialog_id: int, studio: Studio) -> View:  # noqa: PLR0911  one for each screen
    """Draw the screen that the form is on.

    Raises `Outdated` where it has no such screen, and `UserError` where a catalogue cannot be had.
    """
    draw = _Drawing(form, f"d:{dialog_id}")
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
    prefix: str

    def main(self) -> View:
        options = [option for option in self.form.capability.options if option.page == "main"]
        buttons = [self._to_option(option) for option in options]
        buttons.append(self._photo_button())
        buttons.append(self._button(text("✏️ Words"), "ask", self.form.capability.needs[0].name))
        buttons.append(self._button(text("⋯ More"), "go", "more"))
        generate = self._button(text("✨ Generate"), "run", style="success")
        cancel = self._button(text("Cancel"), "end", style="danger")
        return View(self._summary(), [*_in_rows(buttons, 2), [generate, cancel]])

    def more(self) -> View:
        options = [option for option in self.form.capability.options if option.page == "more"]
        return View(self._summary(), [*_in_rows([self._to_option(one) for one in options], 2), [self._back("main")]])

    def option(self, option: Option) -> View:
        chosen = self.form.answers[option.name]
        buttons = [self._preset(option, raw, chosen) for raw in option.kind.presets()]
        rows = _in_rows(buttons, PER_ROW)
        typed = [] if isinstance(option.kind, OneOf | Switch) else [self._button(text("⌨️ Type it"), "ask", option.name)]
        rows.append([*typed, self._reset(option.name), self._back()])
        return View(self._about(option.label, option.help, option.kind), rows)

    def catalogue(self, option: Option, held: Sequence[Held], choices: Sequence[Choice], page: int) -> View:
        shown = choices[page * PER_PAGE : (page + 1) * PER_PAGE]
        rows = [
            [self._button(verbatim(_ticked(one.name, ticked=is_chosen(one, held))), "pick", option.name, key_of(one))]
            for one in shown
        ]
        if option.most > 1:
            rows += [
                [self._button(layout("⚙️ {one}", one=option.kind.show(one)), "go", f"item-{option.name}-{index}")]
                for index, one in enumerate(held)
            ]
        turns = self._turns(option, page, len(choices))
        body = layout(
            "<b>{label}</b>\n{help}\n\n{lines}",
            label=option.label,
            help=option.help,
            lines=_lines(shown) if shown else text("There are none for this model."),
        )
        return View(body, [*rows, *([turns] if turns else []), [self._reset(option.name), self._back()]])

    def item(self, name: str, index: int) -> View:
        chosen = self.form.chosen(name, index)
        fields = self.form.capability.fields(name, chosen)
        buttons = [
            self._button(
                text("{field}: {value}", field=field_label(field), value=_field_value(kind, chosen.get(field))),
                "go",
                f"field-{name}-{index}-{field}",
            )
            for field, kind in fields.items()
        ]
        body = text("<b>{label}</b>: {name}", label=self.form.option(name).label, name=chosen["name"])
        return View(body, [*_in_rows(buttons, 2), [self._back()]])

    def field(self, name: str, index: int, field: str) -> View:
        kind = self.form.figure(name, index, field)
        buttons = [self._button(verbatim(raw), "field", name, str(index), field, raw) for raw in kind.presets()]
        typing = self._button(text("⌨️ Type it"), "ask", f"{name}-{index}-{field}")
        body = self._about(field_label(field), verbatim(self.form.chosen(name, index)["name"]), kind)
        return View(body, [*_in_rows(buttons, PER_ROW), [typing, self._back()]])

    def question(self, name: str) -> View:
        for need in self.form.capability.needs:
            if need.name == name:
                cancel = self._button(text("Cancel"), "end", style="danger")
                return View(
                    need.question, [[self._back(), cancel] if self.form.answers.get(name) else [cancel]], need.hint
                )
        if name == "photo":
            return View(text("Send me the picture."), [[self._back()]], text("a picture"))
        allowed = self.form.kind.allowed()
        label = self.form.option(name).label
        body = text("<b>{label}</b>: send me the value. Allowed: {allowed}.", label=label, allowed=allowed)
        return View(body, [[self._back()]], allowed)

    def _summary(self) -> Text:
        lines = [
            text("{label}: <b>{value}</b>", label=option.label, value=option.show(self.form.answers[option.name]))
            for option in self.form.capability.options
            if option.page == "main" or self.form.answers[option.name] != option.default
        ]
        if self.form.answers.get("photo"):
            lines.append(text("Picture: <b>yes</b>"))
        return layout(
            "{icon} <b>{title}</b>\n<blockquote>{prompt}</blockquote>\n{lines}",
            icon=self.form.capability.icon,
            title=self.form.capability.title,
            prompt=shorten(str(self.form.answers.get(self.form.capability.needs[0].name) or "…"), 600),
            lines=joined(lines),
        )

    def _about(self, label: Text, meaning: Text, kind: Kind) -> Text:
        return layout("<b>{label}</b>\n{help}\n\n{allowed}", label=label, help=meaning, allowed=kind.allowed())

    def _to_option(self, option: Option) -> Button:
        screen = f"pick-{option.name}-0" if isinstance(option.kind, Named) else f"opt-{option.name}"
        value = option.show(self.form.answers[option.name])
        return self._button(text("{label}: {value}", label=option.label, value=value), "go", screen)

    def _photo_button(self) -> Button:
        if self.form.answers.get("photo"):
            return self._button(text("🖼 Take the picture out"), "clear", "photo")
        return self._button(text("🖼 Add a picture"), "ask", "photo")

    def _preset(self, option: Option, raw: str, chosen: object) -> Button:
        value = option.kind.parse(raw)
        shown = verbatim(raw) if isinstance(option.kind, Size) else option.kind.show(value)
        label = layout("✓ {value}", value=shown) if value == chosen else shown
        return self._button(label, "set", option.name, raw)

    def _turns(self, option: Option, page: int, total: int) -> list[Button]:
        turns = []
        if page > 0:
            turns.append(self._button(verbatim("◀️"), "go", f"pick-{option.name}-{page - 1}"))
        if (page + 1) * PER_PAGE < total:
            turns.append(self._button(verbatim("▶️"), "go", f"pick-{option.name}-{page + 1}"))
        return turns

    def _reset(self, name: str) -> Button:
        return self._button(text("Default"), "clear", name)

    def _back(self, screen: str | None = None) -> Button:
        return self._button(text("« Back"), "go", screen or self.form.back)

    def _button(self, label: Text, *data: str, style: Style | None = None) -> Button:
        return Button(label, ":".join((self.prefix, *data)), style)


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


def joined(lines: Sequence[Text]) -> Text:
    """Put lines below each other."""
    names = [f"line{index}" for index in range(len(lines))]
    return layout("\n".join(f"{{{name}}}" for name in names), **dict(zip(names, lines, strict=True)))


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


def _in_rows(buttons: Sequence[Button], width: int) -> list[list[Button]]:
    return [list(buttons[start : start + width]) for start in range(0, len(buttons), width)]
