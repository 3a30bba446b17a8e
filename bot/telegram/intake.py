"""Take a request on: ONE transaction reserves the allowance, inserts the task row and settles the update."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import ReactionTypeEmoji
from telegram.constants import ChatAction, ReactionEmoji

from bot.capabilities.base import Capability
from bot.limits import allowance
from bot.limits.rules import Limits, resolve
from bot.settings import Settings
from bot.store import dialogs, inbox, people, tasks
from bot.store.task import NewTask, Task
from bot.telegram.asker import Asker
from bot.telegram.services import Context, Services

log = structlog.get_logger()

# A task that found no place at the vendor in this time is given up, and its allowance given back.
QUEUE_PATIENCE = 6 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that is complete and checked.

    `parent_id` is the result that it goes on from, `remember` what is to be the person's next defaults.
    """

    capability: Capability
    request: Mapping[str, Any]
    parent_id: int | None = None
    parent_index: int | None = None
    remember: Mapping[str, Any] | None = None


async def take_on(
    update_id: int, context: Context, asker: Asker, order: Order, *, dialog_id: int | None = None
) -> Task | None:
    """Accept an order and show that it was heard; the dialog that led to it ends with it.

    None where this update ordered before. Raises the `UserError` of the limit that it meets; then nothing has changed.
    """
    services = context.services
    try:
        async with services.store.write() as conn:
            task = await _place(conn, services, asker, order, f"update:{update_id}")
            if dialog_id is not None:
                await dialogs.remove(conn, dialog_id)
            await inbox.settle(conn, update_id, services.clock())
    except tasks.AlreadyOrdered:
        return None
    services.wake()
    await acknowledge(context, task)
    return task


async def _place(conn: AsyncConnection, services: Services, asker: Asker, order: Order, order_key: str) -> Task:
    now = services.clock()
    capability, request = order.capability, dict(order.request)
    held = await allowance.reserve(
        conn,
        owner_id=asker.owner_id,
        pictures=capability.pictures(request),
        limits=resolve(operator_limits(services.settings)),
        now=now,
        zone=services.settings.limits_timezone,
    )
    if order.remember is not None:
        await people.choose(conn, asker.owner_id, capability.name, order.remember, now)
    return await tasks.insert(
        conn,
        NewTask(
            order_key=order_key,
            capability=capability.name,
            kind=capability.kind(request),
            owner_id=asker.owner_id,
            chat_id=asker.chat_id,
            thread_id=asker.thread_id,
            message_id=asker.message_id,
            lang=asker.lang,
            request=request,
            created_at=now,
            next_at=now,
            deadline_at=now + QUEUE_PATIENCE,
            allowance_day=held.day,
            reserved=held.pictures,
            parent_id=order.parent_id,
            parent_index=order.parent_index,
        ),
    )


async def acknowledge(context: Context, task: Task) -> None:
    """React to the message that asked, and show that a picture is on its way: neither costs a message."""
    bot = context.bot
    gestures = [bot.send_chat_action(task.chat_id, ChatAction.UPLOAD_PHOTO, message_thread_id=task.thread_id)]
    if task.message_id is not None:
        gestures.append(bot.set_message_reaction(task.chat_id, task.message_id, ReactionTypeEmoji(ReactionEmoji.EYES)))
    for fault in await asyncio.gather(*gestures, return_exceptions=True):
        # A group may forbid reactions, the message may be gone: the task goes on all the same.
        if isinstance(fault, Exception):
            log.info("not_acknowledged", task=task.id, fault=type(fault).__name__)


def operator_limits(settings: Settings) -> Limits:
    """Read the operator's ceiling from the settings."""
    return Limits(
        running=settings.max_running_tasks, daily=settings.daily_limit, interval=settings.min_interval_seconds
    )


async def choices(services: Services, asker: Asker, capability: Capability) -> Mapping[str, Any]:
    """Read a person's last choices for a capability."""
    async with services.store.read() as conn:
        return await people.choices(conn, asker.owner_id, capability.name)
