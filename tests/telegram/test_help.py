import pytest

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.locales.text import LANGUAGES, Lang, Text
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.wire import user_json
from bot.telegram.help import OTHER_COMMANDS, details, greeting, overview
from tests.telegram.stage import Stage

LONGEST = 4096
SPEAKERS: dict[Lang, str] = {"en": "Alice", "zh_CN": "小明"}


def every_text() -> list[Text]:
    return [
        greeting(),
        *(overview(is_public=is_public) for is_public in (True, False)),
        *map(details, registry.OFFERED),
    ]


@pytest.mark.parametrize("lang", list(LANGUAGES))
@pytest.mark.parametrize(
    "sentence", every_text(), ids=["start", "help", "help-private", *(one.name for one in registry.OFFERED)]
)
def test_every_text_is_one_that_telegram_takes(sentence: Text, lang: Lang) -> None:
    words, marked = parse_html(sentence.html(lang))
    assert 0 < units(words) <= LONGEST
    assert any(entity.type == "code" for entity in marked)
    assert "{" not in words


@pytest.mark.parametrize("lang", list(LANGUAGES))
async def test_they_arrive_in_the_askers_language(stage: Stage, lang: Lang) -> None:
    who = SPEAKERS[lang]
    texts = {
        "/start": greeting(),
        "/help": overview(is_public=True),
        "/help imagine": details(registry.BY_NAME["imagine"]),
    }
    for line, sentence in texts.items():
        [answer] = await stage.say(who, line)
        words, _ = parse_html(sentence.html(lang))
        assert answer.text == words.strip()


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_overview_names_every_command(lang: Lang) -> None:
    words = overview(is_public=True).html(lang)
    for command in [*(one.commands[0] for one in registry.OFFERED), *(command for command, _ in OTHER_COMMANDS)]:
        assert f"/{command} " in words
    assert "PUBLIC_URL" not in words


class TestWithoutAPublicAddress:
    @pytest.fixture
    def settings(self) -> dict[str, None]:
        return {"public_url": None}

    async def test_what_is_off_is_named(self, stage: Stage) -> None:
        [answer] = await stage.say("Alice", "/help")
        [line] = [line for line in answer.text.splitlines() if "PUBLIC_URL" in line]
        off = {
            one.commands[0] for one in registry.OFFERED if f"/{one.commands[0]} " in line.partition("on pictures")[0]
        }
        assert off == {one.commands[0] for one in registry.OFFERED if one.needs_link}
        assert off < {one.commands[0] for one in registry.OFFERED}
        assert {"swap", "train", "erase", "edit", "upscale"} <= off
        assert not off & {"imagine", "stylize"}

    async def test_what_is_off_answers_so(self, stage: Stage) -> None:
        for one in registry.OFFERED:
            [answer] = await stage.say("Alice", f"/{one.commands[0]}")
            assert ("PUBLIC_URL" in answer.text) is one.needs_link
            assert bool(answer.buttons) is not one.needs_link


async def test_what_nothing_can_be_made_from(stage: Stage) -> None:
    alice = stage.person("Alice")
    stage.chat("Alice").started = True
    note = {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}}
    place = {"message_id": 1, "date": 1, "chat": {"id": alice.id, "type": "private"}, "from": user_json(alice)}
    stage.sandbox.updates.push("message", {**place, **note})
    await stage.handle()
    [answer] = stage.shown(stage.chat("Alice"))
    assert "photos and words" in answer.text


@pytest.mark.parametrize("capability", registry.OFFERED, ids=lambda one: one.name)
def test_the_details_name_every_flag_with_what_it_allows(capability: Capability) -> None:
    words, _ = parse_html(details(capability).html("en"))
    assert capability.example in words
    for option in capability.options:
        for flag in (*option.flags, *option.sets):
            assert f"--{flag}" in words
        if option.flags:
            assert option.kind.allowed().plain("en") in words


@pytest.mark.parametrize(
    "line", ["/help imagine", "/help /imagine", "/help IMAGINE please", "/help@picture_studio_bot imagine"]
)
async def test_more_about_one(stage: Stage, line: str) -> None:
    [answer] = await stage.say("Alice", line)
    assert "--steps" in answer.text


async def test_more_about_what_there_is_not_is_the_overview(stage: Stage) -> None:
    [answer] = await stage.say("Alice", "/help me")
    assert "/tasks" in answer.text
    assert "--steps" not in answer.text


async def test_unknown_commands_are_answered_in_private_only(stage: Stage) -> None:
    [answer] = await stage.say("Alice", "/weather")
    assert "/help" in answer.text
    assert await stage.say("Alice", "/weather", to="Picture friends") == []
    [answer] = await stage.say("Alice", "/help", to="Picture friends")
    assert answer.chat_id == stage.chat("Picture friends").id
