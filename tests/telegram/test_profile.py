import pytest

from bot.capabilities import registry
from bot.locales.text import LANGUAGES, Lang
from bot.telegram import profile
from bot.telegram.help import OTHER_COMMANDS
from tests.telegram.stage import Stage


async def test_clients_of_every_language_are_offered_the_commands(stage: Stage) -> None:
    await profile.publish(stage.bot)
    shown = {code: stage.sandbox.profile.shown_commands(code) for code in ("en", "zh", "de", "")}
    assert shown["en"] == shown["de"] == shown[""]
    assert [each["command"] for each in shown["zh"]] == [each["command"] for each in shown["en"]]
    for english, chinese in zip(shown["en"], shown["zh"], strict=True):
        assert english["description"].isascii()
        assert not chinese["description"].isascii()


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_every_command_is_listed_once(lang: Lang) -> None:
    names = [command.command for command in profile.commands(lang)]
    assert names == [*(one.commands[0] for one in registry.ALL), *(name for name, _ in OTHER_COMMANDS)]
    assert len(set(names)) == len(names)


async def test_every_command_that_is_offered_is_known(stage: Stage) -> None:
    for command in profile.commands("en"):
        [answer] = await stage.say("Alice", f"/{command.command}")
        assert "I do not know" not in answer.text
