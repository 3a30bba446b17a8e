"""Take a request on: ONE transaction reserves the allowance, inserts the task row and settles the update."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import ReactionTypeEmoji
from telegram.constants import ChatAction, ReactionEmoji
from telegram.error import TelegramError

from bot.capabilities.base import Capability, Studio
from bot.errors import NotAllowed
from bot.limits import access, allowance
from bot.limits.group_rules import GroupRules
from bot.limits.rules import Bounds, Limits, resolve
from bot.locales.text import text
from bot.settings import Settings
from bot.store import chats, dialogs, inbox, people, tasks
from bot.store.task import NewTask, Task
from bot.telegram import messages, naming
from bot.telegram.asker import Asker, meet
from bot.telegram.services import Bot, Services

log = structlog.get_logger()

# A task that found no place at the vendor in this time is given up, and its allowance given back.
QUEUE_PATIENCE = 6 * 3600.0

# A forum's first topic has no thread id, but its links have.
GENERAL_TOPIC = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that is complete and checked, and what it settles.

    `key` names what ordered it: it orders once. `parent_id` is the result that it goes on from, `remember` what is to
    be the person's next defaults. The others of an album come all at once: those are not paced.
    """

    key: str
    capability: Capability
    request: Mapping[str, Any]
    parent_id: int | None = None
    parent_index: int | None = None
    remember: Mapping[str, Any] | None = None
    update_id: int | None = None
    dialog_id: int | None = None
    is_paced: bool = True


async def settled(studio: Studio, key: str, capability: Capability, answers: Mapping[str, Any]) -> Order:
    """Turn complete answers into an order; raise `UserError` where that cannot be."""
    request = await capability.settle(answers, studio)
    source = request.get("photo") or {}
    return Order(
        key=key,
        capability=capability,
        request=request,
        parent_id=source.get("task"),
        parent_index=source.get("index"),
        remember=capability.remember(answers, request),
    )


async def take_on(services: Services, bot: Bot, asker: Asker, order: Order) -> Task | None:
    """Accept an order and show that it was heard; the dialog that led to it ends with it, its update is settled.

    None where its key ordered before, or its dialog has ended. Raises the `UserError` of the limit that it meets; then
    nothing has changed.
    """
    await _check_group(services, asker, order.capability)
    try:
        async with services.store.write() as conn:
            await access.check(conn, asker.owner_id, services.settings)
            await meet(conn, asker, services.clock())
            task = await _place(conn, services, asker, order)
            await _end_dialog(conn, order)
            if order.update_id is not None:
                await inbox.settle(conn, order.update_id, services.clock())
    except tasks.AlreadyOrdered:
        return None
    services.wake()
    await acknowledge(bot, asker, task)
    if task.thread_id != asker.thread_id:
        await _say_where(bot, asker, task)
    return task


async def _place(conn: AsyncConnection, services: Services, asker: Asker, order: Order) -> Task:
    now = services.clock()
    capability, request = order.capability, dict(order.request)
    rules = await group_rules(conn, asker)
    allowed = await bounds(conn, services.settings, asker, rules)
    allowed = allowed if order.is_paced else allowed.unpaced()
    held = await allowance.reserve(
        conn,
        owner_id=asker.owner_id,
        pictures=capability.pictures(request),
        limits=allowed.person,
        group=allowed.group,
        now=now,
        zone=services.settings.limits_timezone,
        named=lambda task: naming.named(task, asker),
    )
    if order.remember is not None:
        await people.choose(conn, asker.owner_id, capability.name, order.remember, now)
    thread_id = asker.thread_id if rules.topic is None else rules.topic or None
    task = await tasks.insert(
        conn,
        NewTask(
            order_key=order.key,
            capability=capability.name,
            kind=capability.kind(request),
            owner_id=asker.owner_id,
            chat_id=asker.chat_id,
            thread_id=thread_id,
            message_id=asker.message_id if thread_id == asker.thread_id else None,  # replies stay in their topic
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
    await capability.ordered(conn, task)
    return task


async def _end_dialog(conn: AsyncConnection, order: Order) -> None:
    """End the dialog that led to an order; raise `AlreadyOrdered` where somebody else has ordered or cancelled it."""
    if order.dialog_id is not None and not await dialogs.remove(conn, order.dialog_id):
        raise tasks.AlreadyOrdered(order.key)


async def admit(services: Services, asker: Asker) -> None:
    """Raise `NotAllowed` for whoever may not use the bot, before anything is asked."""
    async with services.store.read() as conn:
        await access.check(conn, asker.owner_id, services.settings)


async def check_allowed(services: Services, asker: Asker, capability: Capability) -> None:
    """Raise `NotAllowed` where the operator, or the admins of the asker's group, do not let them use a capability."""
    await admit(services, asker)
    await _check_group(services, asker, capability)


async def _check_group(services: Services, asker: Asker, capability: Capability) -> None:
    async with services.store.read() as conn:
        rules = await group_rules(conn, asker)
    if not rules.allows(capability.name):
        raise NotAllowed(
            text(
                "/{command} is not allowed in this group. Its admins can change that with /limits. "
                "In our private chat you can use it.",
                command=capability.commands[0],
            )
        )
    if rules.admits(asker.owner_id, is_admin=False):
        return
    if not await services.admins.has(asker.chat_id, asker.owner_id):
        raise NotAllowed(
            text(
                "In this group I work for its admins, and for those whom they name. They can change that with /limits. "
                "In our private chat I work for you."
            )
        )


async def group_rules(conn: AsyncConnection, asker: Asker) -> GroupRules:
    """Read what the admins of the asker's group have set; nothing is in private."""
    return GroupRules.load(None if asker.is_private else await chats.rules(conn, asker.chat_id))


async def bounds(conn: AsyncConnection, settings: Settings, asker: Asker, rules: GroupRules) -> Bounds:
    """Say what holds for an asker in their place."""
    person = await people.standing(conn, asker.owner_id)
    chat_id = None if asker.is_private else asker.chat_id
    return resolve(operator_limits(settings), quota=person.daily, chat_id=chat_id, rules=rules)


async def acknowledge(bot: Bot, asker: Asker, task: Task) -> None:
    """React to the message that asked, and show that a picture is on its way: neither costs a message."""
    gestures = [bot.send_chat_action(task.chat_id, ChatAction.UPLOAD_PHOTO, message_thread_id=task.thread_id)]
    if asker.message_id is not None:
        heard = ReactionTypeEmoji(ReactionEmoji.EYES)
        gestures.append(bot.set_message_reaction(asker.chat_id, asker.message_id, heard))
    for fault in await asyncio.gather(*gestures, return_exceptions=True):
        # A group may forbid reactions, the message may be gone: the task goes on all the same.
        if isinstance(fault, Exception):
            log.info("not_acknowledged", task=task.id, fault=type(fault).__name__)


async def _say_where(bot: Bot, asker: Asker, task: Task) -> None:
    """Point to the topic in which the answer will be; the task is on its way whether this comes through or not."""
    sentence = text(
        'In this group my answers go into one topic: <a href="{link}">you will find yours there</a>.',
        link=naming.link(task.chat_id, task.thread_id or GENERAL_TOPIC),
    )
    try:
        await messages.say(bot, asker, sentence)
    except TelegramError as fault:
        log.info("topic_not_told", task=task.id, fault=type(fault).__name__)


def operator_limits(settings: Settings) -> Limits:
    """Read the operator's ceiling from the settings."""
    return Limits(
        running=settings.max_running_tasks, daily=settings.daily_limit, interval=settings.min_interval_seconds
    )


async def beginning(services: Services, asker: Asker, capability: Capability) -> dict[str, Any]:
    """Give the answers that a person begins with: their last choices, for the rest the defaults."""
    async with services.store.read() as conn:
        chosen = await people.choices(conn, asker.owner_id, capability.name)
    return capability.start(chosen)
