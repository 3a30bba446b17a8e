from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.limits import access
from bot.settings import Settings
from bot.store import people
from bot.store.engine import Store

OWNER, PERSON = 7, 8


def settings(**more: Any) -> Settings:
    keys = dict.fromkeys(("telegram_bot_token", "miaohua_access_key", "miaohua_secret_key"), "k")
    return Settings(_env_file=None, **{**keys, "owner_ids": str(OWNER), **more})


async def refusal_of(store: Store, person: int, **more: Any) -> str:
    async with store.read() as conn:
        try:
            await access.check(conn, person, settings(**more))
        except NotAllowed as refusal:
            return f"{refusal.code} {refusal.sentence.plain('en')}"
    return ""


async def judge(store: Store, person: int, **standing: float | None) -> None:
    async with store.write() as conn:
        await people.meet(conn, person, "Somebody", None, 5.0)
        await people.judge(conn, person, **standing)


async def test_open_is_for_all_but_the_banned(store: Store) -> None:
    assert not await refusal_of(store, PERSON)
    await judge(store, PERSON, banned_at=6.0)
    assert (await refusal_of(store, PERSON)).startswith("7 You cannot use this bot")
    await judge(store, PERSON, banned_at=None)
    assert not await refusal_of(store, PERSON)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_allowlist_is_for_owners_and_those_let_in(store: Store) -> None:
    assert str(PERSON) in await refusal_of(store, PERSON, access="allowlist")
    assert not await refusal_of(store, OWNER, access="allowlist")
    await judge(store, PERSON, allowed_at=6.0)
    assert not await refusal_of(store, PERSON, access="allowlist")
    await judge(store, PERSON, banned_at=7.0)
    assert "banned" in await refusal_of(store, PERSON, access="allowlist")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_owner_is_never_shut_out(store: Store) -> None:
    await judge(store, OWNER, banned_at=6.0)
    assert not await refusal_of(store, OWNER)
