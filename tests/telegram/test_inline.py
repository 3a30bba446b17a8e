from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.sandbox.telegram.people import inline as typing
from bot.sandbox.telegram.people.requests import InlineChoice, InlineTyping
from bot.sandbox.telegram.people.shown import Event
from bot.store import people, pictures, presets
from bot.store.presets import Preset
from bot.store.task import Picture, State, Task
from bot.telegram import inline
from tests.telegram.stage import Stage, picture_bytes

GROUP = "Picture friends"

AddTask = Callable[..., Awaitable[Task]]


async def type_(stage: Stage, who: str, query: str = "", *, offset: str = "", where: str | None = None) -> Event | None:
    """Type behind the bot's name; give what it offers, or none where it does not answer."""
    before = stage.sandbox.events.last
    wanted = InlineTyping(chat_id=stage.chat(where or who).id, user_id=stage.person(who).id, query=query, offset=offset)
    typing.typed(stage.sandbox, wanted)
    await stage.handle()
    found = await stage.events("inline", before)
    return Event.model_validate(found[0]) if found else None


async def offered(stage: Stage, who: str, query: str = "", **more: Any) -> list[str]:
    answer = await type_(stage, who, query, **more)
    assert answer is not None
    return [one.description or one.title for one in answer.results]


@pytest.fixture
def made(stage: Stage, add_task: AddTask) -> Callable[..., Awaitable[Task]]:
    """Write down a delivered task, with photos that Telegram has."""

    async def make(prompt: str, count: int = 1, **columns: Any) -> Task:
        stage.now += 1
        task = await add_task(
            request={"prompt": prompt}, **{"state": State.DELIVERED, "created_at": stage.now, **columns}
        )
        async with stage.store.write() as conn:
            await pictures.put(conn, [Picture(task_id=task.id, index=index) for index in range(count)])
            for index in range(count):
                photo = await stage.sandbox.files.add_photo(picture_bytes())
                await pictures.set_delivered(conn, task.id, index, photo_id=photo.largest.file_id)
        return task

    return make


Make = Callable[..., Awaitable[Task]]


async def test_ones_own_pictures_newest_first_wherever_they_were_made(stage: Stage, made: Make) -> None:
    await made("a fox")
    await made("an owl", 2, chat_id=stage.chat(GROUP).id)
    await made("Bob's cat", owner_id=stage.person("Bob").id, chat_id=stage.chat(GROUP).id)
    assert await offered(stage, "Alice") == ["an owl", "an owl", "a fox"]
    assert await offered(stage, "Alice", "FOX a", where=GROUP) == ["a fox"]
    assert await offered(stage, "Bob") == ["Bob's cat"]
    [call] = stage.calls("answerInlineQuery")[-1:]
    assert (call["params"]["is_personal"], call["params"]["cache_time"]) == ("true", str(inline.CACHE_SECONDS))


async def test_a_chosen_picture_goes_without_its_words(stage: Stage, made: Make) -> None:
    await made("a secret fox")
    answer = await type_(stage, "Alice", where=GROUP)
    assert answer is not None
    wanted = InlineChoice(query_id=str(answer.query_id), result_id=answer.results[0].id)
    message = typing.choose(stage.sandbox, wanted)
    assert message.media is not None
    assert message.content.text == ""
    await stage.handle()


async def test_there_are_pages(stage: Stage, made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "PER_ANSWER", 2)
    for number in range(5):
        await made(f"no. {number}")
    seen: list[str] = []
    offset = ""
    for _ in range(3):
        answer = await type_(stage, "Alice", offset=offset)
        assert answer is not None
        seen += [one.description for one in answer.results]
        offset = answer.next_offset
    assert (seen, offset) == ([f"no. {number}" for number in (4, 3, 2, 1, 0)], "")
    assert await offered(stage, "Alice", offset="made up") == ["no. 4", "no. 3"]


async def test_who_has_none_is_shown_where_to_begin(stage: Stage) -> None:
    answers = {who: await type_(stage, who) for who in ("Alice", "小明")}
    assert all(answer is not None and not answer.results and answer.button for answer in answers.values())
    answer = await type_(stage, "Alice", "fox")
    assert answer is not None
    assert answer.button is None


async def test_who_is_banned_is_offered_nothing(stage: Stage, made: Make) -> None:
    await made("a fox")
    await save(stage, "Fox")
    async with stage.store.write() as conn:
        await people.remember(conn, stage.person("Alice").id, stage.now)
        await people.judge(conn, stage.person("Alice").id, banned_at=stage.now)
    answer = await type_(stage, "Alice")
    assert answer is not None
    assert (answer.results, answer.button) == ([], None)


class TestWhereOnlySomeAreLetIn:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"access": "allowlist"}

    async def test_others_are_offered_nothing(self, stage: Stage, made: Make) -> None:
        await made("a fox")
        assert await offered(stage, "Alice") == []


async def save(stage: Stage, *names: str, capability: str = "imagine") -> None:
    async with stage.store.write() as conn:
        for name in names:
            stage.now += 1
            row: dict[str, Any] = {
                "owner_id": stage.person("Alice").id,
                "capability": capability,
                "options": {"samples": 3},
            }
            await presets.save(conn, Preset(name=name, created_at=stage.now, **row))


async def test_presets_are_commands(stage: Stage, made: Make) -> None:
    await made("a fox")
    await save(stage, "Snow owl")
    await save(stage, "Large", capability="upscale")
    assert await offered(stage, "Alice") == ["/upscale --preset Large", '/imagine --preset "Snow owl"', "a fox"]
    assert await offered(stage, "Alice", "owl") == ['/imagine --preset "Snow owl"']
    assert await offered(stage, "Alice", "a  red cat") == ['/imagine a red cat --preset "Snow owl"']
    assert await offered(stage, "Alice", offset="30") == []
    assert await offered(stage, "Bob") == []


async def test_a_chosen_preset_orders(stage: Stage) -> None:
    await save(stage, "Snow owl")
    answer = await type_(stage, "Alice", "a red cat", where=GROUP)
    assert answer is not None
    typing.choose(stage.sandbox, InlineChoice(query_id=str(answer.query_id), result_id=answer.results[0].id))
    await stage.handle()
    [task] = await stage.tasks()
    assert (task.chat_id, task.request["prompt"], task.request["samples"]) == (stage.chat(GROUP).id, "a red cat", 3)


async def test_a_query_that_is_too_old_is_let_go(stage: Stage) -> None:
    stage.refuse("answerInlineQuery", 400, "Bad Request: query is too old")
    assert await type_(stage, "Alice") is None
    assert stage.calls("sendMessage") == []
