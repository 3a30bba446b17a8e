from typing import Any

import pytest

from bot.store import presets
from bot.store.engine import Store
from bot.store.presets import NameTaken, NoRoom, Preset


def preset(name: str, **fields: Any) -> Preset:
    usual = {"owner_id": 1, "capability": "imagine", "options": {"size": [960, 960]}, "created_at": 1.0}
    return Preset(name=name, **{**usual, **fields})


async def names(store: Store, owner_id: int = 1) -> list[str]:
    async with store.read() as conn:
        return [one.name for one in await presets.of_owner(conn, owner_id)]


async def test_each_has_their_own_newest_first(store: Store) -> None:
    async with store.write() as conn:
        for when, name in enumerate(["Fox", "水彩"]):
            assert not await presets.save(conn, preset(name, created_at=float(when)))
        assert not await presets.save(conn, preset("Fox", owner_id=2, options={}))
        known = await presets.of_owner(conn, 1)
    assert [one.name for one in known] == ["水彩", "Fox"]
    assert presets.find(known, "fOX") == preset("Fox", created_at=0.0)
    assert presets.find(known, "Fo") is None
    assert await names(store, 2) == ["Fox"]


async def test_a_name_is_used_once_whatever_its_case(store: Store) -> None:
    async with store.write() as conn:
        await presets.save(conn, preset("Fox"))
        assert await presets.save(conn, preset("FOX", capability="upscale", options={"ratio": 2}))
        [held] = await presets.of_owner(conn, 1)
    assert (held.name, held.capability, held.options) == ("FOX", "upscale", {"ratio": 2})


async def test_there_is_a_bound_and_what_is_there_can_still_change(store: Store) -> None:
    async with store.write() as conn:
        for number in range(presets.MOST):
            await presets.save(conn, preset(f"n{number}"))
        with pytest.raises(NoRoom):
            await presets.save(conn, preset("one more"))
        assert await presets.save(conn, preset("N0"))
        assert not await presets.save(conn, preset("one more", owner_id=2))
    assert len(await names(store)) == presets.MOST


async def test_another_name(store: Store) -> None:
    async with store.write() as conn:
        for name in ("Fox", "Owl"):
            await presets.save(conn, preset(name))
        with pytest.raises(NameTaken):
            await presets.rename(conn, 1, "Fox", "OWL")
        assert await presets.rename(conn, 1, "Fox", "FOX")
        assert not await presets.rename(conn, 1, "Fox", "Cat")
        assert not await presets.rename(conn, 2, "Owl", "Cat")
    assert sorted(await names(store)) == ["FOX", "Owl"]


async def test_deleted_once(store: Store) -> None:
    async with store.write() as conn:
        await presets.save(conn, preset("Fox"))
        assert not await presets.remove(conn, 2, "Fox")
        assert [await presets.remove(conn, 1, "Fox") for _ in range(2)] == [True, False]
