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


async def test_some_choices_change_and_the_others_stay(store: Store) -> None:
    async with store.write() as conn:
        await people.choose(conn, 1, "imagine", {"n": 4, "format": "JPG"}, 5.0)
        await people.change(conn, 1, {"imagine": {"format": "PNG"}, "upscale": {"format": "PNG"}}, 6.0)
        await people.change(conn, 2, {"imagine": {"n": 1}}, 6.0)
        assert await people.all_choices(conn, 1) == {
            "imagine": {"n": 4, "format": "PNG"},
            "upscale": {"format": "PNG"},
        }
        assert await people.all_choices(conn, 2) == {"imagine": {"n": 1}}


async def test_everything_chosen_is_forgotten(store: Store) -> None:
    async with store.write() as conn:
        await people.forget(conn, 1)
        for person in (1, 2):
            await people.choose(conn, person, "imagine", {"n": 4}, 5.0)
            await people.set_lang(conn, person, "en", 5.0)
        await people.forget(conn, 1)
        assert (await people.all_choices(conn, 1), await people.lang(conn, 1)) == ({}, None)
        assert (await people.all_choices(conn, 2), await people.lang(conn, 2)) == ({"imagine": {"n": 4}}, "en")
