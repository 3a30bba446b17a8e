"""What a person is told who meets a limit: the number, the reason, and the way out."""

import math
from enum import Enum

from bot.errors import DailyLimit, TooFast, TooMany
from bot.locales.text import Text, layout, plural, text
from bot.locales.times import duration


class Scope(Enum):
    """Whose limit it is: a person's everywhere, a member's in a group, or all of the group's together."""

    PERSON = text("your allowance")
    MEMBER = text("your allowance in this group")
    GROUP = text("this group's allowance")


_BY_ADMINS = text(
    "This group's admins can change it with /limits. What you have of your own is there in our private chat."
)


def nothing_granted() -> DailyLimit:
    """Refuse somebody whom the operator grants no pictures."""
    return DailyLimit(text("Your pictures a day are set to 0. Only the operator of this bot can change that."))


def more_than_a_day(scope: Scope, daily: int, pictures: int) -> DailyLimit:
    """Refuse what no day allows."""
    return DailyLimit(
        _told(
            scope,
            text(
                "This asks for {pictures} pictures, more than the {daily} of a whole day ({whose}). Ask for fewer.",
                pictures=pictures,
                daily=daily,
                whose=scope.value,
            ),
        )
    )


def day_is_spent(scope: Scope, used: int, daily: int, seconds_left: float) -> DailyLimit:
    """Refuse anything more today."""
    return DailyLimit(
        _told(
            scope,
            text(
                "Today's pictures are used up: {used} of {daily} ({whose}). There will be new ones in {wait}.",
                used=used,
                daily=daily,
                whose=scope.value,
                wait=duration(seconds_left, is_rounded_up=True),
            ),
        )
    )


def too_many_for_today(scope: Scope, used: int, daily: int, pictures: int, seconds_left: float) -> DailyLimit:
    """Refuse what is more than the rest of the day's pictures."""
    return DailyLimit(
        _told(
            scope,
            text(
                "{used} of today's {daily} pictures are used ({whose}), and this asks for {pictures}. "
                "Ask for {left} at most, or wait: there will be new ones in {wait}.",
                used=used,
                daily=daily,
                whose=scope.value,
                pictures=pictures,
                left=daily - used,
                wait=duration(seconds_left, is_rounded_up=True),
            ),
        )
    )


def too_many(scope: Scope, running: int, oldest: Text | None = None) -> TooMany:
    """Refuse one more task at the same time; name the one that has been under way the longest."""
    told = _too_many(scope, running)
    if oldest is not None:
        which = plural("This is it: {task}", "The oldest of them: {task}", running, task=oldest)
        told = layout("{told}\n{which}", told=told, which=which)
    return TooMany(told)


def _too_many(scope: Scope, running: int) -> Text:
    if scope is Scope.PERSON:
        return plural(
            "You have {count} task under way, and more is not allowed at once. "
            "Wait until it is done. While it waits in the queue you can cancel it: /tasks shows it.",
            "You have {count} tasks under way, and more are not allowed at once. "
            "Wait until one is done. One that waits in the queue can be cancelled: /tasks shows them.",
            running,
        )
    told = plural(
        "You have {count} task under way in this group, and more is not allowed at once. "
        "Wait until it is done. While it waits in the queue you can cancel it: /tasks shows it.",
        "You have {count} tasks under way in this group, and more are not allowed at once. "
        "Wait until one is done. One that waits in the queue can be cancelled: /tasks shows them.",
        running,
    )
    return _told(scope, told)


def too_fast(scope: Scope, seconds_left: float, interval: float) -> TooFast:
    """Refuse what came too soon."""
    told = plural(
        "That was too soon after your last request. Send it again in {count} second.",
        "That was too soon after your last request. Send it again in {count} seconds.",
        math.ceil(seconds_left),
    )
    if scope is Scope.PERSON:
        return TooFast(told)
    why = text("This group's admins ask for {seconds} s between two requests.", seconds=math.ceil(interval))
    return TooFast(layout("{told} {why}", told=told, why=why))


def _told(scope: Scope, sentence: Text) -> Text:
    if scope is Scope.PERSON:
        return sentence
    return layout("{sentence} {way}", sentence=sentence, way=_BY_ADMINS)
