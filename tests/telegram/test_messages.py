import pytest
from telegram import ForceReply
from telegram.error import NetworkError

from bot.conversations.view import Button, View
from bot.locales.text import text, verbatim
from bot.telegram import messages
from bot.telegram.asker import Asker
from tests.telegram.stage import Stage, labels

ROWS = [[Button(text("Cancel"), "d:1:end", "danger"), Button(verbatim("9:16"), "d:1:set:size:9:16")]]


def asker(stage: Stage, who: str = "小明", **more: int) -> Asker:
    chat = stage.chat(who)
    chat.started = True
    place = {"chat_id": chat.id, "thread_id": None, "message_id": None, **more}
    return Asker(owner_id=chat.id, lang="zh_CN", is_private=True, **place)  # type: ignore[arg-type]


async def test_an_answer_is_in_the_askers_chat_and_language_with_its_buttons(stage: Stage) -> None:
    await messages.say(stage.bot, asker(stage), text("Cancelled. Nothing was ordered."), ROWS)
    [shown] = stage.shown(stage.chat("小明"))
    assert shown.text == "已取消，没有下单。"
    assert labels(shown) == ["取消", "9:16"]
    assert [button.style for button in shown.buttons] == ["danger", None]


async def test_it_is_a_reply_where_there_still_is_a_message_to_reply_to(stage: Stage) -> None:
    await stage.say("小明", "你好")
    for message_id, reply in ((1, 1), (4711, None)):
        sent = await messages.say(stage.bot, asker(stage, message_id=message_id), verbatim("x"))
        assert (sent.reply_to_message.message_id if sent.reply_to_message else None) == reply


async def test_it_is_in_the_askers_topic(stage: Stage) -> None:
    forum = stage.chat("Picture forum")
    topic = next(iter(forum.topics))
    sent = await messages.say(stage.bot, asker(stage, "Picture forum", thread_id=topic), verbatim("x"))
    assert sent.message_thread_id == topic


def test_without_buttons_there_is_no_keyboard() -> None:
    assert messages.keyboard([], "en") is None
    assert messages.reply_to(None) is None


@pytest.mark.parametrize("hint", [verbatim("x"), verbatim("雪" * 65)])
def test_a_question_in_a_group_asks_for_a_reply(hint: object) -> None:
    question = View(verbatim("?"), ROWS, hint)  # type: ignore[arg-type]
    markup = messages.markup_of(question, "en", is_private=False)
    assert isinstance(markup, ForceReply)
    assert markup.selective
    assert 1 <= len(str(markup.input_field_placeholder)) <= 64
    assert messages.markup_of(question, "en", is_private=True) == messages.keyboard(ROWS, "en")
    assert messages.markup_of(View(verbatim("?"), ROWS), "en", is_private=False) == messages.keyboard(ROWS, "en")


class TestEdit:
    async def test_says_whether_the_message_is_there(self, stage: Stage) -> None:
        place = asker(stage)
        sent = await messages.say(stage.bot, place, verbatim("a"), ROWS)
        for _ in range(2):  # that it says so already is fine
            assert await messages.edit(stage.bot, place.chat_id, sent.message_id, text("<b>{a}</b>", a="<"), "en")
        [shown] = stage.shown(stage.chat("小明"))
        assert (shown.text, shown.html, shown.buttons) == ("<", "<b>&lt;</b>", [])
        assert not await messages.edit(stage.bot, place.chat_id, 4711, verbatim("b"), "en")

    async def test_lets_other_faults_pass(self, stage: Stage) -> None:
        place = asker(stage)
        stage.refuse("editMessageText", 502, "Bad Gateway")
        with pytest.raises(NetworkError):
            await messages.edit(stage.bot, place.chat_id, 1, verbatim("b"), "en")


class TestRemove:
    async def test_takes_what_is_there(self, stage: Stage) -> None:
        place = asker(stage)
        sent = [await messages.say(stage.bot, place, verbatim(word)) for word in "abc"]
        assert await messages.remove(stage.bot, place.chat_id, sent[0].message_id, None, 4711, sent[2].message_id)
        assert [shown.text for shown in stage.shown(stage.chat("小明"))] == ["b"]

    async def test_of_nothing_asks_nobody(self, stage: Stage) -> None:
        assert await messages.remove(stage.bot, 7)
        assert await messages.remove(stage.bot, 7, None, None)
        assert stage.calls("deleteMessages") == []

    async def test_says_when_telegram_does_not(self, stage: Stage) -> None:
        stage.refuse("deleteMessages", 400, "Bad Request: message can't be deleted for everyone")
        assert not await messages.remove(stage.bot, asker(stage).chat_id, 1)

    async def test_surely_says_whether_they_are_gone(self, stage: Stage) -> None:
        place = asker(stage)
        sent = [(await messages.say(stage.bot, place, verbatim(word))).message_id for word in "abcd"]
        for _ in range(2):  # what is gone already is gone
            assert await messages.remove_surely(stage.bot, place.chat_id, *sent[:2])
        stage.now += 2 * 24 * 3600 + 1
        assert not await messages.remove_surely(stage.bot, place.chat_id, *sent[2:])
        assert [shown.text for shown in stage.shown(stage.chat("小明"))] == ["c", "d"]
        assert await messages.remove_surely(stage.bot, place.chat_id)
