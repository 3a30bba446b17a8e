from dataclasses import astuple
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DailyLimit, TooFast, TooMany, UserError
from bot.limits.rules import Limits, Standing, check, day_of, renews_at, resolve

LIMITS = Limits(running=3, daily=10, interval=5.0)
IN_TWO_HOURS = 1000.0 + 2 * 3600 + 61
ZONES = ["Asia/Shanghai", "UTC", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe"]

some_limits = st.builds(Limits, st.integers(1, 9), st.integers(1, 99), st.floats(0, 60))


def _refusal(standing: Standing, pictures: int = 1) -> UserError:
    with pytest.raises(UserError) as caught:
        check(LIMITS, standing, pictures, 1000.0, IN_TWO_HOURS)
    return caught.value


def test_allows_up_to_the_limits() -> None:
    check(LIMITS, Standing(running=2, used=7, last_at=995.0), 3, 1000.0, IN_TWO_HOURS)
    check(LIMITS, Standing(running=0, used=0, last_at=None), 10, 1000.0, IN_TWO_HOURS)


def test_says_how_many_are_used_and_when_it_renews() -> None:
    refusal = _refusal(Standing(running=0, used=10, last_at=None))
    assert isinstance(refusal, DailyLimit)
    assert str(refusal) == "Today's pictures are used up: 10 of 10. There will be new ones in 2 h 2 min."


def test_says_how_many_could_still_be_asked_for() -> None:
    refusal = _refusal(Standing(running=0, used=8, last_at=None), pictures=4)
    assert isinstance(refusal, DailyLimit)
    assert str(refusal).startswith("8 of today's 10 pictures are used, and this asks for 4. Ask for 2 at most")


def test_says_what_no_day_allows() -> None:
    assert "more than the 10 of a whole day" in str(_refusal(Standing(running=0, used=10, last_at=None), pictures=11))


@pytest.mark.parametrize(("running", "words"), [(3, "You have 3 tasks running"), (4, "You have 4 tasks running")])
def test_says_how_many_are_running(running: int, words: str) -> None:
    refusal = _refusal(Standing(running=running, used=0, last_at=None))
    assert isinstance(refusal, TooMany)
    assert str(refusal).startswith(words)


@pytest.mark.parametrize(
    ("last_at", "words"),
    [(999.5, "in 5 seconds."), (995.1, "in 1 second."), (5000.0, "in 5 seconds.")],
    ids=["just now", "nearly over", "clock was set back"],
)
def test_says_how_long_to_wait(last_at: float, words: str) -> None:
    refusal = _refusal(Standing(running=0, used=0, last_at=last_at))
    assert isinstance(refusal, TooFast)
    assert str(refusal).endswith(words)


def test_tells_what_lasts_longest_first() -> None:
    assert isinstance(_refusal(Standing(running=3, used=10, last_at=1000.0)), DailyLimit)
    assert isinstance(_refusal(Standing(running=3, used=0, last_at=1000.0)), TooMany)


def test_minutes_alone_below_an_hour() -> None:
    with pytest.raises(DailyLimit, match=r"in 1 min\.$"):
        check(LIMITS, Standing(0, 10, None), 1, 1000.0, 1000.5)


@given(some_limits, st.none() | some_limits, st.none() | some_limits)
def test_a_chat_or_a_person_can_only_narrow(operator: Limits, chat: Limits | None, person: Limits | None) -> None:
    joined = resolve(operator, chat, person)
    for each in filter(None, (operator, chat, person)):
        assert joined.running <= each.running
        assert joined.daily <= each.daily
        assert joined.interval >= each.interval
    given_ = [astuple(each) for each in (operator, chat, person) if each]
    assert all(value in column for value, column in zip(astuple(joined), zip(*given_, strict=True), strict=True))


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2040, 1, 1)),  # noqa: DTZ001  made aware below
    st.sampled_from([ZoneInfo(name) for name in ZONES]),
)
def test_renews_when_the_next_day_begins(when: datetime, zone: ZoneInfo) -> None:
    now = when.replace(tzinfo=UTC).timestamp()
    renews = renews_at(now, zone)
    assert now < renews <= now + 49 * 3600
    assert day_of(renews - 0.001, zone) == day_of(now, zone) < day_of(renews, zone)


def test_the_day_is_the_zones() -> None:
    now = datetime(2026, 3, 1, 17, 0, tzinfo=UTC).timestamp()
    assert day_of(now, ZoneInfo("Asia/Shanghai")) == "2026-03-02"
    assert day_of(now, ZoneInfo("UTC")) == "2026-03-01"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_may_be_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
    assert renews_at(midnight, zone) - midnight == hours * 3600
