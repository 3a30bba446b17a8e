"""What the buttons below results, endings and progress do: `r:<verb>:<task>[:<picture>[:<capability or album>]]`.

Everything is read from the rows, so they work after a restart and for as long as the rows are there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.collection import CollectionNeed
from bot.capabilities.needs import Source
from bot.conversations.view import Button
from bot.errors import NotAllowed, NotFound
from bot.locales.text import text
from bot.store import inbox, loras, pictures, tasks
from bot.store.task import Picture, State, Task
from bot.telegram import dialogs, intake, messages, originals, own_pages, presets, requests
from bot.telegram.album import Album
from bot.telegram.asker import Asker, asker_of, may_act
from bot.telegram.result_buttons import (
    NO_ALBUM,
    confirm_delete,
    finished_buttons,
    picture_buttons,
    result_buttons,
)
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
    way: str

    @property
    def capability(self) -> Capability:
        """Give the capability that made the result."""
        return registry.BY_NAME[self.task.capability]

    @property
    def studio(self) -> Studio:
        """Give the studio as whoever pressed sees it."""
        return self.context.services.studio.for_(self.asker.owner_id, self.asker.chat_id)

    @property
    def album(self) -> Album:
        """Give the album in which the result is shown once more, if it is."""
        return Album.read(self.way)

    @property
    def source(self) -> Source:
        """Give the picture that is meant, as an answer."""
        return {"task": self.task.id, "index": self.index}


async def press(update: Update, context: Context) -> None:
    """Handle a button of a result."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    _, verb, task_id, index, way = [*query.data.split(":"), "0", ""][:5]
    async with context.services.store.read() as conn:
        task = await tasks.get(conn, int(task_id))
    # One's own tasks of other chats can be taken back in private, where /tasks lists them.
    is_own = verb == "cancel" and asker.is_private and task is not None and task.owner_id == asker.owner_id
    if task is None or (task.chat_id != asker.chat_id and not is_own):
        raise NotFound(text("That result is no longer here."))
    if _is_owners(verb, task) and not await may_act(context.services.admins, asker, task.owner_id):
        raise NotAllowed(text("Only the person who asked for this can do that."))
    pressed = Press(update.update_id, query, context, asker, task, int(index), way)
    if verb not in _VERBS:
        raise own_pages.out_of_date()
    await _VERBS[verb](pressed)
    await dialogs.acknowledged(query)


def _is_owners(verb: str, task: Task) -> bool:
    return verb in _OWNERS_ONLY or (verb in _WITH_COLLECTION and task.capability in _COLLECTING)


async def _again(pressed: Press) -> None:
    request = pressed.task.request
    is_from_result = "task" in (request.get("photo") or {})
    parent = _parent(pressed.task) if is_from_result else (pressed.task.id, pressed.index)
    answers = _answers(pressed)
    await _order(pressed, {**answers, "seed": 0} if "seed" in request else answers, parent)


async def _retry(pressed: Press) -> None:
    await _order(pressed, _answers(pressed), _parent(pressed.task))


async def _vary(pressed: Press) -> None:
    answers = pressed.capability.varied(pressed.task.request, pressed.source)
    await _order(pressed, answers, (pressed.task.id, pressed.index))


def _answers(pressed: Press) -> dict[str, Any]:
    """Give what was asked for; an option that came since then is at its default."""
    capability = pressed.capability
    return {**capability.start({}), **capability.reopened(pressed.task.request)}


def _parent(task: Task) -> tuple[int | None, int | None]:
    return task.parent_id, task.parent_index


async def _order(pressed: Press, answers: Mapping[str, Any], parent: tuple[int | None, int | None]) -> None:
    # Settled anew: what the one who asked may use, whoever pressed may not.
    request = await pressed.capability.settle(answers, pressed.studio)
    order = intake.Order(
        key=f"update:{pressed.update_id}",
        update_id=pressed.update_id,
        capability=pressed.capability,
        request=request,
        parent_id=parent[0],
        parent_index=parent[1],
    )
    await intake.take_on(pressed.context.services, pressed.context.bot, pressed.asker, order)


async def _go_on(pressed: Press) -> None:
    capability = registry.BY_NAME.get(pressed.way)
    if capability is None or capability.is_errand:
        raise own_pages.out_of_date()
    answers = {
        **await intake.beginning(pressed.context.services, pressed.asker, capability),
        **capability.placed([], [pressed.source]),
    }
    wish = requests.Wish(capability, answers, is_said=capability.is_instant)
    await requests.begin(pressed.update_id, pressed.context, pressed.asker, wish)


async def _edit(pressed: Press) -> None:
    answers = pressed.capability.reopened(pressed.task.request)
    await dialogs.open_dialog(pressed.update_id, pressed.context, pressed.asker, pressed.capability, answers)


async def _file(pressed: Press) -> None:
    asker = pressed.asker
    await messages.gesture(pressed.context.bot, asker.chat_id, asker.thread_id, ChatAction.UPLOAD_DOCUMENT)
    sent = await originals.send(pressed.context, asker, pressed.task, pressed.index)
    async with pressed.context.services.store.write() as conn:
        await pictures.set_delivered(conn, pressed.task.id, pressed.index, document_id=sent)


async def _pick(pressed: Press) -> None:
    made = await _made(pressed)
    if pressed.index not in {picture.index for picture in made}:
        raise originals.gone()
    await _set_buttons(pressed, picture_buttons(pressed.task, made, pressed.index, pressed.album))


async def _ask_delete(pressed: Press) -> None:
    await _set_buttons(pressed, confirm_delete(pressed.task.id, pressed.album))


async def _keep(pressed: Press) -> None:
    await _set_buttons(pressed, result_buttons(pressed.task, await _made(pressed), pressed.album))


async def _delete(pressed: Press) -> None:
    bot, chat_id, here = pressed.context.bot, pressed.asker.chat_id, pressed.asker.message_id or 0
    album = pressed.album if own_pages.is_genuine(pressed.query) else NO_ALBUM  # made-up ids could be anybody's
    sent = [id_ for picture in await _made(pressed) for id_ in (picture.message_id, picture.preview_id)]
    delivered = {id_ for id_ in (*sent, pressed.task.buttons_message_id) if id_ and id_ != here}
    are_gone = await messages.remove_surely(bot, chat_id, *delivered)
    if not await messages.remove_surely(bot, chat_id, here, *album.message_ids) or not are_gone:
        raise NotAllowed(
            text(
                "Telegram lets me delete a message for two days only. Please delete it yourself: hold it, then Delete."
            )
        )


async def _cancel(pressed: Press) -> None:
    services, task, now = pressed.context.services, pressed.task, pressed.context.services.clock()
    too_late = NotFound(text("It is too late to cancel this: the image service is at work on it already."))
    if task.state is State.RUNNING and not await pressed.capability.cancel(task, services.studio):
        raise too_late
    if task.state not in {State.QUEUED, State.RUNNING}:
        raise too_late
    async with services.store.write() as conn:
        held = await tasks.hold(conn, task.id)  # whose lease is another by now, if it was polled meanwhile
        if held is not None and held.state is task.state:
            await record.end(conn, held, State.CANCELLED, now=now)
        elif task.state is State.QUEUED:
            raise too_late
        await inbox.settle(conn, pressed.update_id, now)
    services.wake()


async def _try(pressed: Press) -> None:
    imagine = registry.BY_NAME["imagine"]
    start = await intake.beginning(pressed.context.services, pressed.asker, imagine)
    answers = {**start, **pressed.capability.trial(pressed.task)}
    await dialogs.open_dialog(pressed.update_id, pressed.context, pressed.asker, imagine, answers)


async def _share(pressed: Press) -> None:
    await _set_shared(pressed, is_shared=True)


async def _unshare(pressed: Press) -> None:
    await _set_shared(pressed, is_shared=False)


async def _star(pressed: Press) -> None:
    await presets.ask_name(pressed.context, pressed.asker, pressed.task)


async def _set_shared(pressed: Press, *, is_shared: bool) -> None:
    async with pressed.context.services.store.write() as conn:
        lora = await loras.of_task(conn, pressed.task.id)
        if lora is None:
            raise NotFound(text("That result is no longer here."))
        change = loras.share if is_shared else loras.unshare
        await change(conn, lora.id, pressed.task.chat_id)
    await _set_buttons(pressed, finished_buttons(pressed.task, is_shared=is_shared))


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
    "go": _go_on,
    "pick": _pick,
    "edit": _edit,
    "file": _file,
    "delete": _ask_delete,
    "really": _delete,
    "keep": _keep,
    "back": _keep,
    "cancel": _cancel,
    "try": _try,
    "share": _share,
    "unshare": _unshare,
    "star": _star,
}
# A collection of pictures is one for all that work from it.
_WITH_COLLECTION = frozenset({"again", "edit"})
_COLLECTING = frozenset(
    name for name, one in registry.BY_NAME.items() if any(isinstance(need, CollectionNeed) for need in one.needs)
)
_OWNERS_ONLY = frozenset({"retry", "delete", "really", "keep", "cancel", "try", "share", "unshare"})
