"""The tables of LoRAs that were trained here, and of the groups that they are shared with.

A training's row of `loras` is written when it succeeds. Until then, and where we never hear of it, the vendor may list
what it brought under nothing but its name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import RowMapping, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import upsert
from bot.store.tables import lora_shares, loras, tasks
from bot.store.task import State

# The capability whose tasks bring LoRAs.
TRAINING = "train"

_L, _S, _T = loras.c, lora_shares.c, tasks.c
_IS_OWN = _L.owner_id == bindparam("owner")
_IS_SHARED = sa.exists().where(_S.lora_id == _L.id, _S.chat_id == bindparam("chat"))
_IS_SHARE = sa.and_(_S.lora_id == bindparam("lora"), _S.chat_id == bindparam("chat"))

_INSERT = upsert.insert(loras).on_conflict_do_nothing()
_OF_TASK = sa.select(loras).where(_L.task_id == bindparam("task"))
_SEEN_BY = sa.select(loras).where(sa.or_(_IS_OWN, _IS_SHARED)).order_by(_L.created_at.desc(), _L.id)
_HIDDEN_FROM = sa.select(_L.id).where(~sa.or_(_IS_OWN, _IS_SHARED))
_MAY_BRING = sa.or_(
    _T.state.in_([State.SUBMITTING, State.RUNNING, State.UNCERTAIN]),
    sa.and_(_T.state == State.EXPIRED, _T.vendor_id.is_not(None)),  # the others were never ordered
)
IS_AWAITED = sa.and_(_T.capability == TRAINING, _MAY_BRING, ~sa.exists().where(_L.task_id == _T.id))
_AWAITED_BY_OTHERS = sa.select(_T.request).where(IS_AWAITED, _T.owner_id != bindparam("owner"))
_SHARE = upsert.insert(lora_shares).on_conflict_do_nothing()
_UNSHARE = sa.delete(lora_shares).where(_IS_SHARE)
_SHARED_WITH = sa.select(_S.chat_id).where(_S.lora_id == bindparam("lora"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """A row of `loras`. `id` and `base_model_type`, the models that it goes with, are the vendor's words."""

    id: str
    owner_id: int
    task_id: int | None
    name: str
    base_model_type: str
    trigger_words: str
    created_at: float

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        return cls(**row)


async def insert(conn: AsyncConnection, lora: Lora) -> None:
    """Write a LoRA down; one that is there stays as it is."""
    await conn.execute(_INSERT, asdict(lora))


async def of_task(conn: AsyncConnection, task_id: int) -> Lora | None:
    """Find the LoRA that a task trained."""
    found = await _listed(conn, _OF_TASK, {"task": task_id})
    return found[0] if found else None


async def seen_by(conn: AsyncConnection, owner_id: int, chat_id: int) -> list[Lora]:
    """List a person's own LoRAs and those shared with the chat, newest first."""
    return await _listed(conn, _SEEN_BY, {"owner": owner_id, "chat": chat_id})


async def hidden_from(conn: AsyncConnection, owner_id: int, chat_id: int) -> frozenset[str]:
    """Give the ids of the LoRAs that are neither the person's nor shared with the chat."""
    return frozenset(await conn.scalars(_HIDDEN_FROM, {"owner": owner_id, "chat": chat_id}))


async def awaited_by_others(conn: AsyncConnection, owner_id: int) -> frozenset[str]:
    """Give the digests of the names of what others train, or may have trained, and what has no row yet."""
    requests = await conn.scalars(_AWAITED_BY_OTHERS, {"owner": owner_id})
    return frozenset(request.get("digest") or digest_of(request["name"]) for request in requests)


def digest_of(name: str) -> str:
    """Give what a name can be known again by, and not be read from."""
    return hashlib.sha256(name.encode()).hexdigest()


def nameless(request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of a training's request what its LoRA's row, and its being hidden until then, need."""
    digest = request.get("digest") or digest_of(request["name"])
    return {"name": "", "trigger": "", "base": {"type": request["base"]["type"]}, "digest": digest}


async def share(conn: AsyncConnection, lora_id: str, chat_id: int) -> None:
    """Let everybody in a chat use a LoRA."""
    await conn.execute(_SHARE, {"lora_id": lora_id, "chat_id": chat_id})


async def unshare(conn: AsyncConnection, lora_id: str, chat_id: int) -> None:
    """Take a LoRA back from a chat."""
    await conn.execute(_UNSHARE, {"lora": lora_id, "chat": chat_id})


async def shared_with(conn: AsyncConnection, lora_id: str) -> frozenset[int]:
    """Give the chats that a LoRA is shared with."""
    return frozenset(await conn.scalars(_SHARED_WITH, {"lora": lora_id}))


async def move_chat(conn: AsyncConnection, old: int, new: int) -> None:
    """Follow a group that became a supergroup."""
    already = sa.select(_S.lora_id).where(_S.chat_id == new)
    await conn.execute(sa.update(lora_shares).where(_S.chat_id == old, _S.lora_id.not_in(already)).values(chat_id=new))
    await conn.execute(sa.delete(lora_shares).where(_S.chat_id == old))


async def _listed(conn: AsyncConnection, statement: sa.Executable, params: Mapping[str, Any]) -> list[Lora]:
    return [Lora.from_row(row) for row in (await conn.execute(statement, params)).mappings()]
