import asyncio

from bot.store import people
from bot.store.engine import Store


async def test_choices_are_kept_by_capability(store: Store) -> None:
    async with store.write() as conn:
        assert await people.choices(conn, 1, "imagine") == {}
        await people.choose(conn, 1, "imagine", {"n": 4, "size": "方形"}, 5.0)
        await people.choose(conn, 1, "erase", {"n": 1}, 6.0)
        await people.choose(conn, 1, "imagine", {"n": 2}, 7.0)
        await people.remember(conn, 1, 8.0)
        assert await people.choices(conn, 1, "imagine") == {"n": 2}
        assert await people.choices(conn, 1, "erase") == {"n": 1}
        assert await people.choices(conn, 2, "imagine") == {}


async def test_choices_made_at_once_are_all_kept(store: Store) -> None:
    async def choose(capability: str) -> None:
        async with store.write() as conn:
            await people.choose(conn, 1, capability, {"n": 1}, 5.0)

    names = [f"c{number}" for number in range(8)]
    await asyncio.gather(*map(choose, names))
    async with store.read() as conn:
        assert [await people.choices(conn, 1, name) for name in names] == [{"n": 1}] * 8


async def test_a_language_is_chosen_and_left_to_the_client_again(store: Store) -> None:
    async with store.write() as conn:
        assert await people.lang(conn, 1) is None
        await people.set_lang(conn, 1, "zh_CN", 5.0)
        assert await people.lang(conn, 1) == "zh_CN"
        await people.set_lang(conn, 1, None, 6.0)
        assert await people.lang(conn, 1) is None
