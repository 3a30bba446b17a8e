import pytest
from telegram import BotCommandScopeChat
from telegram.error import BadRequest

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
    assert names == [*(one.commands[0] for one in registry.OFFERED), *(name for name, _ in OTHER_COMMANDS)]
    assert len(set(names)) == len(names)


async def test_admins_and_owners_are_offered_more(stage: Stage) -> None:
    owner = stage.person("Bob").id
    await profile.publish(stage.bot, [owner])
    scopes = {
        name: [each["command"] for each in stage.sandbox.profile.commands(scope, code)]
        for name, scope in (
            ("all", None),
            ("admins", {"type": "all_chat_administrators"}),
            ("owner", {"type": "chat", "chat_id": owner}),
        )
        for code in ("zh",)
    }
    operators = [name for name, _ in profile.OPERATOR_COMMANDS]
    assert scopes["admins"] == [*scopes["all"], "stats"]
    assert scopes["owner"] == [*scopes["all"], *operators]
    assert "ban" in operators


async def test_an_owner_who_is_unknown_yet_keeps_nobody_from_their_commands(stage: Stage) -> None:
    unknown, bob = 1, stage.person("Bob").id
    real = stage.bot.set_my_commands

    async def answer(commands: object, *, scope: object, language_code: str | None) -> bool:
        if isinstance(scope, BotCommandScopeChat) and scope.chat_id == unknown:
            raise BadRequest("Chat not found")
        return await real(commands, scope=scope, language_code=language_code)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(stage.bot), "set_my_commands", lambda _bot, *args, **more: answer(*args, **more))
        await profile.publish(stage.bot, [unknown, bob])
    assert stage.sandbox.profile.commands({"type": "chat", "chat_id": bob}, "")
    assert not stage.sandbox.profile.commands({"type": "chat", "chat_id": unknown}, "")


async def test_every_command_that_is_offered_is_known(stage: Stage) -> None:
    for command in profile.commands("en"):
        [answer] = await stage.say("Alice", f"/{command.command}")
        assert "I do not know" not in answer.text
