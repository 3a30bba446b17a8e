"""The rates: never more than Telegram takes, and when it says "later", then is early enough."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.telegram.limits import Rates
from bot.sandbox.telegram.refusals import Refused
from bot.sandbox.telegram.world import Chat

QUICK = settings(deadline=None, max_examples=60)

GROUP = Chat(-1, "group")
PERSON = Chat(1, "private")


class Clock:
    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_person_gets_a_burst_and_then_one_a_second() -> None:
    clock = Clock()
    rates = Rates(clock)
    for _ in range(5):
        rates.admit(PERSON)
    with pytest.raises(Refused) as refused:
        rates.admit(PERSON)
    assert refused.value.answer() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    rates.admit(PERSON, edit=True)
    clock.at += 1
    rates.admit(PERSON)


def test_an_album_is_sent_whole_and_what_follows_waits() -> None:
    rates = Rates(Clock())
    rates.admit(PERSON, 10)
    with pytest.raises(Refused) as refused:
        rates.admit(PERSON)
    assert refused.value.parameters == {"retry_after": 6}


def test_edits_count_in_a_group() -> None:
    clock = Clock()
    rates = Rates(clock)
    for edit in [True, False] * 10:
        clock.at += 1
        rates.admit(GROUP, edit=edit)
    with pytest.raises(Refused) as refused:
        rates.admit(GROUP, edit=True)
    assert refused.value.parameters == {"retry_after": 41}


def test_thirty_a_second_over_all() -> None:
    rates = Rates(Clock())
    for number in range(30):
        rates.admit(Chat(number, "private"))
    with pytest.raises(Refused):
        rates.admit(Chat(99, "private"))


@QUICK
@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 10)), max_size=40))
def test_no_minute_of_a_group_holds_more_than_twenty(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    rates = Rates(clock)
    sent: list[float] = []
    for pause, count in steps:
        clock.at += pause
        with suppress(Refused):
            rates.admit(GROUP, count)
            sent.extend([clock.at] * count)
    assert all(sum(at - 60 < other <= at for other in sent) <= 20 for at in sent)


@QUICK
@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 10), st.booleans()), max_size=40))
def test_after_the_told_seconds_it_is_taken(steps: list[tuple[float, int, bool]]) -> None:
    clock = Clock()
    rates = Rates(clock)
    for pause, count, private in steps:
        chat = PERSON if private else GROUP
        clock.at += pause
        try:
            rates.admit(chat, count)
        except Refused as refused:
            clock.at += refused.parameters["retry_after"]
            rates.admit(chat, count)
