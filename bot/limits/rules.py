"""The limits as pure rules: what holds for a request, what is used, and whether it is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from bot.limits import refusals
from bot.limits.group_rules import GroupRules
from bot.limits.refusals import Scope
from bot.locales.text import Text


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: tasks at the same time, pictures a day, and seconds between two requests."""

    running: int
    daily: int
    interval: float


@dataclass(frozen=True, slots=True)
class InGroup:
    """What is allowed in a group: to a member there, and pictures a day to all of it together, where that is set."""

    chat_id: int
    member: Limits
    daily: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds for one request: for the person, wherever they ask; and where it is a group's, for it there."""

    person: Limits
    group: InGroup | None = None

    def unpaced(self) -> Self:
        """Leave out the time between two requests."""
        group = self.group
        if group is not None:
            group = replace(group, member=replace(group.member, interval=0))
        return replace(self, person=replace(self.person, interval=0), group=group)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is used: tasks that are not finished, pictures of the day, and when the last request was accepted."""

    running: int
    used: int
    last_at: float | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One scope that a request has to pass: what is allowed there, and what is used.

    `oldest` names the task that has been under way there the longest, where there are as many as are allowed.
    """

    scope: Scope
    limits: Limits
    standing: Standing
    oldest: Text | None = None

    @property
    def is_full(self) -> bool:
        """Say whether as many tasks are under way as are allowed at once."""
        return self.standing.running >= self.limits.running


def resolve(
    operator: Limits, *, quota: int | None = None, chat_id: int | None = None, rules: GroupRules | None = None
) -> Bounds:
    """Join the limits that hold: of those that are set the smallest.

    The operator's are the ceiling, and a `quota` that the operator grants a person stands in place of the operator's
    pictures a day. What a group has set can only narrow them, and counts in that group alone.
    """
    person = operator if quota is None else replace(operator, daily=quota)
    if chat_id is None:
        return Bounds(person)
    rules = rules or GroupRules()
    member = Limits(
        running=min(person.running, person.running if rules.running is None else rules.running),
        daily=min(person.daily, person.daily if rules.daily is None else rules.daily),
        interval=max(person.interval, rules.interval or 0),
    )
    return Bounds(person, InGroup(chat_id, member, rules.group))


def day_of(now: float, zone: ZoneInfo) -> str:
    """Name the day (YYYY-MM-DD) that it is in the zone."""
    return datetime.fromtimestamp(now, zone).date().isoformat()


def renews_at(now: float, zone: ZoneInfo) -> float:
    """Find the next local midnight, or where clocks leap over it, the moment when the next day begins."""
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()


def check(claims: Sequence[Claim], pictures: int, now: float, renews_at: float) -> None:
    """Raise `DailyLimit`, `TooMany` or `TooFast` where a request for so many pictures is not allowed.

    What lasts longest is told first: nobody waits some seconds, only to be told to wait until tomorrow.
    """
    for claim in claims:
        _check_day(claim, pictures, renews_at - now)
    for claim in claims:
        if claim.is_full:
            raise refusals.too_many(claim.scope, claim.standing.running, claim.oldest)
    for claim in claims:
        _check_interval(claim, now)


def _check_day(claim: Claim, pictures: int, seconds_left: float) -> None:
    daily, used = claim.limits.daily, claim.standing.used
    if used + pictures <= daily:
        return
    if daily == 0:
        raise refusals.nothing_granted()
    if pictures > daily:
        raise refusals.more_than_a_day(claim.scope, daily, pictures)
    if used >= daily:
        raise refusals.day_is_spent(claim.scope, used, daily, seconds_left)
    raise refusals.too_many_for_today(claim.scope, used, daily, pictures, seconds_left)


def _check_interval(claim: Claim, now: float) -> None:
    last_at, interval = claim.standing.last_at, claim.limits.interval
    if last_at is None:
        return
    # A clock that was set back makes nobody wait longer than the interval.
    seconds_left = min(last_at + interval - now, interval)
    if seconds_left > 0:
        raise refusals.too_fast(claim.scope, seconds_left, interval)
