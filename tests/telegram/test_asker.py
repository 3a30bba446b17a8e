from dataclasses import replace
from typing import Any

import pytest
from telegram import Update

from bot.sandbox.telegram.people.membership import migrate
from bot.sandbox.telegram.people.requests import Migration
from bot.sandbox.telegram.world import ANONYMOUS_ADMIN, CHANNEL_BOT
from bot.store import people
from bot.telegram.asker import Asker, asker_of, read_asker
from tests.telegram.stage import Stage, data_of

PERSON = {"id": 7, "is_bot": False, "first_name": "Ann"}
PRIVATE = {"id": 7, "type": "private"}


def read(**body: Any) -> Update:
    return Update.de_json({"update_id": 1, **body}, None)


def last(stage: Stage) -> Asker:
    asker = read_asker(stage.updates[-1])
    assert asker is not None
    return asker


async def test_a_person_in_private(stage: Stage) -> None:
    await stage.say("小明", "hello")
    person = stage.person("小明")
    assert last(stage) == Asker(
        owner_id=person.id,
        chat_id=person.id,
        thread_id=None,
        message_id=1,
        lang="zh_CN",
        is_private=True,
        name="小明",
        username=person.username,
    )


async def test_an_anonymous_admin_and_a_channel_are_not_the_one_user_that_telegram_shows(stage: Stage) -> None:
    forum = stage.chat("Picture forum")
    await stage.say("Alice", "/help", to="Picture forum", voice="group")
    assert stage.updates[-1].effective_user is not None
    assert stage.updates[-1].effective_user.id == ANONYMOUS_ADMIN.id
    assert last(stage).owner_id == forum.id
    await stage.say("Bob", "/help", to="Picture forum", voice="channel")
    bobs = last(stage).owner_id
    await stage.say("小明", "/help", to="Picture forum", voice="channel")
    assert len({bobs, last(stage).owner_id, forum.id, CHANNEL_BOT.id}) == 4


async def test_only_a_message_in_a_topic_has_a_thread(stage: Stage) -> None:
    forum, group = stage.chat("Picture forum"), stage.chat("Picture friends")
    topic = next(iter(forum.topics))
    await stage.say("Bob", "/help", to="Picture forum", thread_id=topic)
    assert last(stage).thread_id == topic
    await stage.say("Bob", "/help", to="Picture forum")
    assert last(stage).thread_id is None
    new_id = migrate(stage.sandbox, Migration(chat_id=group.id))
    group.title = ""  # the supergroup has the name now
    [answer] = await stage.say("Bob", "/help", to="Picture friends")
    await stage.say("Bob", "/help", to="Picture friends", reply_to=answer.message_id)
    message = stage.updates[-1].effective_message
    assert getattr(message, "message_thread_id", None) is not None
    asker = last(stage)
    assert (asker.chat_id, asker.thread_id, asker.is_private) == (new_id, None, False)


@pytest.mark.parametrize(
    "body",
    [
        {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -1001, "type": "channel"}, "text": "news"}},
        {"poll_answer": {"poll_id": "1", "option_ids": [0], "option_persistent_ids": ["0"], "user": PERSON}},
    ],
)
def test_a_post_of_a_channel_and_an_update_without_a_chat_have_no_asker(body: dict[str, Any]) -> None:
    assert read_asker(read(**body)) is None


def test_a_press_is_the_persons_even_on_a_message_that_is_out_of_reach() -> None:
    message = {"chat": {"id": -1001, "type": "supergroup"}, "message_id": 5, "date": 0}
    query = {"id": "1", "from": PERSON, "message": message, "chat_instance": "1", "data": "d:1:run"}
    asker = read_asker(read(callback_query=query))
    assert asker == Asker(
        owner_id=7, chat_id=-1001, thread_id=None, message_id=5, lang="en", is_private=False, name="Ann"
    )


@pytest.mark.parametrize(
    ("code", "lang"),
    [("zh", "zh_CN"), ("zh-hans", "zh_CN"), ("ZH-TW", "zh_CN"), ("en", "en"), ("de", "en"), (None, "en")],
)
def test_the_language_is_the_clients(code: str | None, lang: str) -> None:
    sender = PERSON | ({"language_code": code} if code else {})
    asker = read_asker(read(message={"message_id": 1, "date": 1, "chat": PRIVATE, "from": sender, "text": "hello"}))
    assert asker is not None
    assert asker.lang == lang


class TestALanguageThatWasChosen:
    async def test_goes_before_the_clients(self, stage: Stage) -> None:
        alice = stage.person("Alice").id
        async with stage.store.write() as conn:
            await people.set_lang(conn, alice, "zh_CN", stage.now)
        [answer] = await stage.say("Alice", "/cancel")
        assert answer.text.startswith("没有")
        asker = await asker_of(stage.updates[-1], stage.store)
        assert asker is not None
        assert asker == replace(last(stage), lang="zh_CN")
        # Only the person's own, and back to the client's.
        [answer] = await stage.say("Bob", "/cancel")
        assert answer.text.startswith("There is nothing")
        async with stage.store.write() as conn:
            await people.set_lang(conn, alice, None, stage.now)
        [answer] = await stage.say("Alice", "/cancel")
        assert answer.text.startswith("There is nothing")

    async def test_is_that_of_who_presses(self, stage: Stage) -> None:
        [question] = await stage.say("Alice", "/imagine", to="Picture friends")
        async with stage.store.write() as conn:
            await people.set_lang(conn, stage.person("Bob").id, "zh_CN", stage.now)
        [panel] = await stage.say("Alice", "a fox", to="Picture friends", reply_to=question.message_id)
        assert "面板" in str(await stage.press("Bob", panel, data_of(panel, "✨")))

    async def test_of_nobody_is_none(self, stage: Stage) -> None:
        post = {"message_id": 1, "date": 1, "chat": {"id": -1001, "type": "channel"}, "text": "news"}
        assert await asker_of(read(channel_post=post), stage.store) is None


class TestButtonsOfAChatsRequest:
    """A press names a person, never the chat in whose name the person asked."""

    async def test_an_anonymous_admins_panel_is_the_admins(self, stage: Stage) -> None:
        forum = stage.chat("Picture forum")
        [question] = await stage.say("Alice", "/imagine", to="Picture forum", voice="group")
        [panel] = await stage.say("Alice", "a fox", to="Picture forum", voice="group", reply_to=question.message_id)
        assert "somebody else" in str(await stage.press("Bob", panel, data_of(panel, "✨")))
        assert await stage.press("Alice", panel, data_of(panel, "✨")) == ""
        [task] = await stage.tasks()
        assert (task.owner_id, task.request["prompt"]) == (forum.id, "a fox")

    async def test_a_channels_panel_is_everybodys(self, stage: Stage) -> None:
        [question] = await stage.say("Bob", "/imagine", to="Picture forum", voice="channel")
        [panel] = await stage.say("Bob", "a fox", to="Picture forum", voice="channel", reply_to=question.message_id)
        assert await stage.press("Bob", panel, data_of(panel, "✨")) == ""
        [task] = await stage.tasks()
        assert task.owner_id not in {stage.person("Bob").id, stage.chat("Picture forum").id}

    async def test_a_result_of_an_anonymous_admin_is_cancelled_by_admins_only(self, stage: Stage) -> None:
        await stage.say("Alice", "/imagine a fox", to="Picture forum", voice="group")
        [listed] = await stage.say("Alice", "/tasks", to="Picture forum", voice="group")
        cancel = data_of(listed, "Cancel")
        assert "Only the person" in str(await stage.press("Bob", listed, cancel))
        assert await stage.press("Alice", listed, cancel) == ""
        [task] = await stage.tasks()
        assert task.state == "cancelled"
