from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import BadValue
from bot.locales.text import LANGUAGES, Lang
from bot.sandbox.telegram.parsing import parse_html
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.telegram.people.speaking import Voice
from bot.store import dialogs, presets
from bot.store.presets import Preset
from bot.store.task import State, Task
from bot.telegram import preset_names
from bot.telegram.presets_view import PER_PAGE, Page
from tests.telegram.restarting import restarted
from tests.telegram.stage import Stage, data_of, delivery_of, labels, picture_bytes

GROUP = "Picture friends"

AddTask = Callable[..., Awaitable[Task]]


@pytest.fixture
def result(stage: Stage, delivering: AddTask) -> Callable[..., Awaitable[ChatMessage]]:
    """Deliver a picture of Alice's; give its message."""

    async def make(request: dict[str, Any] | None = None, **columns: Any) -> ChatMessage:
        task = await delivering(request=request, **columns)
        await stage.bring(task, picture_bytes())
        before = set(stage.sandbox.world.chats[task.chat_id].messages)
        await delivery_of(stage).deliver(task)
        await stage.change(task, state=State.DELIVERED, next_at=None)
        return next(
            message
            for message in stage.shown(stage.sandbox.world.chats[task.chat_id])
            if message.message_id not in before
        )

    return make


Result = Callable[..., Awaitable[ChatMessage]]


async def held(stage: Stage, who: str = "Alice") -> list[Preset]:
    async with stage.store.read() as conn:
        return await presets.of_owner(conn, stage.person(who).id)


async def save(stage: Stage, *names: str, capability: str = "imagine", **options: Any) -> None:
    async with stage.store.write() as conn:
        for name in names:
            stage.now += 1
            row: dict[str, Any] = {"owner_id": stage.person("Alice").id, "capability": capability, "options": options}
            await presets.save(conn, Preset(name=name, created_at=stage.now, **row))


def now_of(stage: Stage, shown: ChatMessage) -> ChatMessage:
    chat = stage.sandbox.world.chats[shown.chat_id]
    return next(message for message in stage.shown(chat) if message.message_id == shown.message_id)


def question_of(stage: Stage) -> int:
    """Give the message in which Alice is asked for a name."""
    question = stage.shown(stage.chat("Alice"))[-1]
    assert question.force_reply
    return question.message_id


async def test_the_options_of_a_result_under_a_name(stage: Stage, result: Result) -> None:
    shown = await result({"size": [1280, 720], "samples": 2, "negative": "blur", "steps": 33})
    [said] = await stage.say("Alice", "/preset save My look", reply_to=shown.message_id)
    assert "Saved as “My look”" in said.text
    assert '/imagine --preset "My look"' in said.text
    [preset] = await held(stage)
    assert (preset.name, preset.capability) == ("My look", "imagine")
    assert (preset.options["size"], preset.options["negative"], preset.options["steps"]) == ([1280, 720], "blur", 33)
    assert not {"prompt", "photo"} & set(preset.options)


async def test_a_button_asks_for_the_name(stage: Stage, result: Result) -> None:
    shown = await result({"size": [1280, 720]})
    assert await stage.press("Alice", shown, data_of(shown, "⭐")) == ""
    question = stage.shown(stage.chat("Alice"))[-1]
    assert "be called" in question.text
    async with restarted(stage):
        said = (await stage.say("Alice", "  Wide \n fox ", reply_to=question.message_id))[-1]
    assert "“Wide fox”" in said.text
    assert question.message_id not in {message.message_id for message in stage.shown(stage.chat("Alice"))}
    [preset] = await held(stage)
    assert preset.name == "Wide fox"
    [said] = await stage.say("Alice", "hello")
    assert "Tell me what to draw" in said.text


@pytest.mark.parametrize("name", ["x" * 33, 'a "fox"', "“fox”", "-fox", "—fox"])
async def test_a_name_that_could_not_be_typed_is_refused_and_asked_for_again(
    stage: Stage, result: Result, name: str
) -> None:
    shown = await result()
    await stage.press("Alice", shown, data_of(shown, "⭐"))
    [said] = await stage.say("Alice", name, reply_to=question_of(stage))
    assert "1 to 32 characters" in said.text
    [said] = await stage.say("Alice", files={"a.jpg": picture_bytes()}, reply_to=said.message_id)
    assert "as a text" in said.text
    await stage.say("Alice", "fox", reply_to=said.message_id)
    assert [preset.name for preset in await held(stage)] == ["fox"]
    assert [one for one in stage.shown(stage.chat("Alice")) if one.force_reply] == []


async def test_the_question_can_be_left_alone(stage: Stage, result: Result) -> None:
    shown = await result()
    await stage.press("Alice", shown, data_of(shown, "⭐"))
    [said] = await stage.say("Alice", "fox")
    assert "Tell me what to draw" in said.text
    assert await held(stage) == []


async def test_a_dialog_that_is_open_stays_so(stage: Stage, result: Result) -> None:
    shown = await result()
    [panel] = await stage.say("Alice", "/imagine")
    async with stage.store.read() as conn:
        before = await dialogs.get(conn, panel.chat_id, None, stage.person("Alice").id, stage.now)
    assert await stage.press("Alice", shown, data_of(shown, "⭐")) == ""
    await stage.say("Alice", "Fox", reply_to=question_of(stage))
    await stage.say("Alice", "/presets")
    page = stage.shown(stage.chat("Alice"))[-1]
    await stage.press("Alice", page, data_of(page, "▶️ Fox").replace(":use:", ":name:"))
    await stage.say("Alice", "Owl", reply_to=question_of(stage))
    assert [preset.name for preset in await held(stage)] == ["Owl"]
    async with stage.store.read() as conn:
        assert before is not None
        assert await dialogs.get(conn, panel.chat_id, None, stage.person("Alice").id, stage.now) == before
    assert now_of(stage, panel) == panel


async def test_what_only_looks_like_a_question_is_none(stage: Stage, result: Result) -> None:
    shown = await result()
    await stage.press("Alice", shown, data_of(shown, "⭐"))
    asked = stage.chat("Alice").messages[question_of(stage)]
    asked.sender = stage.person("Bob")
    [said] = await stage.say("Alice", "fox", reply_to=asked.id)
    assert "Tell me what to draw" in said.text
    [said] = await stage.say("Alice", "fox", reply_to=shown.message_id)
    assert "Tell me what to draw" in said.text


async def test_in_a_group_the_name_is_an_answer_to_the_question(stage: Stage, result: Result) -> None:
    shown = await result(chat_id=stage.chat(GROUP).id)
    await stage.press("Bob", shown, data_of(shown, "⭐"))
    question = stage.shown(stage.chat(GROUP))[-1]
    assert question.force_reply
    assert await stage.say("Alice", "mine", to=GROUP, reply_to=question.message_id) == []
    [said] = await stage.say("Bob", "Fox", to=GROUP, reply_to=question.message_id)
    assert "Saved" in said.text
    assert ([one.name for one in await held(stage, "Bob")], await held(stage)) == (["Fox"], [])


async def test_an_anonymous_admins_preset_gets_another_name(stage: Stage) -> None:
    forum = stage.chat("Picture forum")
    row: dict[str, Any] = {"capability": "imagine", "options": {}, "created_at": stage.now}
    async with stage.store.write() as conn:
        await presets.save(conn, Preset(owner_id=forum.id, name="Fox", **row))
    [page] = await stage.say("Alice", "/presets", to="Picture forum", voice="group")
    rename = data_of(page, "▶️ Fox").replace(":use:", ":name:")
    answers: list[tuple[str, Voice]] = [("Owl", "group"), ("Cat", "user")]  # the admin answers so or so
    for name, voice in answers:
        assert await stage.press("Alice", page, rename) == ""
        asked = stage.shown(forum)[-1].message_id
        assert await stage.say("Bob", "mine", to="Picture forum", reply_to=asked) == []
        [said] = await stage.say("Alice", name, to="Picture forum", reply_to=asked, voice=voice)
        assert f"is now called “{name}”" in said.text
        [page] = await stage.say("Alice", "/presets", to="Picture forum", voice="group")
        rename = data_of(page, f"▶️ {name}").replace(":use:", ":name:")


async def test_without_a_result_it_says_how(stage: Stage, result: Result) -> None:
    shown = await result()
    for reply_to in (None, (await stage.say("Alice", "/help"))[0].message_id):
        [said] = await stage.say("Alice", "/preset save Fox", reply_to=reply_to)
        assert "Answer one of my results" in said.text
    await stage.say("Alice", "/preset save", reply_to=shown.message_id)
    [said] = await stage.say("Alice", "Fox", reply_to=question_of(stage))
    assert "Saved" in said.text


async def test_a_result_shown_again_is_known_by_its_buttons(stage: Stage, result: Result) -> None:
    await result({"seed": 99})
    await stage.say("Alice", "/history")
    page = stage.shown(stage.chat("Alice"))[-1]
    await stage.press("Alice", page, data_of(page, "👁"))
    again = stage.shown(stage.chat("Alice"))[-1]
    await stage.say("Alice", "/preset save Fox", reply_to=again.message_id)
    assert [one.options["seed"] for one in await held(stage)] == [99]


async def test_a_preset_in_a_command(stage: Stage) -> None:
    await save(stage, "Wide fox", size=[1280, 720], samples=3, negative="blur", gone="of an older version")
    await stage.say("Alice", '/imagine an owl —preset "wide FOX" --n 2')
    [task] = await stage.tasks()
    request = task.request
    assert (request["prompt"], request["size"], request["samples"], request["negative"]) == (
        "an owl",
        [1280, 720],
        2,
        "blur",
    )
    assert not {"preset", "gone"} & set(request)


async def test_others_cannot_use_it(stage: Stage) -> None:
    await save(stage, "Fox", samples=3)
    [said] = await stage.say("Bob", "/imagine an owl --preset Fox")
    assert "You have no presets yet" in said.text
    assert await stage.tasks() == []


async def test_a_preset_that_does_not_fit_costs_nothing(stage: Stage) -> None:
    await save(stage, "Fox", "Owl", samples=3)
    [said] = await stage.say("Alice", "/imagine an owl --preset Cat")
    assert "no preset “Cat”. You have: Owl · Fox" in said.text
    [said] = await stage.say("Alice", "/imagine an owl --preset")
    assert "You have: Owl · Fox" in said.text
    [said] = await stage.say("Alice", "/upscale --preset Fox", files={"a.jpg": picture_bytes()})
    assert "“Fox” holds options for /imagine, not for /upscale" in said.text
    assert await stage.tasks() == []


async def test_using_one_opens_the_panel_with_it(stage: Stage) -> None:
    await save(stage, "Fox", samples=3, size=[1280, 720])
    [page] = await stage.say("Alice", "/presets")
    assert "Fox · 🎨 Imagine" in page.text
    assert "Size: 1280×720 · Pictures: 3" in page.text
    assert await stage.press("Alice", page, data_of(page, "▶️ Fox")) == ""
    await stage.say("Alice", "an owl")
    panel = stage.shown(stage.chat("Alice"))[-1]
    assert {"Pictures: 3", "Size: 1280×720"} <= set(labels(panel))


async def test_another_name_and_its_end(stage: Stage) -> None:
    await save(stage, "Fox", "Owl")
    [page] = await stage.say("Alice", "/preset")
    rename, ask = (data_of(page, "▶️ Owl").replace(":use:", f":{verb}:") for verb in ("name", "ask"))
    assert await stage.press("Alice", page, rename) == ""
    [said] = await stage.say("Alice", "fox", reply_to=question_of(stage))
    assert "another preset of that name" in said.text
    [said] = await stage.say("Alice", "Snow owl", reply_to=said.message_id)
    assert "“Owl” is now called “Snow owl”" in said.text
    assert "no longer here" in str(await stage.press("Alice", page, ask))
    [page] = await stage.say("Alice", "/presets")
    await stage.press("Alice", page, data_of(page, "▶️ Snow owl").replace(":use:", ":ask:"))
    page = now_of(stage, page)
    assert "Delete the preset “Snow owl”?" in page.text
    await stage.press("Alice", page, data_of(page, "Keep"))
    assert len(await held(stage)) == 2
    await stage.press("Alice", page, data_of(page, "🗑 Yes"))
    assert [preset.name for preset in await held(stage)] == ["Fox"]
    assert "Snow owl" not in now_of(stage, page).text


async def test_pages_and_what_the_last_one_leaves(stage: Stage) -> None:
    await save(stage, *(f"n{number}" for number in range(PER_PAGE + 1)))
    [page] = await stage.say("Alice", "/presets")
    assert f"{PER_PAGE + 1} of 50" in page.text
    await stage.press("Alice", page, next(button.data or "" for button in page.buttons if ":turn:" in str(button.data)))
    page = now_of(stage, page)
    assert "n0" in page.text
    await stage.press("Alice", page, data_of(page, "▶️ n0").replace(":use:", ":yes:"))
    page = now_of(stage, page)
    assert "n1" in page.text
    assert not any(":turn:" in str(button.data) for button in page.buttons)


async def test_there_are_only_so_many(stage: Stage, result: Result) -> None:
    await save(stage, *(f"n{number}" for number in range(presets.MOST)))
    shown = await result()
    [said] = await stage.say("Alice", "/preset save Fox", reply_to=shown.message_id)
    assert "as many as there can be" in said.text
    [said] = await stage.say("Alice", "/preset save N3", reply_to=shown.message_id)
    assert "in place of those before" in said.text


async def test_a_page_is_its_owners(stage: Stage) -> None:
    await save(stage, "Fox")
    [page] = await stage.say("Alice", "/presets", to=GROUP)
    assert "somebody else" in str(await stage.press("Bob", page, data_of(page, "▶️ Fox").replace(":use:", ":yes:")))
    assert len(await held(stage)) == 1
    [page] = await stage.say("Bob", "/presets", to=GROUP)
    assert "no presets yet" in page.text


def test_names_are_typed_as_they_are_read() -> None:
    assert preset_names.clean("  snow \n owl ") == "snow owl"
    assert preset_names.typed("owl") == "--preset owl"
    assert preset_names.typed("snow owl") == '--preset "snow owl"'
    with pytest.raises(BadValue):
        preset_names.clean(" \n ")


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_fullest_page_is_one_that_telegram_takes(lang: Lang) -> None:
    options = {
        "model": {"id": "x" * 40, "name": "模" * 100},
        "size": [6000, 6000],
        "samples": 8,
        "negative": "&" * 700,
        "loras": [{"id": "x", "name": "&" * 100}] * 4,
    }
    row: dict[str, Any] = {
        "owner_id": -1_002_000_000_000,
        "capability": "imagine",
        "options": options,
        "created_at": 1.0,
    }
    page = Page(-1_002_000_000_000, 0, [Preset(name=f"{number}" + "&" * 31, **row) for number in range(50)])
    view = page.view()
    words, _ = parse_html(view.body.html(lang))
    assert len(words) <= 4096
    assert all(len(button.data.encode()) <= 64 for line in view.rows for button in line)
