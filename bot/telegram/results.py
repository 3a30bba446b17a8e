"""What the buttons below results, endings and progress do: `r:<verb>:<task>[:<picture>]`.

Everything is read from the rows, so they work after a restart and for as long as the rows are there.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.conversations.screens import Button
from bot.errors import NotAllowed, NotFound
from bot.locales.text import text
from bot.store import inbox, pictures, tasks
from bot.store.task import Picture, State, Task
from bot.telegram import dialogs, intake, messages, originals
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.result_buttons import confirm_delete, result_buttons
from bot.telegram.services import Context
from bot.tracker import record


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, with what it is about."""

    update_id: int
    query: CallbackQuery
    context: Context
    asker: Asker
    task: Task
    index: int

    @property
    def capability(self) -> Capability:
        """Give the capability that made the result."""
        return registry.BY_NAME[self.task.capability]


async def press(update: Update, context: Context) -> None:
    """Handle a button of a result."""
    query, asker = update.callback_query, asker_of(update)
    if query is None or query.data is None or asker is None:
        return
    _, verb, task_id, *index = query.data.split(":")
    async with context.services.store.read() as conn:
        task = await tasks.get(conn, int(task_id))
    if task is None or task.chat_id != asker.chat_id:
        raise NotFound(text("That result is no longer here."))
    if verb in _OWNERS_ONLY and not await may_act(context.bot, asker, task.owner_id):
        raise NotAllowed(text("Only the person who asked for this can do that."))
    pressed = Press(update.update_id, query, context, asker, task, int(index[0]) if index else 0)
    if verb not in _VERBS:
        raise NotFound(text("That button is out of date. Please use the newest message."))
    await _VERBS[verb](pressed)
    await dialogs.acknowledged(query)


async def _again(pressed: Press) -> None:
    await _order(pressed, {**pressed.task.request, "seed": 0})


async def _retry(pressed: Press) -> None:
    await _order(pressed, pressed.task.request)


async def _vary(pressed: Press) -> None:
    source = {"task": pressed.task.id, "index": pressed.index}
    answers = {
        **pressed.capability.start({}),
        **pressed.task.request,
        "photo": source,
        "controlnets": [],  # they would need their own picture
        "model": {**pressed.task.request["model"], "soft": True},
        "samples": 1,
        "seed": 0,
        "steps": None,
        "cfg": None,
    }
    await _order(pressed, await pressed.capability.settle(answers, pressed.context.services.studio))


async def _order(pressed: Press, request: Mapping[str, Any]) -> None:
    order = intake.Order(
        capability=pressed.capability, request=request, parent_id=pressed.task.id, parent_index=pressed.index
    )
    await intake.take_on(pressed.update_id, pressed.context, pressed.asker, order)


async def _edit(pressed: Press) -> None:
    answers = pressed.capability.reopened(pressed.task.request)
    await dialogs.open_dialog(pressed.update_id, pressed.context, pressed.asker, pressed.capability, answers)


async def _file(pressed: Press) -> None:
    with suppress(TelegramError):  # a courtesy
        await pressed.context.bot.send_chat_action(
            pressed.asker.chat_id, ChatAction.UPLOAD_DOCUMENT, message_thread_id=pressed.asker.thread_id
        )
    sent = await originals.send(pressed.context, pressed.asker, pressed.task, pressed.index)
    async with pressed.context.services.store.write() as conn:
        await pictures.set_delivered(conn, pressed.task.id, pressed.index, document_id=sent)


async def _ask_delete(pressed: Press) -> None:
    await _set_buttons(pressed, confirm_delete(pressed.task.id))


async def _keep(pressed: Press) -> None:
    await _set_buttons(pressed, result_buttons(pressed.task, await _made(pressed)))


async def _delete(pressed: Press) -> None:
    bot, chat_id, message_id = pressed.context.bot, pressed.asker.chat_id, pressed.asker.message_id
    shown = {picture.message_id for picture in await _made(pressed)} - {message_id}
    await messages.remove(bot, chat_id, *shown)
    try:
        await bot.delete_message(chat_id, message_id or 0)  # alone: of several Telegram does not say which it kept
    except BadRequest:
        raise NotAllowed(
            text(
                "Telegram lets me delete a message for two days only. Please delete it yourself: hold it, then Delete."
            )
        ) from None


async def _cancel(pressed: Press) -> None:
    services, now = pressed.context.services, pressed.context.services.clock()
    too_late = NotFound(text("It is too late to cancel this: the image service is at work on it already."))
    if pressed.task.state is not State.QUEUED:
        raise too_late
    try:
        async with services.store.write() as conn:
            await record.end(conn, pressed.task, State.CANCELLED, now=now)
            await inbox.settle(conn, pressed.update_id, now)
    except record.LostLease:
        raise too_late from None
    services.wake()


async def _set_buttons(pressed: Press, rows: list[list[Button]]) -> None:
    try:
        # Not by way of the query: an old message comes with it as "inaccessible", but can be edited.
        await pressed.context.bot.edit_message_reply_markup(
            pressed.asker.chat_id, pressed.asker.message_id, reply_markup=messages.keyboard(rows, pressed.asker.lang)
        )
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            raise NotFound(text("That message can no longer be changed.")) from None


async def _made(pressed: Press) -> list[Picture]:
    async with pressed.context.services.store.read() as conn:
        return [picture for picture in await pictures.of_task(conn, pressed.task.id) if not picture.error_code]


_VERBS: Mapping[str, Callable[[Press], Awaitable[None]]] = {
    "again": _again,
    "retry": _retry,
    "vary": _vary,
    "edit": _edit,
    "file": _file,
    "delete": _ask_delete,
    "really": _delete,
    "keep": _keep,
    "cancel": _cancel,
}
_OWNERS_ONLY = frozenset({"retry", "delete", "really", "keep", "cancel"})
