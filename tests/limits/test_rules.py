from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DailyLimit, TooFast, TooMany, UserError
from bot.limits.group_rules import GroupRules
from bot.limits.refusals import Scope
from bot.limits.rules import Bounds, Claim, InGroup, Limits, Standing, check, day_of, renews_at, resolve
from bot.locales.text import verbatim

LIMITS = Limits(running=3, daily=10, interval=5.0)
IN_TWO_HOURS = 1000.0 + 2 * 3600 + 61
ZONES = ["Asia/Shanghai", "UTC", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe"]

some_limits = st.builds(Limits, st.integers(1, 9), st.integers(1, 99), st.floats(0, 60))


def _claims(standing: Standing, scope: Scope = Scope.PERSON) -> list[Claim]:
    return [Claim(scope, LIMITS, standing)]


def _refusal(standing: Standing, pictures: int = 1, scope: Scope = Scope.PERSON) -> UserError:
    with pytest.raises(UserError) as caught:
        check(_claims(standing, scope), pictures, 1000.0, IN_TWO_HOURS)
    return caught.value


def test_allows_up_to_the_limits() -> None:
    check(_claims(Standing(running=2, used=7, last_at=995.0)), 3, 1000.0, IN_TWO_HOURS)
    check(_claims(Standing(running=0, used=0, last_at=None)), 10, 1000.0, IN_TWO_HOURS)


@pytest.mark.parametrize(
    ("scope", "whose"),
    [
        (Scope.PERSON, "your allowance"),
        (Scope.MEMBER, "your allowance in this group"),
        (Scope.GROUP, "this group's allowance"),
    ],
)
def test_says_whose_allowance_is_used_and_when_it_renews(scope: Scope, whose: str) -> None:
    refusal = _refusal(Standing(running=0, used=10, last_at=None), scope=scope)
    assert isinstance(refusal, DailyLimit)
    told = f"Today's pictures are used up: 10 of 10 ({whose}). There will be new ones in 2 h 2 min."
    way = " This group's admins can change it with /limits. What you have of your own is there in our private chat."
    assert str(refusal) == (told if scope is Scope.PERSON else told + way)


def test_says_how_many_could_still_be_asked_for() -> None:
    refusal = _refusal(Standing(running=0, used=8, last_at=None), pictures=4)
    assert isinstance(refusal, DailyLimit)
    assert str(refusal).startswith("8 of today's 10 pictures are used (your allowance), and this asks for 4. Ask for 2")


def test_says_what_no_day_allows() -> None:
    assert "more than the 10 of a whole day" in str(_refusal(Standing(running=0, used=10, last_at=None), pictures=11))


def test_says_who_can_change_a_quota_of_nothing() -> None:
    claim = Claim(Scope.PERSON, Limits(3, 0, 0), Standing(0, 0, None))
    with pytest.raises(DailyLimit, match="Only the operator"):
        check([claim], 1, 1000.0, IN_TWO_HOURS)


@pytest.mark.parametrize(
    ("running", "scope", "words"),
    [
        (3, Scope.PERSON, "You have 3 tasks under way, and"),
        (4, Scope.PERSON, "You have 4 tasks under way, and"),
        (3, Scope.MEMBER, "You have 3 tasks under way in this group, and"),
    ],
)
def test_says_how_many_are_running(running: int, scope: Scope, words: str) -> None:
    refusal = _refusal(Standing(running=running, used=0, last_at=None), scope=scope)
    assert isinstance(refusal, TooMany)
    assert str(refusal).startswith(words)


@pytest.mark.parametrize(
    ("running", "scope", "words"),
    [(3, Scope.PERSON, "The oldest of them: a fox"), (1, Scope.MEMBER, "This is it: a fox")],
)
def test_names_the_task_that_is_in_the_way(running: int, scope: Scope, words: str) -> None:
    claim = Claim(scope, replace(LIMITS, running=running), Standing(running, 0, None), verbatim("a fox"))
    with pytest.raises(TooMany) as caught:
        check([claim], 1, 1000.0, IN_TWO_HOURS)
    assert str(caught.value).splitlines()[1:] == [words]


@pytest.mark.parametrize(
    ("last_at", "words"),
    [(999.5, "in 5 seconds."), (995.1, "in 1 second."), (5000.0, "in 5 seconds.")],
    ids=["just now", "nearly over", "clock was set back"],
)
def test_says_how_long_to_wait(last_at: float, words: str) -> None:
    refusal = _refusal(Standing(running=0, used=0, last_at=last_at))
    assert isinstance(refusal, TooFast)
    assert str(refusal).endswith(words)


def test_says_whose_wish_the_wait_is() -> None:
    assert str(_refusal(Standing(0, 0, 999.0), scope=Scope.MEMBER)).endswith(
        "in 4 seconds. This group's admins ask for 5 s between two requests."
    )


def test_tells_what_lasts_longest_first() -> None:
    assert isinstance(_refusal(Standing(running=3, used=10, last_at=1000.0)), DailyLimit)
    assert isinstance(_refusal(Standing(running=3, used=0, last_at=1000.0)), TooMany)
    person, group = _claims(Standing(3, 0, None)), _claims(Standing(0, 10, None), Scope.GROUP)
    with pytest.raises(DailyLimit):
        check([*person, *group], 1, 1000.0, IN_TWO_HOURS)


def test_seconds_alone_where_the_day_is_nearly_over() -> None:
    with pytest.raises(DailyLimit, match=r"in 1 s\.$"):
        check(_claims(Standing(0, 10, None)), 1, 1000.0, 1000.5)


OPERATOR = Limits(running=3, daily=50, interval=5)
GROUP_ID = -100


@pytest.mark.parametrize(
    ("quota", "rules", "person", "member", "together"),
    [
        (None, GroupRules(), (3, 50, 5), (3, 50, 5), None),
        (None, GroupRules(daily=20), (3, 50, 5), (3, 20, 5), None),
        (None, GroupRules(daily=500, running=9, interval=1), (3, 50, 5), (3, 50, 5), None),
        (None, GroupRules(running=1, interval=60, group=200), (3, 50, 5), (1, 50, 60), 200),
        (100, GroupRules(), (3, 100, 5), (3, 100, 5), None),
        (100, GroupRules(daily=80), (3, 100, 5), (3, 80, 5), None),
        (2, GroupRules(daily=20), (3, 2, 5), (3, 2, 5), None),
        (0, GroupRules(daily=20, group=1), (3, 0, 5), (3, 0, 5), 1),
    ],
)
def test_the_operator_before_the_group_before_the_person(
    quota: int | None,
    rules: GroupRules,
    person: tuple[int, int, float],
    member: tuple[int, int, float],
    together: int | None,
) -> None:
    held = resolve(OPERATOR, quota=quota, chat_id=GROUP_ID, rules=rules)
    assert held == Bounds(Limits(*person), InGroup(GROUP_ID, Limits(*member), together))
    assert resolve(OPERATOR, quota=quota, rules=rules) == Bounds(Limits(*person))  # at home a group's rules are nothing


@given(some_limits, st.none() | st.integers(0, 99), st.tuples(*[st.none() | st.integers(1, 99)] * 3))
def test_a_group_can_only_narrow(operator: Limits, quota: int | None, of_group: tuple[int | None, ...]) -> None:
    daily, running, interval = of_group
    rules = GroupRules(daily=daily, running=running, interval=interval)
    held = resolve(operator, quota=quota, chat_id=GROUP_ID, rules=rules)
    assert held.group is not None
    member, person = held.group.member, held.person
    assert (person.running, person.interval) == (operator.running, operator.interval)
    assert person.daily == (operator.daily if quota is None else quota)
    assert member.running == min(each for each in (person.running, running) if each is not None)
    assert member.daily == min(each for each in (person.daily, daily) if each is not None)
    assert member.interval == max(each for each in (person.interval, interval) if each is not None)


def test_what_comes_all_at_once_is_not_paced() -> None:
    held = resolve(OPERATOR, chat_id=GROUP_ID, rules=GroupRules(interval=60, daily=9)).unpaced()
    assert held == Bounds(Limits(3, 50, 0), InGroup(GROUP_ID, Limits(3, 9, 0)))
    assert resolve(OPERATOR).unpaced() == Bounds(Limits(3, 50, 0))


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
