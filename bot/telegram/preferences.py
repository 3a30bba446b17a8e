"""`/settings`: what requests begin with, and the language, in one panel that is edited in place.

A button's data is `s:<verb>:<owner>[:<setting>[:<value>]]`. The values are the remembered options of the capabilities:
what is chosen here is what the last request would have left, and the next request leaves its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Update

from bot.capabilities import registry
from bot.capabilities.common_options import FILE, FORMAT, LOGO
from bot.capabilities.options import Named, OneOf, Option
from bot.conversations.screens import preset_label
from bot.conversations.view import Button, Style, View, in_rows, joined
from bot.locales.text import LANGUAGES, Text, layout, text, verbatim
from bot.store import inbox, people
from bot.telegram import dialogs, messages, own_pages
from bot.telegram.asker import asker_of
from bot.telegram.models_view import MODELS, Manner, to_shelf
from bot.telegram.own_pages import Press
from bot.telegram.services import Context

COMMAND = "settings"

AUTOMATIC = "auto"
LANGUAGE = Option(
    name="lang",
    label=text("Language"),
    help=text("the language that I write to you in"),
    kind=OneOf({AUTOMATIC: text("as in your Telegram"), **{lang: verbatim(name) for lang, name in LANGUAGES.items()}}),
    default=AUTOMATIC,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """An option, and the capabilities that it is set for."""

    option: Option
    capabilities: tuple[str, ...] = ()

    def values(self, held: Mapping[str, Mapping[str, Any]]) -> list[Any]:
        """List what it is for its capabilities, each value once."""
        found: list[Any] = []
        for name in self.capabilities:
            value = held.get(name, {}).get(self.option.name, registry.BY_NAME[name].option(self.option.name).default)
            if value not in found:
                found.append(value)
        return found


def _everywhere(option: Option) -> Setting:
    having = (
        capability.name
        for capability in registry.OFFERED
        if any(one.name == option.name and one.remembered for one in capability.options)
    )
    return Setting(option, tuple(having))


_IMAGINE = MODELS.capability
SETTINGS = {
    setting.option.name: setting
    for setting in (
        *(Setting(_IMAGINE.option(name), (_IMAGINE.name,)) for name in ("model", "size", "samples")),
        *(_everywhere(option) for option in (FORMAT, LOGO, FILE)),
        Setting(LANGUAGE),
    )
}


@dataclass(frozen=True, slots=True)
class Panel:
    """Somebody's settings: each one's values by its name."""

    owner_id: int
    values: Mapping[str, Sequence[Any]]

    def main(self) -> View:
        """Show all."""
        buttons = [self._to(setting.option) for setting in SETTINGS.values()]
        reset = self._button(text("Reset all"), "reset")
        body = text(
            "⚙️ <b>Your settings</b>\nThey are yours alone, in every chat. What you choose with a request is the "
            "default of the next one, so they change with what you do.\n\n{lines}",
            lines=joined(
                [
                    text("{label}: <b>{value}</b>", label=setting.option.label, value=self._shown(setting.option))
                    for setting in SETTINGS.values()
                ]
            ),
        )
        return View(body, [*in_rows(buttons, 2), [reset]])

    def choices(self, option: Option) -> View:
        """Offer the values of one."""
        [chosen, *others] = self.values[option.name]
        value = None if others else chosen
        presets = [
            self._button(preset_label(option, raw, value), "set", option.name, raw) for raw in option.kind.presets()
        ]
        body = layout(
            "<b>{label}</b>\n{help}\n\n{value}", label=option.label, help=option.help, value=self._shown(option)
        )
        return View(body, [*in_rows(presets, 3), [self._button(text("« Back"), "main")]])

    def confirm(self) -> View:
        """Ask before all is forgotten."""
        question = text("Forget all your settings? Everything begins with the bot's own defaults again.")
        yes = self._button(text("Yes, reset all"), "yes", style="danger")
        return View(question, [[yes, self._button(text("Keep"), "main")]])

    def _to(self, option: Option) -> Button:
        if isinstance(option.kind, Named):
            return Button(option.label, to_shelf(self.owner_id, MODELS, 0, Manner(is_setting=True)))
        return self._button(option.label, "opt", option.name)

    def _shown(self, option: Option) -> Text:
        value, *others = self.values[option.name]
        return text("not the same in all commands") if others else option.show(value)

    def _button(self, label: Text, verb: str, *arguments: str, style: Style | None = None) -> Button:
        return Button(label, ":".join(("s", verb, str(self.owner_id), *arguments)), style)


async def show(update: Update, context: Context) -> None:
    """Show the panel."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    async with context.services.store.read() as conn:
        view = (await _panel(conn, asker.owner_id)).main()
    await messages.say(context.bot, asker, view.body, view.rows)


async def press(update: Update, context: Context) -> None:
    """Handle a button of the panel."""
    pressed = await own_pages.pressed(update, context, COMMAND)
    if pressed is None:
        return
    view = await _next(pressed, context)
    seen_by = await asker_of(update, context.services.store) or pressed.asker  # the language may be another by now
    await own_pages.redraw(context.bot, pressed, view.body, view.rows, seen_by.lang)
    await dialogs.acknowledged(pressed.query)


async def _next(pressed: Press, context: Context) -> View:
    async with context.services.store.read() as conn:
        panel = await _panel(conn, pressed.owner_id)
    match pressed.verb, pressed.arguments:
        case "main", ():
            return panel.main()
        case "reset", ():
            return panel.confirm()
        case "opt", (name,) if _is_chosen_here(name):
            return panel.choices(SETTINGS[name].option)
        case "set", (name, *raw) if _is_chosen_here(name):
            setting = SETTINGS[name]
            return await _change(pressed, context, setting, setting.option.parse(":".join(raw)))
        case "yes", ():
            return await _change(pressed, context)
        case _:
            raise own_pages.out_of_date()


def _is_chosen_here(name: str) -> bool:
    """Say whether it is a setting with values of its own; models are chosen from their list."""
    return name in SETTINGS and not isinstance(SETTINGS[name].option.kind, Named)


async def _change(
    pressed: Press,
    context: Context,
    setting: Setting | None = None,
    value: Any = None,  # noqa: ANN401  a JSON value
) -> View:
    """Write a setting down; without one, forget them all."""
    services, now = context.services, context.services.clock()
    async with services.store.write() as conn:
        if setting is None:
            await people.forget(conn, pressed.owner_id)
        elif setting.option is LANGUAGE:
            await people.set_lang(conn, pressed.owner_id, None if value == AUTOMATIC else value, now)
        else:
            options = {name: {setting.option.name: value} for name in setting.capabilities}
            await people.change(conn, pressed.owner_id, options, now)
        await inbox.settle(conn, pressed.update_id, now)
        return (await _panel(conn, pressed.owner_id)).main()


async def _panel(conn: AsyncConnection, owner_id: int) -> Panel:
    held, lang = await people.all_choices(conn, owner_id), await people.lang(conn, owner_id)
    values = {name: setting.values(held) for name, setting in SETTINGS.items()}
    return Panel(owner_id, {**values, LANGUAGE.name: [lang or AUTOMATIC]})
