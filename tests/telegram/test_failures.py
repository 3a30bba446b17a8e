import pytest
from structlog.testing import capture_logs
from telegram.error import BadRequest, NetworkError

from bot.errors import DailyLimit, NotFound, UserError
from bot.locales.text import text, verbatim
from bot.sandbox.telegram.people.membership import block
from bot.sandbox.telegram.people.requests import Block
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import tasks
from bot.telegram import help as help_module
from tests.telegram.stage import Stage

SOMETHING_WRONG = "Something went wrong on my side, and nothing was ordered."


async def say(stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception, who: str = "Alice") -> list[ChatMessage]:
    """Say something that fails."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(help_module, "greeting", fail)
    return await stage.say(who, "/start")


async def press(stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception) -> tuple[str | None, list[str]]:
    """Press something that fails; give the alert, and the messages that came."""

    async def fail(*_: object) -> None:
        raise error

    [message] = await stage.say("Alice", "hello")
    monkeypatch.setattr(tasks, "get", fail)
    alert = await stage.press("Alice", message, "r:again:1")
    monkeypatch.undo()
    return alert, [shown.text for shown in stage.shown(stage.chat("Alice"))[1:]]


async def test_a_message_is_answered_with_the_sentence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as logs:
        [answer] = await say(stage, monkeypatch, NotFound(text("“{given}” is no good.", given="<b>")))
    assert answer.text == "“<b>” is no good."
    assert answer.reply_to_message_id == 1
    assert logs == []


async def test_a_press_is_answered_with_an_alert(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    alert, messages = await press(stage, monkeypatch, NotFound(verbatim("x" * 200)))
    assert (alert, messages) == ("x" * 200, [])
    assert (await stage.events("answer"))[-1]["show_alert"] is True


@pytest.mark.parametrize("sentence", [verbatim("x" * 201), text("<b>{label}</b>: {name}", label="Size", name="9")])
async def test_what_an_alert_cannot_hold_is_a_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, sentence: object
) -> None:
    error = DailyLimit(sentence)  # type: ignore[arg-type]
    alert, [message] = await press(stage, monkeypatch, error)
    assert alert == ""
    assert message in {"x" * 201, "Size: 9"}


async def test_a_press_that_is_too_old_for_an_alert_is_answered_by_a_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.refuse("answerCallbackQuery", 400, "Bad Request: query is too old")
    alert, messages = await press(stage, monkeypatch, NotFound(verbatim("It is gone.")))
    assert (alert, messages) == (None, ["It is gone."])


async def test_a_fault_of_ours_is_logged_whole_and_told_in_plain_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ZeroDivisionError("secret innards")
    with capture_logs() as logs:
        [answer] = await say(stage, monkeypatch, error)
    assert answer.text.startswith(SOMETHING_WRONG)
    assert "innards" not in answer.text
    [entry] = logs
    assert (entry["event"], entry["exc_info"], entry["log_level"]) == ("handler_failed", error, "error")
    assert entry["update"] == stage.updates[-1].update_id


async def test_and_by_an_alert_in_the_pressers_language(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as logs:
        alert, messages = await press(stage, monkeypatch, KeyError("x"))
        [answer] = await say(stage, monkeypatch, KeyError("x"), "小明")
    assert str(alert).startswith(SOMETHING_WRONG)
    assert messages == []
    assert "我这边" in answer.text
    assert [entry["event"] for entry in logs] == ["handler_failed"] * 2


@pytest.mark.parametrize("error", [NetworkError("Bad Gateway"), BadRequest("Can't parse entities")])
async def test_a_refusal_of_telegrams_is_only_logged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with capture_logs() as logs:
        assert await say(stage, monkeypatch, error) == []
    assert [(entry["event"], entry["exc_info"]) for entry in logs] == [("handler_failed", error)]


@pytest.mark.parametrize("error", [NotFound(verbatim("It is gone.")), KeyError("x")])
@pytest.mark.parametrize("update", [None, "no update"])
async def test_what_happens_beside_any_update_is_told_to_nobody(stage: Stage, error: Exception, update: object) -> None:
    with capture_logs() as logs:
        await stage.parts.app.process_error(update, error)
    assert [entry["update"] for entry in logs] == ([] if isinstance(error, UserError) else [None])
    assert stage.calls("sendMessage") == []


async def test_somebody_who_cannot_be_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.say("Alice", "/start")
    update = stage.updates[-1]
    block(stage.sandbox, Block(user_id=stage.person("Alice").id))
    with capture_logs() as logs:
        await stage.parts.app.process_error(update, NotFound(verbatim("It is gone.")))
    assert logs == [{"event": "failure_not_told", "fault": "Forbidden", "log_level": "warning"}]


async def test_a_button_of_no_version(stage: Stage) -> None:
    [message] = await stage.say("小明", "hello")
    alert = await stage.press("小明", message, "forgotten:1")
    assert "最新" in str(alert)
