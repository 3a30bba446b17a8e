import math
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.telegram.rates import Rate, Rates
from bot.telegram.turns import ChatId, Priority, Send, Turns

GROUP, OTHER_GROUP, PERSON = -100, -200, 7

chats = st.sampled_from([GROUP, OTHER_GROUP, "@channel", PERSON, 8, None])
# Quarters of a second add up without rounding.
arrivals = st.lists(
    st.tuples(st.integers(0, 12).map(lambda n: n / 4), chats, st.sampled_from(Priority), st.integers(1, 10)),
    max_size=80,
)


def send(
    priority: Priority = Priority.MESSAGE,
    chat: ChatId | None = GROUP,
    *,
    endpoint: str = "sendMessage",
    message: int | None = None,
    places: int = 1,
    deadline: float = math.inf,
) -> Send:
    return Send(endpoint, priority, chat, deadline, message, places)


def edit(message: int, endpoint: str = "editMessageText", chat: ChatId = GROUP) -> Send:
    return send(Priority.EDIT, chat, endpoint=endpoint, message=message)


def drain(turns: Turns, now: float = 0) -> list[tuple[float, Send]]:
    gone = []
    for _ in range(10_000):
        gone += [(now, out) for out in turns.take(now)]
        if not turns:
            return gone
        later = turns.next_at(now)
        assert later > now
        now = later
    raise AssertionError("deadlock")


def simulate(turns: Turns, asked: Iterable[tuple[float, Send]]) -> list[tuple[float, Send]]:
    gone: list[tuple[float, Send]] = []
    now = 0.0
    for gap, each in asked:
        end = now + gap
        while (at := turns.next_at(now)) <= end:
            now = at
            gone += [(now, out) for out in turns.take(now)]
        now = end
        turns.enter(each, now)
        gone += [(now, out) for out in turns.take(now)]
    return gone + drain(turns, now)


def most_in(gone: list[tuple[float, Send]], rate: Rate) -> int:
    return max((sum(s.places for at, s in gone if t <= at < t + rate.seconds) for t, _ in gone), default=0)


@settings(deadline=None)
@given(arrivals)
def test_everybody_goes_once_and_no_limit_is_passed(asked: list[tuple[float, ChatId | None, Priority, int]]) -> None:
    rates = Rates()
    sends = [(gap, send(priority, chat, places=places)) for gap, chat, priority, places in asked]
    gone = simulate(Turns(rates), sends)
    assert sorted(map(id, (s for _, s in gone))) == sorted(map(id, (s for _, s in sends)))
    assert most_in(gone, rates.overall) <= rates.overall.places
    for group in (GROUP, OTHER_GROUP, "@channel"):
        there = [(at, s) for at, s in gone if s.chat == group]
        edits = [(at, s) for at, s in there if s.priority is Priority.EDIT]
        assert most_in(there, rates.group) <= rates.group.places
        assert most_in(edits, rates.group_edits) <= rates.group_edits.places
    for person in (PERSON, 8):
        single = [(at, s) for at, s in gone if s.chat == person and s.places == 1]
        assert most_in(single, rates.chat) <= rates.chat.places


@settings(deadline=None)
@given(arrivals)
def test_in_a_chat_nobody_is_overtaken_by_a_lower_rank(
    asked: list[tuple[float, ChatId | None, Priority, int]],
) -> None:
    turns = Turns(Rates())
    for _, chat, priority, places in asked:
        turns.enter(send(priority, chat, places=places), 0)
    gone = drain(turns)
    for chat in {s.chat for _, s in gone}:
        ranks = [s.rank for _, s in gone if s.chat == chat]
        assert ranks == sorted(ranks)


def test_a_result_goes_next_however_many_edits_wait() -> None:
    turns = Turns(Rates())
    for message in range(60):
        turns.enter(edit(message), 0)
    now = 0.0
    for now in (0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0):
        turns.take(now)
    assert len(turns) == 48  # the edits' part of the minute is spent, and eight places are left

    result = send(Priority.RESULT, endpoint="sendPhoto")
    turns.enter(result, now)
    assert turns.take(now) == [result]


def test_a_result_goes_at_once_after_a_burst_of_edits() -> None:
    turns = Turns(Rates())
    for message in range(60):
        turns.enter(edit(message, chat=PERSON), 0)
    turns.take(0)
    result = send(Priority.RESULT, PERSON)
    turns.enter(result, 0)
    assert turns.take(0) == [result]


def test_edits_leave_a_whole_album_its_places() -> None:
    turns = Turns(Rates(chat=Rate(30, 1), chat_edits=Rate(30, 1)))
    for message in range(60):
        turns.enter(edit(message), 0)
    assert len(turns.take(0)) == 12
    album = send(Priority.RESULT, endpoint="sendMediaGroup", places=8)
    turns.enter(album, 0)
    assert turns.take(0) == [album]


def test_the_buttons_below_an_album_follow_at_once() -> None:
    turns = Turns(Rates())
    album, buttons = send(Priority.RESULT, PERSON, places=10), send(Priority.RESULT, PERSON)
    turns.enter(album, 0)
    turns.enter(buttons, 0)
    assert turns.take(0) == [album, buttons]


def test_small_messages_do_not_keep_an_album_waiting() -> None:
    turns = Turns(Rates(chat=Rate(100, 1)))
    album = send(Priority.MESSAGE, places=10)
    for _ in range(15):
        turns.enter(send(), 0)
    turns.take(0)
    turns.enter(album, 1)
    for _ in range(15):
        turns.enter(send(), 1)
    assert turns.take(1) == []
    assert turns.take(60)[0] is album


def test_a_full_chat_does_not_hold_up_another() -> None:
    turns = Turns(Rates())
    for _ in range(30):
        turns.enter(send(), 0)
    turns.take(0)
    other = send(Priority.EDIT, PERSON)
    turns.enter(other, 0)
    assert turns.take(0) == [other]


def test_when_the_bot_has_its_fill_results_of_all_chats_go_first() -> None:
    turns = Turns(Rates())
    for person in range(1, 31):
        turns.enter(send(chat=person), 0)
    assert len(turns.take(0)) == 30
    late = [send(priority, 100 + priority) for priority in sorted(Priority, reverse=True)]
    for each in late:
        turns.enter(each, 0.5)
    assert turns.take(0.5) == []
    assert turns.next_at(0.5) == 1
    assert turns.take(1) == late[::-1]


def test_a_newer_edit_takes_the_place_of_the_older() -> None:
    turns = Turns(Rates(chat=Rate(1, 1)))
    turns.enter(send(), 0)
    first, second, newer = edit(1), edit(2), edit(1)
    assert turns.take(0)
    assert turns.enter(first, 0) == []
    assert turns.enter(second, 0) == []
    assert turns.enter(newer, 0) == [first]
    assert [s for _, s in drain(turns, 0)] == [newer, second]


@pytest.mark.parametrize(
    ("older", "newer", "pointless"),
    [
        ("editMessageText", "editMessageText", True),
        ("editMessageReplyMarkup", "editMessageText", True),
        ("editMessageText", "editMessageMedia", True),
        ("editMessageText", "deleteMessage", True),
        ("editMessageReplyMarkup", "editMessageReplyMarkup", True),
        ("editMessageText", "editMessageReplyMarkup", False),
        ("editMessageText", "sendMessage", False),
    ],
)
def test_an_edit_is_pointless_once_all_it_says_is_replaced(older: str, newer: str, *, pointless: bool) -> None:
    assert edit(1, older).is_outdated_by(newer, 1) is pointless
    assert not edit(1, older).is_outdated_by(newer, 2)
    assert not send(Priority.RESULT, endpoint=older, message=1).is_outdated_by(newer, 1)


def test_edits_of_other_chats_are_other_edits() -> None:
    turns = Turns(Rates())
    turns.enter(edit(1, chat=GROUP), 0)
    assert turns.enter(edit(1, chat=OTHER_GROUP), 0) == []
    assert turns.outdate("deleteMessage", PERSON, 1) == []


def test_an_edit_to_be_repeated_gives_way_to_a_newer_one() -> None:
    turns = Turns(Rates())
    older, newer = edit(1), edit(1)
    turns.enter(older, 0)
    assert turns.take(0) == [older]
    turns.halt(GROUP, 5, 0)
    assert turns.enter(newer, 1) == []
    assert turns.enter(older, 1) == [older]
    assert turns.take(5) == [newer]


def test_a_call_to_be_repeated_goes_before_those_that_came_later() -> None:
    turns = Turns(Rates())
    first, second = send(), send()
    turns.enter(first, 0)
    assert turns.take(0) == [first]
    turns.halt(GROUP, 5, 0)
    turns.enter(second, 1)
    turns.enter(first, 2)
    assert turns.take(4.75) == []
    assert turns.next_at(4.75) == 5
    assert turns.take(5) == [first, second]


def test_a_halt_is_for_its_chat_and_never_shortened() -> None:
    turns = Turns(Rates())
    turns.halt(GROUP, 40, 0)
    turns.halt(GROUP, 10, 1)
    held, free = send(chat=GROUP), send(chat=PERSON)
    turns.enter(held, 2)
    turns.enter(free, 2)
    assert turns.take(2) == [free]
    assert turns.take(39.75) == []
    assert turns.take(40) == [held]


def test_once_several_chats_are_halted_all_are() -> None:
    turns = Turns(Rates())
    for chat, until in ((1, 500.0), (2, 20.0), (3, 30.0)):
        turns.halt(chat, until, 0)
    free = send(chat=PERSON)
    turns.enter(free, 0)
    assert turns.take(29.75) == []
    assert turns.next_at(0) == 30
    assert turns.take(30) == [free]


def test_nobody_waits_past_the_deadline_nor_for_a_halt_beyond_it() -> None:
    turns = Turns(Rates(chat=Rate(1, 100)))
    turns.enter(send(), 0)
    turns.take(0)
    patient, hasty = send(deadline=200), send(deadline=10)
    turns.enter(patient, 0)
    turns.enter(hasty, 0)
    assert turns.lapsed(9.75) == []
    assert turns.next_at(9.75) == 10
    assert turns.lapsed(10) == [hasty]
    turns.halt(GROUP, 201, 11)
    assert turns.lapsed(11) == [patient]
    assert turns.next_at(11) == math.inf


def test_a_call_that_left_takes_no_turn() -> None:
    turns = Turns(Rates())
    gone, stays = send(places=20), send()
    turns.enter(send(), 0)
    turns.take(0)
    turns.enter(gone, 0)
    turns.enter(stays, 0)
    assert turns.take(1) == []
    turns.leave(gone)
    turns.leave(gone)
    assert turns.take(1) == [stays]
    assert not turns


def test_chats_that_are_idle_are_forgotten() -> None:
    turns = Turns(Rates())
    most = 0
    for n in range(5_000):
        turns.enter(send(chat=n + 1), n)
        turns.take(n)
        most = max(most, len(turns._queues))
    assert most < 10


def test_a_halted_chat_is_remembered_among_idle_ones() -> None:
    turns = Turns(Rates())
    turns.halt(GROUP, 900, 0)
    for n in range(300):
        turns.enter(send(chat=n + 1), n)
        turns.take(n)
    held = send(chat=GROUP)
    turns.enter(held, 300)
    assert turns.take(300) == []
    assert len(turns._queues) < 10


def test_order_of_arrival_among_equals() -> None:
    turns = Turns(Rates())
    sends = [send(chat=chat) for chat in (9, 5, 7, 3)]
    for each in sends:
        turns.enter(each, 0)
    gone = turns.take(0)
    assert gone == sends
    assert all(a.rank < b.rank for a, b in pairwise(gone))
