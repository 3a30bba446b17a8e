import asyncio
from typing import Any

from bot.store import albums
from bot.store.albums import KEEP_SECONDS, MOST, Album
from bot.store.engine import Store

COMMAND = {"name": "upscale", "line": "2"}


def photo(number: int) -> dict[str, Any]:
    return {"file": f"photo-{number}"}


async def add(store: Store, number: int, **more: Any) -> Album:
    async with store.write() as conn:
        return await albums.add(conn, 70, "album", photo(number), **{"owner_id": 7, "now": 100.0, **more})


async def test_it_grows_in_order_and_each_picture_is_there_once(store: Store) -> None:
    first = await add(store, 1, command=COMMAND)
    assert first == Album(
        chat_id=70, album_id="album", owner_id=7, command=COMMAND, photos=[photo(1)], created_at=100.0
    )
    grown = [await add(store, number, now=130.0) for number in (2, 1, 3, 2)][-1]
    assert grown.photos == [photo(1), photo(2), photo(3)]
    # What began it stays.
    assert (grown.command, grown.created_at) == (COMMAND, 100.0)
    async with store.read() as conn:
        assert await albums.get(conn, 70, "album") == grown
        assert await albums.get(conn, 71, "album") is None
        assert await albums.get(conn, 70, "other") is None


async def test_it_takes_no_more_than_telegram_sends(store: Store) -> None:
    albums_then = [await add(store, number) for number in range(MOST + 2)]
    assert albums_then[-1].photos == [photo(number) for number in range(MOST)]


async def test_none_is_lost_of_those_that_come_at_once(store: Store) -> None:
    await asyncio.gather(*(add(store, number) for number in range(4)))
    async with store.read() as conn:
        album = await albums.get(conn, 70, "album")
    assert album is not None
    assert sorted(one["file"] for one in album.photos) == [f"photo-{n}" for n in range(4)]


async def test_a_caption_that_comes_later_is_the_albums(store: Store) -> None:
    """Any picture of an album may have it."""
    assert (await add(store, 1)).command is None
    assert (await add(store, 2, command=COMMAND)).command == COMMAND
    assert (await add(store, 3)).command == COMMAND


async def test_the_same_id_in_another_chat_is_another_album(store: Store) -> None:
    await add(store, 1)
    async with store.write() as conn:
        other = await albums.add(conn, 71, "album", photo(2), owner_id=8, now=100.0)
    assert (other.owner_id, other.photos) == (8, [photo(2)])


async def test_it_is_forgotten_in_time(store: Store) -> None:
    await add(store, 1)
    async with store.write() as conn:
        await albums.add(conn, 70, "young", photo(2), owner_id=7, now=101.0)
        assert await albums.forget(conn, before=100.0) == 0
        assert await albums.forget(conn, before=101.0) == 1
        assert await albums.get(conn, 70, "album") is None
        assert await albums.get(conn, 70, "young") is not None
    assert KEEP_SECONDS == 7 * 24 * 3600
