import pytest

from bot.sandbox.vendor.faults import Fault
from bot.store.task import Task
from tests.telegram.stage import Stage, labels, picture_bytes


async def only_task(stage: Stage) -> Task:
    [task] = await stage.tasks()
    return task


async def test_what_is_complete_is_ordered_at_once(stage: Stage) -> None:
    assert await stage.say("Alice", "/imagine a fox --n 2 --ar 16:9") == []
    task = await only_task(stage)
    assert (task.request["prompt"], task.request["samples"], task.request["size"]) == ("a fox", 2, [1280, 720])
    assert (task.owner_id, task.message_id, task.lang, task.reserved) == (stage.person("Alice").id, 1, "en", 2)
    assert task.kind.startswith("imagine:")
    assert stage.chat("Alice").messages[1].reactions == ["👀"]


async def test_the_photo_of_the_caption_or_of_the_message_that_is_answered(stage: Stage) -> None:
    await stage.say("Alice", "/imagine like this", files={"a.jpg": picture_bytes()})
    own = stage.updates[-1].message
    assert own is not None
    task = await only_task(stage)
    assert task.request["photo"] == {"file": own.photo[-1].file_id}
    await stage.say("Alice", "/imagine like that", reply_to=own.message_id)
    assert (await stage.tasks())[-1].request["photo"] == task.request["photo"]
    await stage.say("Alice", "/imagine words alone")
    assert not (await stage.tasks())[-1].request.get("photo")


async def test_what_is_missing_is_asked_for_and_the_rest_is_kept(stage: Stage) -> None:
    [question] = await stage.say("Alice", "/imagine --n 3", files={"a.jpg": picture_bytes()})
    assert "What shall I draw" in question.text
    assert question.reply_to_message_id is not None
    dialog = await stage.dialog("Alice")
    assert dialog is not None
    assert (dialog.answers["samples"], dialog.screen) == (3, "ask-prompt")
    [panel] = await stage.say("Alice", "a fox")
    assert {"Pictures: 3", "🖼 Add a picture ✕"} <= set(labels(panel))


@pytest.mark.parametrize("line", ["a fox --n 9", "a fox --speed 3", "a fox --model nonsense", "--n 9"])
async def test_a_bad_flag_orders_and_asks_nothing(stage: Stage, line: str) -> None:
    [answer] = await stage.say("Alice", f"/imagine {line}")
    assert answer.reply_to_message_id == 1
    assert answer.buttons == []
    assert await stage.tasks() == []
    assert await stage.dialog("Alice") is None


async def test_without_a_catalogue_nothing_is_ordered_and_that_is_said(stage: Stage) -> None:
    stage.vendor.faults.add(Fault(on="models", times=9, code=503))
    [answer] = await stage.say("小明", "/imagine 狐狸")
    assert "图像服务" in answer.text
    assert await stage.tasks() == []


async def test_last_choices_are_the_next_defaults_but_for_what_is_about_one_picture(stage: Stage) -> None:
    await stage.say("Alice", "/imagine a fox --n 4 --seed 9 --no blur")
    await stage.say("Alice", "/imagine a hare")
    await stage.say("Bob", "/imagine a wolf")
    _, mine, bobs = await stage.tasks()
    assert (mine.request["samples"], mine.request["seed"], mine.request["negative"]) == (4, 0, "")
    assert bobs.request["samples"] == 1


async def test_in_a_topic(stage: Stage) -> None:
    topic = next(iter(stage.chat("Picture forum").topics))
    await stage.say("Bob", "/imagine a fox", to="Picture forum", thread_id=topic)
    assert (await only_task(stage)).thread_id == topic


class TestWithoutAPublicAddress:
    @pytest.fixture
    def settings(self) -> dict[str, None]:
        return {"public_url": None}

    async def test_a_photo_is_refused_before_anything_is_ordered(self, stage: Stage) -> None:
        [answer] = await stage.say("Alice", "/imagine like this", files={"a.jpg": picture_bytes()})
        assert "PUBLIC_URL" in answer.text
        assert await stage.tasks() == []
        await stage.say("Alice", "/imagine words alone")
        assert len(await stage.tasks()) == 1
