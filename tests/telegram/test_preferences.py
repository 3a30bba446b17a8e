from typing import Any

import pytest

from bot.capabilities import registry
from bot.locales.text import LANGUAGES, Lang
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import people
from bot.telegram.preferences import LANGUAGE, SETTINGS, Panel
from tests.telegram.restarting import restarted
from tests.telegram.stage import Stage, data_of, labels

GROUP = "Picture friends"


def now_of(stage: Stage, shown: ChatMessage) -> ChatMessage:
    """Read a message as it is now."""
    chat = stage.sandbox.world.chats[shown.chat_id]
    return next(message for message in stage.shown(chat) if message.message_id == shown.message_id)


async def choose(stage: Stage, shown: ChatMessage, *labels_: str, who: str = "Alice") -> ChatMessage:
    for label in labels_:
        assert await stage.press(who, shown, data_of(shown, label)) == ""
        shown = now_of(stage, shown)
    return shown


async def held(stage: Stage, who: str = "Alice") -> dict[str, dict[str, Any]]:
    async with stage.store.read() as conn:
        return await people.all_choices(conn, stage.person(who).id)


async def test_shows_each_setting_with_its_value(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    assert shown.text.splitlines()[3:] == [
        "Model: automatic",
        "Size: 960×960",
        "Pictures: 1",
        "Format: JPG",
        "Watermark: none",
        "As a file: off",
        "Language: as in your Telegram",
    ]
    assert labels(shown) == [
        *("Model", "Size", "Pictures", "Format", "Watermark", "As a file", "Language"),
        "Reset all",
    ]


async def test_what_is_set_is_what_the_next_request_begins_with(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    async with restarted(stage):
        shown = await choose(stage, shown, "Size", "16:9", "Pictures", "4", "As a file", "on")
    assert "Size: 1280×720" in shown.text
    assert "Pictures: 4" in shown.text
    await stage.say("Alice", "/imagine a fox")
    [task] = await stage.tasks()
    assert (task.request["size"], task.request["samples"], task.request["file"]) == ([1280, 720], 4, True)


async def test_what_was_chosen_last_is_what_is_shown(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a fox --n 2 --ar 3:4 --model 秒画 0.5.0")
    await stage.say("Alice", "/imagine a fox --n 2 --ar 3:4")
    [shown] = await stage.say("Alice", "/settings")
    assert "Pictures: 2" in shown.text
    shown = await choose(stage, shown, "Pictures")
    assert "✓ 2" in labels(shown)


async def test_format_watermark_and_file_are_set_for_all_that_have_them(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    await choose(stage, shown, "Format", "PNG", "Watermark", "made by AI", "As a file", "on")
    for name in ("format", "logo", "file"):
        having = {one.name for one in registry.OFFERED if any(o.name == name and o.remembered for o in one.options)}
        assert {"imagine", "upscale", "stylize"} <= having
        assert {capability for capability, options in (await held(stage)).items() if name in options} == having
    assert (await held(stage))["upscale"]["format"] == "PNG"


async def test_commands_that_differ_are_said_to(stage: Stage) -> None:
    async with stage.store.write() as conn:
        await people.change(conn, stage.person("Alice").id, {"upscale": {"format": "PNG"}}, 1.0)
    [shown] = await stage.say("Alice", "/settings")
    assert "Format: not the same in all commands" in shown.text
    shown = await choose(stage, shown, "Format")
    assert not any("✓" in label for label in labels(shown))
    assert "Format: PNG" in (await choose(stage, shown, "PNG")).text


async def test_the_model_is_chosen_from_the_list_that_leads_back(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    shown = await choose(stage, shown, "Model", "秒画 V1.0", "Show ids", "« Back")
    assert "Model: 秒画 V1.0" in shown.text


async def test_the_language_changes_at_once(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    shown = await choose(stage, shown, "Language", "简体中文")
    assert "尺寸" in shown.text
    [answer] = await stage.say("Alice", "/tasks")
    assert "没有" in answer.text
    [shown] = await stage.say("Alice", "/settings")
    [to_language] = [str(button.data) for button in shown.buttons if f":{LANGUAGE.name}" in str(button.data)]
    await stage.press("Alice", shown, to_language)
    shown = now_of(stage, shown)
    assert "✓ 简体中文" in labels(shown)
    alice = stage.person("Alice").id
    await stage.press("Alice", shown, f"s:set:{alice}:lang:auto")
    assert "Size: 960×960" in now_of(stage, shown).text


async def test_in_a_group_with_a_language_of_its_own_it_stays(stage: Stage) -> None:
    await stage.say("Alice", "/limits lang zh", to=GROUP)
    [shown] = await stage.say("Bob", "/settings", to=GROUP)
    shown = await choose(stage, shown, "语言", "English", who="Bob")
    assert "尺寸" in shown.text


async def test_all_is_reset_once_that_is_confirmed(stage: Stage) -> None:
    [shown] = await stage.say("Alice", "/settings")
    shown = await choose(stage, shown, "Pictures", "4", "Reset all")
    assert len(await held(stage)) == 1
    shown = await choose(stage, shown, "Keep")
    assert "Pictures: 4" in shown.text
    shown = await choose(stage, shown, "Reset all", "Yes")
    assert "Pictures: 1" in shown.text
    assert await held(stage) == {}


class TestWhoMayPress:
    async def test_its_owner_alone(self, stage: Stage) -> None:
        [shown] = await stage.say("Alice", "/settings", to=GROUP)
        for data in [*(str(button.data) for button in shown.buttons), f"s:yes:{stage.person('Alice').id}"]:
            assert "somebody else" in str(await stage.press("Bob", shown, data))
        assert now_of(stage, shown) == shown
        await choose(stage, shown, "Pictures", "4")
        assert (await held(stage), await held(stage, "Bob")) == ({"imagine": {"samples": 4}}, {})

    async def test_nobody_sets_somebody_elses_in_private(self, stage: Stage) -> None:
        [shown] = await stage.say("Bob", "/settings")
        await stage.press("Bob", shown, f"s:set:{stage.person('Alice').id}:samples:4")
        assert (await held(stage), await held(stage, "Bob")) == ({}, {"imagine": {"samples": 4}})

    async def test_a_groups_own_are_not_to_be_made_up_elsewhere(self, stage: Stage) -> None:
        [shown] = await stage.say("Bob", "/settings", to=GROUP)
        forum = stage.chat("Picture forum").id
        assert "out of date" in str(await stage.press("Bob", shown, f"s:set:{forum}:samples:4"))
        async with stage.store.read() as conn:
            assert await people.all_choices(conn, forum) == {}

    @pytest.mark.parametrize("who", ["Alice", "Bob"])
    async def test_an_anonymous_admins_are_the_admins(self, stage: Stage, who: str) -> None:
        [shown] = await stage.say("Alice", "/settings", to="Picture forum", voice="group")
        answer = await stage.press(who, shown, data_of(shown, "Pictures"))
        assert answer == "" if who == "Alice" else "somebody else" in str(answer)

    @pytest.mark.parametrize(
        "data", ["s:polish:1", "s:main:1:2", "s:opt:1:model", "s:opt:1:steps", "s:set:1:model:x", "s:set:1", "s:main:x"]
    )
    async def test_buttons_that_nobody_made_are_out_of_date(self, stage: Stage, data: str) -> None:
        [shown] = await stage.say("Alice", "/settings")
        assert "out of date" in str(await stage.press("Alice", shown, data))
        assert await held(stage) == {}

    async def test_values_that_nobody_offered_are_checked(self, stage: Stage) -> None:
        [shown] = await stage.say("Alice", "/settings")
        await stage.press("Alice", shown, f"s:set:{stage.person('Alice').id}:samples:99")
        assert "99" in stage.shown(stage.chat("Alice"))[-1].text
        assert await held(stage) == {}


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_every_screen_is_one_that_telegram_takes(lang: Lang) -> None:
    defaults = {name: setting.values({}) or [LANGUAGE.default] for name, setting in SETTINGS.items()}
    panel = Panel(-1009999999999, {**defaults, "model": [{"id": "m", "name": "画" * 128}]})
    screens = [panel.main(), panel.confirm(), *(panel.choices(setting.option) for setting in SETTINGS.values())]
    for view in screens:
        assert 0 < len(view.body.html(lang)) <= 4096
        for row in view.rows:
            for button in row:
                assert len(button.data.encode()) <= 64
