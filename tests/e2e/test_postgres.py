"""The same bot on PostgreSQL."""

import pytest

from tests.e2e.studio import Studio, has_result

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url}


async def test_the_whole_way_and_a_kill(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --n 2")
    await studio.answer("Alice", has_result)
    await studio.say("小明", "/imagine")
    await studio.answer("小明")
    await studio.bot.kill()
    await studio.bot.start()
    await studio.say("小明", "狐狸")
    panel = await studio.answer("小明", lambda message: len(message.buttons) > 1)
    await studio.press("小明", panel, "✨ 开始生成")
    await studio.answer("小明", has_result)
    assert [order["prompt"] for order in studio.orders()] == ["a fox", "狐狸"]
