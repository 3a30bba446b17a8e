"""A capability is asked for: order at once what is complete, ask for what is missing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from telegram import Message, Update

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.needs import Source
from bot.conversations.form import HURRY, Form
from bot.errors import UserError
from bot.store import albums
from bot.store.albums import Album
from bot.telegram import dialogs, intake, preset_names
from bot.telegram.asker import Asker, asker_of
from bot.telegram.commands import Command, command_of
from bot.telegram.photos import album_of, source_of
from bot.telegram.services import Context


@dataclass(frozen=True, slots=True)
class Wish:
    """A capability with what was said of it so far; what `is_said` wholly is ordered without a panel before."""

    capability: Capability
    answers: Mapping[str, Any]
    is_said: bool
    is_paced: bool = True  # not so: the others of an album, which come all at once


async def ask(update: Update, context: Context) -> None:
    """Handle a capability's command in a text or a caption."""
    message, asker = update.message, await asker_of(update, context.services.store)
    if message is None or asker is None:
        return
    command = command_of(message, context.bot.username)
    if command is None:
        return
    sent = [source for source in [source_of(message)] if source]
    await _note_album(context, message, asker, command, sent)
    answered = await album_of(message.reply_to_message, context.services.store) if message.reply_to_message else []
    async with _refused_once(context, asker, message.media_group_id):
        await _carry_out(update.update_id, context, asker, command, answered=answered, sent=sent)


async def ask_again(update_id: int, context: Context, asker: Asker, album: Album, sent: Source) -> None:
    """Ask the same of another picture of the album whose caption has a command."""
    command = Command(**(album.command or {}))
    async with _refused_once(context, asker, album.album_id):
        await _carry_out(update_id, context, asker, command, answered=[], sent=[sent], is_paced=False)


@asynccontextmanager
async def _refused_once(context: Context, asker: Asker, album_id: str | None) -> AsyncIterator[None]:
    """Where an album's command is refused, ask it of no other picture of it: they would all be told the same."""
    try:
        yield
    except UserError:
        if album_id is not None:
            async with context.services.store.write() as conn:
                await albums.refuse(conn, asker.chat_id, album_id)
        raise


async def _carry_out(
    update_id: int,
    context: Context,
    asker: Asker,
    command: Command,
    *,
    answered: Sequence[Source],
    sent: Sequence[Source],
    is_paced: bool = True,
) -> None:
    await intake.admit(context.services, asker)
    capability = registry.BY_COMMAND[command.name]
    answers = {
        **await intake.beginning(context.services, asker, capability),
        **await preset_names.applied(context.services.store, asker.owner_id, capability, capability.read(command.line)),
        **capability.placed(answered, sent),
    }
    await begin(update_id, context, asker, Wish(capability, answers, is_said=True, is_paced=is_paced))


async def begin(update_id: int, context: Context, asker: Asker, wish: Wish) -> None:
    """Order what is complete, if all `is_said`; else open a dialog with what is missing, or with the panel."""
    form = Form.opened(wish.capability, wish.answers)
    if not (wish.is_said and form.is_complete):
        hurries = wish.is_said and bool(wish.capability.errands(wish.answers))
        answers = {**wish.answers, HURRY: True} if hurries else wish.answers
        await dialogs.open_dialog(update_id, context, asker, wish.capability, answers)
        return
    services = context.services
    order = await intake.settled(
        services.studio.for_(asker.owner_id, asker.chat_id), f"update:{update_id}", wish.capability, wish.answers
    )
    order = replace(order, update_id=update_id, is_paced=wish.is_paced)
    await intake.take_on(services, context.bot, asker, order)


async def _note_album(
    context: Context, message: Message, asker: Asker, command: Command, sent: Sequence[dict[str, Any]]
) -> None:
    if message.media_group_id is None or not sent:
        return
    services = context.services
    async with services.store.write() as conn:
        await albums.add(
            conn,
            asker.chat_id,
            message.media_group_id,
            sent[0],
            owner_id=asker.owner_id,
            now=services.clock(),
            command={"name": command.name, "line": command.line},
        )
