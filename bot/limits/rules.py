"""The limits as pure rules: what is allowed, what is used, and what a person is told."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import DailyLimit, TooFast, TooMany
from bot.locales.text import Text, plural, text


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: tasks at the same time, pictures a day, and seconds between two requests."""

    running: int
    daily: int
    interval: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What is used: tasks that are not finished, pictures of the day, and when the last request was accepted."""

    running: int
    used: int
    last_at: float | None


def resolve(operator: Limits, chat: Limits | None = None, person: Limits | None = None) -> Limits:
    """Join the limits that hold: the operator's is the ceiling, a chat's or a person's can only narrow it."""
    given = [each for each in (operator, chat, person) if each is not None]
    return Limits(
        running=min(each.running for each in given),
        daily=min(each.daily for each in given),
        interval=max(each.interval for each in given),
    )


def day_of(now: float, zone: ZoneInfo) -> str:
    """Name the day (YYYY-MM-DD) that it is in the zone."""
    return datetime.fromtimestamp(now, zone).date().isoformat()


def renews_at(now: float, zone: ZoneInfo) -> float:
    """Find the next local midnight, or where clocks leap over it, the moment when the next day begins."""
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()


def check(limits: Limits, standing: Standing, pictures: int, now: float, renews_at: float) -> None:
    """Raise `DailyLimit`, `TooMany` or `TooFast` where a request for so many pictures is not allowed.

    What lasts longest is told first: nobody waits some seconds, only to be told to wait until tomorrow.
    """
    _check_day(limits.daily, standing.used, pictures, renews_at - now)
    _check_running(limits.running, standing.running)
    if standing.last_at is not None:
        # A clock that was set back makes nobody wait longer than the interval.
        _check_interval(min(standing.last_at + limits.interval - now, limits.interval))


def _check_day(daily: int, used: int, pictures: int, seconds_left: float) -> None:
    if used + pictures <= daily:
        return
    if pictures > daily:
        raise DailyLimit(
            text(
                "This asks for {pictures} pictures, more than the {daily} of a whole day. Ask for fewer.",
                pictures=pictures,
                daily=daily,
            )
        )
    if used >= daily:
        raise DailyLimit(
            text(
                "Today's pictures are used up: {used} of {daily}. There will be new ones in {wait}.",
                used=used,
                daily=daily,
                wait=_duration(seconds_left),
            )
        )
    raise DailyLimit(
        text(
            "{used} of today's {daily} pictures are used, and this asks for {pictures}. "
            "Ask for {left} at most, or wait: there will be new ones in {wait}.",
            used=used,
            daily=daily,
            pictures=pictures,
            left=daily - used,
            wait=_duration(seconds_left),
        )
    )


def _check_running(allowed: int, running: int) -> None:
    if running >= allowed:
        raise TooMany(
            plural(
                "You have {count} task running, and more is not allowed at once. "
                "Wait until it is done, or cancel it: /tasks shows it.",
                "You have {count} tasks running, and more are not allowed at once. "
                "Wait until one is done, or cancel one: /tasks shows them.",
                running,
            )
        )


def _check_interval(seconds_left: float) -> None:
    if seconds_left > 0:
        raise TooFast(
            plural(
                "That was too soon after your last request. Send it again in {count} second.",
                "That was too soon after your last request. Send it again in {count} seconds.",
                math.ceil(seconds_left),
            )
        )


def _duration(seconds: float) -> Text:
    hours, minutes = divmod(max(math.ceil(seconds / 60), 1), 60)
    if hours == 0:
        return text("{minutes} min", minutes=minutes)
    return text("{hours} h {minutes} min", hours=hours, minutes=minutes)
