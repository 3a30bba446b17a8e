"""Errands: what a dialog has to find out at the vendor before it can ask on, each a task like any other.

An errand is placed in the transaction of the change that asks for it, so it is placed once and survives a kill; what
it brought is heard by the need that sent it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities import registry
from bot.capabilities.needs import Errand, Need
from bot.errors import TooMany
from bot.locales.text import text
from bot.store import claims, tasks
from bot.store.dialogs import Dialog
from bot.store.task import ERRAND, NewTask, Task
from bot.telegram.services import Services

# Nobody waits longer for a face to be found.
PATIENCE = 600.0

# They cost their person nothing, and so have a bound of their own.
MOST = 40


async def place(conn: AsyncConnection, services: Services, dialog: Dialog, *, known: Mapping[str, Any]) -> None:
    """Insert the errands that a dialog's answers ask for, without those that the answers `known` before asked for.

    Raises `TooMany` where a dialog has sent so many already that somebody must be playing with it.
    """
    sent = registry.BY_NAME[dialog.capability].errands(known) if known else []
    for place_, (need, errand) in enumerate(registry.BY_NAME[dialog.capability].errands(dialog.answers)):
        if (need, errand) not in sent:
            if await claims.count_errands(conn, dialog.owner_id, dialog.created_at, dialog.id) >= MOST:
                raise TooMany(text("I have looked often enough for this request. Please begin anew with the command."))
            await tasks.insert(conn, _task(services, dialog, need, errand, place_))


def sender(dialog: Dialog, task: Task) -> Need | None:
    """Say which need of a dialog still waits for what an errand brought; None where none does."""
    for need, errand in registry.BY_NAME[dialog.capability].errands(dialog.answers):
        if _request(dialog, need, errand) == task.request and errand.capability == task.capability:
            return need
    return None


def _request(dialog: Dialog, need: Need, errand: Errand) -> dict[str, Any]:
    return {**errand.request, "dialog": dialog.id, "need": need.name}


def _task(services: Services, dialog: Dialog, need: Need, errand: Errand, place_: int) -> NewTask:
    now, request = services.clock(), _request(dialog, need, errand)
    return NewTask(
        order_key=f"{ERRAND}{dialog.id}:{dialog.version}:{place_}",
        capability=errand.capability,
        kind=registry.BY_NAME[errand.capability].kind(request),
        owner_id=dialog.owner_id,
        chat_id=dialog.chat_id,
        thread_id=dialog.thread_id or None,
        message_id=dialog.origin_id,
        lang=dialog.lang,
        request=request,
        created_at=now,
        next_at=now,
        deadline_at=now + PATIENCE,
    )
