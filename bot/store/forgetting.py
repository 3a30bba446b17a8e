"""Rows that go: all of a person's, when they ask for it, and everybody's, when they are old.

What stays of a person is what others rely on: figures without a name, today's allowance, what the operator has said
of them, and that their LoRAs are nobody else's.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import chat_log
from bot.store import chats as group_rules
from bot.store.loras import IS_AWAITED, nameless
from bot.store.tables import (
    albums,
    allowances,
    broadcast_posts,
    broadcasts,
    chats,
    collected,
    dialogs,
    group_allowances,
    lora_shares,
    loras,
    people,
    pictures,
    presets,
    tasks,
)
from bot.store.task import FINISHED, UNFINISHED, Task

# Whose the LoRAs of forgotten people are, and the trainings that may still bring one. The vendor lists them on: without
# their rows they would be everybody's.
NOBODY = -1

_PERSON: sa.BindParameter[int] = bindparam("person")
_T = tasks.c
_IS_OWN = _T.owner_id == _PERSON

_NOBODYS = {
    "owner_id": NOBODY,
    "chat_id": 0,
    "lang": "en",
    **dict.fromkeys(
        ("thread_id", "message_id", "status_message_id", "buttons_message_id", "parent_id", "parent_index")
    ),
    **dict.fromkeys(("reason", "notes", "allowance_day")),
    "reserved": 0,
}

_UNFINISHED = sa.select(tasks).where(_IS_OWN, _T.state.in_(sorted(UNFINISHED))).order_by(_T.id)
_HOLD_UNFINISHED = _UNFINISHED.with_for_update(key_share=True)
_OWN_TASKS = sa.select(_T.id).where(_IS_OWN)
_OWN_DIALOGS = sa.select(dialogs.c.id).where(dialogs.c.owner_id == _PERSON)
_IS_COLLECTED = sa.or_(collected.c.task_id.in_(_OWN_TASKS), collected.c.collection_id.in_(_OWN_DIALOGS))
_COLLECTIONS = sa.select(collected.c.collection_id).where(_IS_COLLECTED).distinct()
_OWN_LORAS = sa.select(loras.c.id).where(loras.c.owner_id == _PERSON)
_HAS_MARK = sa.or_(*(column.is_not(None) for column in (people.c.daily, people.c.allowed_at, people.c.banned_at)))
_IS_PERSON = people.c.id == _PERSON

_FORGET_COLLECTED = sa.delete(collected).where(_IS_COLLECTED)

# In this order: what refers to a row goes before it, or is found by it.
_FORGET_PERSON: tuple[sa.Executable, ...] = (
    sa.delete(lora_shares).where(lora_shares.c.lora_id.in_(_OWN_LORAS)),
    sa.update(loras)
    .where(loras.c.owner_id == _PERSON)
    .values(owner_id=NOBODY, task_id=None, name="", trigger_words=""),
    sa.delete(pictures).where(pictures.c.task_id.in_(_OWN_TASKS)),
    sa.delete(tasks).where(_IS_OWN),
    sa.delete(dialogs).where(dialogs.c.owner_id == _PERSON),
    sa.delete(albums).where(albums.c.owner_id == _PERSON),
    sa.delete(presets).where(presets.c.owner_id == _PERSON),
    sa.delete(allowances).where(
        allowances.c.scope == "user", allowances.c.subject_id == _PERSON, allowances.c.day != bindparam("today")
    ),
    sa.delete(group_allowances).where(
        group_allowances.c.member_id == _PERSON, group_allowances.c.day != bindparam("today")
    ),
    sa.delete(broadcast_posts).where(broadcast_posts.c.chat_id == _PERSON),
    sa.delete(broadcasts).where(
        broadcasts.c.author_id == _PERSON, sa.or_(broadcasts.c.begun_at.is_(None), broadcasts.c.ended_at.is_not(None))
    ),
    sa.delete(chats).where(chats.c.id == _PERSON),
    sa.delete(people).where(_IS_PERSON, ~_HAS_MARK),
    sa.update(people).where(_IS_PERSON).values(lang=None, choices=bindparam("none"), name=None, username=None),
)

# Tasks end in about the order in which they were asked for: the first that are old are among the first there are.
_FIRST = (
    sa.select(_T.id, _T.state, _T.next_at, _T.finished_at)
    .where(sa.not_(sa.and_(_T.owner_id == NOBODY, IS_AWAITED)))
    .order_by(_T.id)
    .limit(bindparam("most"))
    .subquery()
)
_OLD = sa.select(_FIRST.c.id).where(
    _FIRST.c.state.in_(sorted(FINISHED)), _FIRST.c.next_at.is_(None), _FIRST.c.finished_at < bindparam("before")
)
_EXPIRE_TASKS = sa.delete(tasks).where(_T.id.in_(_OLD))
_EXPIRE_DAYS = tuple(sa.delete(table).where(table.c.day < bindparam("day")) for table in (allowances, group_allowances))


async def unfinished(conn: AsyncConnection, person_id: int) -> list[Task]:
    """List a person's tasks that are not finished, errands included."""
    return [Task.from_row(row) for row in (await conn.execute(_UNFINISHED, {"person": person_id})).mappings()]


async def hold_unfinished(conn: AsyncConnection, person_id: int) -> list[Task]:
    """List them as `unfinished` does; on PostgreSQL they are this transaction's until its end."""
    return [Task.from_row(row) for row in (await conn.execute(_HOLD_UNFINISHED, {"person": person_id})).mappings()]


async def collections_of(conn: AsyncConnection, person_id: int) -> list[int]:
    """List the collections of pictures that a person has begun."""
    return list(await conn.scalars(_COLLECTIONS, {"person": person_id}))


async def forget(conn: AsyncConnection, person_id: int, *, today: str) -> None:
    """Delete a person's rows; `today` is the day whose allowance stays, so that forgetting is no way around it.

    Other people's tasks that went on from theirs stay, and LoRAs that only they could use nobody can use any more.
    Trainings that may still bring one stay as nobody's: nothing in them tells whose they were.
    """
    given: Mapping[str, Any] = {"person": person_id, "today": today, "none": {}}
    await conn.execute(_FORGET_COLLECTED, given)
    await _give_away(conn, _IS_OWN, given)
    for statement in _FORGET_PERSON:
        await conn.execute(statement, given)
    await group_rules.dismiss(conn, person_id)
    await chat_log.forget(conn, person_id)


async def expire_tasks(conn: AsyncConnection, before: float, limit: int) -> int:
    """Delete tasks that finished before a moment, with their pictures, and say how many; looks at the first `limit`.

    A training of which nobody can say whether it brought a LoRA stays as nobody's.
    """
    await _give_away(conn, _T.id.in_(_OLD), {"before": before, "most": limit})
    return (await conn.execute(_EXPIRE_TASKS, {"before": before, "most": limit})).rowcount


async def _give_away(conn: AsyncConnection, which: sa.ColumnElement[bool], given: Mapping[str, Any]) -> None:
    """Let trainings whose LoRA may still come be nobody's. Whoever holds one goes on: it is leased as before."""
    for task_id, request in (await conn.execute(sa.select(_T.id, _T.request).where(which, IS_AWAITED), given)).all():
        nobodys = sa.update(tasks).where(_T.id == task_id).values(**_NOBODYS, request=nameless(request))
        await conn.execute(nobodys)


async def expire_days(conn: AsyncConnection, before: str) -> None:
    """Delete what was used of the allowances of days before that one."""
    for statement in _EXPIRE_DAYS:
        await conn.execute(statement, {"day": before})
