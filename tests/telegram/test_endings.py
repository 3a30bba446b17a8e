from collections.abc import Awaitable, Callable

import pytest

from bot import errors
from bot.errors import UserError
from bot.locales.text import LANGUAGES, Lang, text
from bot.sandbox.telegram.parsing import parse_html
from bot.store.task import State, Task
from bot.telegram.endings import buttons, reason, reason_of_errand, why
from bot.tracker.states import PICTURELESS

Add = Callable[..., Awaitable[Task]]


def codes() -> list[int | None]:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, UserError)]
    return [None, 4, 12, 16, 99, *sorted({each.code for each in kinds if hasattr(each, "code")})]


@pytest.mark.parametrize("lang", list(LANGUAGES))
async def test_every_end_has_a_sentence_with_a_way_on(add_task: Add, lang: Lang) -> None:
    said = set()
    for state in sorted(PICTURELESS):
        for code in codes():
            sentence = why(await add_task(state=state, error_code=code)).html(lang)
            words, _ = parse_html(sentence)
            assert 10 < len(words) <= 4096
            assert words.endswith("It does not count towards your allowance." if lang == "en" else "。")
            said.add(words)
    assert len(said) > 10


async def test_a_state_says_more_than_its_code(add_task: Add) -> None:
    assert "interrupted" in why(await add_task(state=State.UNCERTAIN, error_code=13)).plain("en")
    assert "as you wished" in why(await add_task(state=State.CANCELLED)).plain("en")
    assert "in time" in why(await add_task(state=State.EXPIRED, error_code=4)).plain("en")


async def test_no_end_speaks_of_pictures_that_were_none(add_task: Add) -> None:
    """A training ends with the same sentences as an order of pictures; an errand has neither words nor Retry."""
    for state in (State.EXPIRED, State.UNCERTAIN):
        task = await add_task(capability="train", state=state)
        assert "picture" not in why(task).plain("en")
    for state, code in ((State.EXPIRED, None), (State.UNCERTAIN, 13), (State.FAILED, 3), (State.REFUSED, 18)):
        said = reason_of_errand(await add_task(capability="detect", state=state, error_code=code)).plain("en")
        assert not any(word in said for word in ("your picture", "Retry", "words", "describe", "order"))
    assert "interrupted" in reason_of_errand(await add_task(capability="detect", state=State.UNCERTAIN)).plain("en")
    same = await add_task(capability="detect", state=State.FAILED, error_code=503)
    assert reason_of_errand(same) == reason(same)


async def test_a_reason_that_waits_in_the_row_says_most(add_task: Add) -> None:
    reason = text("There is no LoRA for the model <b>{model}</b>.", model="<x>").dump()
    sentence = why(await add_task(state=State.REFUSED, error_code=3, reason=reason))
    assert sentence.html("en").startswith("There is no LoRA for the model <b>&lt;x&gt;</b>.")
    assert sentence.html("zh_CN").startswith("模型 <b>&lt;x&gt;</b>")


async def test_the_filter_and_a_fault_are_told_apart(add_task: Add) -> None:
    assert "filter" in why(await add_task(state=State.REFUSED, error_code=18)).plain("en")
    assert "not your fault" in why(await add_task(state=State.FAILED, error_code=13)).plain("en")


@pytest.mark.parametrize("state", sorted(PICTURELESS))
async def test_what_was_refused_is_changed_and_what_failed_is_repeated(add_task: Add, state: State) -> None:
    task = await add_task(state=state)
    offered = [button.data for row in buttons(task) for button in row]
    again = [] if state in {State.REFUSED, State.CANCELLED} else [f"r:retry:{task.id}"]
    assert offered == [*again, f"r:edit:{task.id}"]
