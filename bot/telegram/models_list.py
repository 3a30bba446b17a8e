"""`/models`: the models, LoRAs, styles, … that there are, and a person's default among the models."""

from collections.abc import Iterator

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Update

from bot.capabilities import own_loras
from bot.capabilities.base import Choice, Studio
from bot.capabilities.options import shorten
from bot.conversations.form import key_of
from bot.conversations.view import View
from bot.errors import UserError
from bot.locales.text import Text, text
from bot.miaohua.family import Model
from bot.miaohua.traits import traits
from bot.store import inbox, loras, people
from bot.telegram import dialogs, messages, own_pages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.commands import command_of
from bot.telegram.models_view import AUTOMATIC, LORAS, MODELS, PER_PAGE, SHELVES, Item, Manner, Page, Shelf, found, home
from bot.telegram.own_pages import Press
from bot.telegram.services import Context

COMMAND = "models"


async def show(update: Update, context: Context) -> None:
    """Offer the shelves, or look for the words behind the command on all of them."""
    asker, message = await asker_of(update, context.services.store), update.message
    command = command_of(message, context.bot.username) if message else None
    if asker is None or command is None:
        return
    view = await _search(context, asker, command.line) if command.line else home(asker.owner_id)
    await messages.say(context.bot, asker, view.body, view.rows)


async def press(update: Update, context: Context) -> None:
    """Handle a button of these pages."""
    pressed = await own_pages.pressed(update, context, COMMAND)
    if pressed is None:
        return
    view = await _next(pressed, context)
    await own_pages.redraw(context.bot, pressed, view.body, view.rows)
    await dialogs.acknowledged(pressed.query)


async def _next(pressed: Press, context: Context) -> View:
    match pressed.verb, pressed.arguments:
        case "home", ():
            return home(pressed.owner_id)
        case "shelf", (key, number, code) if key in SHELVES and number.isdecimal():
            return await _page(pressed, context, SHELVES[key], Manner.read(code), number=int(number))
        case "set", (key, code):
            return await _choose(pressed, context, key, Manner.read(code))
        case _:
            raise own_pages.out_of_date()


async def _page(
    pressed: Press, context: Context, shelf: Shelf, manner: Manner, *, number: int, headline: Text | None = None
) -> View:
    items = await items_of(shelf, _studio(context, pressed.owner_id, pressed.asker))
    async with context.services.store.read() as conn:
        default = await _default(conn, pressed.owner_id)
    return Page(
        owner_id=pressed.owner_id,
        shelf=shelf,
        items=items,
        number=min(number, max(len(items) - 1, 0) // PER_PAGE),
        manner=manner,
        default=default,
        headline=headline,
    ).view()


async def _choose(pressed: Press, context: Context, key: str, manner: Manner) -> View:
    """Make a model the default, or leave it to the bot."""
    services = context.services
    models = [item.choice for item in await items_of(MODELS, services.studio)]
    chosen = next((model for model in models if key_of(model) == key), None)
    if chosen is None and key != AUTOMATIC:
        raise own_pages.out_of_date()
    value = {"id": chosen.id, "name": chosen.name} if chosen else None
    now = services.clock()
    async with services.store.write() as conn:
        await people.change(conn, pressed.owner_id, {MODELS.capability.name: {MODELS.option.name: value}}, now)
        await inbox.settle(conn, pressed.update_id, now)
    told = (
        text("✓ <b>{name}</b> is now your default for /imagine.", name=chosen.name)
        if chosen
        else text("✓ I choose the model for you now.")
    )
    place = models.index(chosen) if chosen else 0
    return await _page(pressed, context, MODELS, manner, number=place // PER_PAGE, headline=told)


async def _default(conn: AsyncConnection, owner_id: int) -> str | None:
    chosen = (await people.choices(conn, owner_id, MODELS.capability.name)).get(MODELS.option.name)
    return chosen["id"] if chosen else None


def _studio(context: Context, owner_id: int, asker: Asker) -> Studio:
    return context.services.studio.for_(owner_id, asker.chat_id)


async def _search(context: Context, asker: Asker, words: str) -> View:
    """Look on all shelves; one that cannot be had now is left out, as long as others have something."""
    wanted, hits, failure = words.casefold(), [], None
    for shelf in SHELVES.values():
        try:
            items = await items_of(shelf, _studio(context, asker.owner_id, asker))
        except UserError as error:
            failure = error
            continue
        hits += [(shelf, item) for item in items if _fits(item.choice, wanted)]
    if failure is not None and not hits:
        raise failure
    return found(asker.owner_id, words, hits)


def _fits(choice: Choice, wanted: str) -> bool:
    return any(wanted in said.casefold() for said in (choice.id, choice.name, choice.description))


async def items_of(shelf: Shelf, studio: Studio) -> list[Item]:
    """List what stands on a shelf, for the audience of the studio."""
    if shelf == LORAS:
        return await _loras(studio)
    capability, option = shelf.capability, shelf.option.name
    choices = await capability.choices(option, capability.start({}), studio)
    return [Item(choice, tuple(_abilities(choice.name)) if shelf == MODELS else ()) for choice in choices]


async def _loras(studio: Studio) -> list[Item]:
    """List all that may be used, not only those that go with one model."""
    who = studio.audience
    async with studio.store.read() as conn:
        own = {
            lora.id for lora in await loras.seen_by(conn, who.owner_id, who.chat_id) if lora.owner_id == who.owner_id
        }
    return [
        Item(Choice(lora.id, lora.name or lora.id, lora.description), tuple(_remarks(lora, is_own=lora.id in own)))
        for lora in await own_loras.usable(studio)
    ]


def _remarks(lora: Model, *, is_own: bool) -> Iterator[Text]:
    if is_own:
        yield text("⭐ yours")
    if lora.trigger_words:
        yield text("trigger words: {words}", words=shorten(lora.trigger_words, 60))
    if lora.base_model_type:
        yield text("for models of type {type}", type=lora.base_model_type)


def _abilities(name: str) -> Iterator[Text]:
    known = traits(name)
    if known.text:
        yield text("pictures from words alone")
    if known.image:
        yield text("pictures as a starting point")
    if known.loras:
        yield text("LoRA")
    if known.controlnets is None or known.controlnets:
        yield text("ControlNet")
