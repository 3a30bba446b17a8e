"""Dates, times and lengths of time as each language writes them."""

import math
from datetime import datetime

from bot.locales.text import Text, text

_MONTHS = (
    text("January"),
    text("February"),
    text("March"),
    text("April"),
    text("May"),
    text("June"),
    text("July"),
    text("August"),
    text("September"),
    text("October"),
    text("November"),
    text("December"),
)


def day(when: datetime) -> Text:
    """Phrase a day."""
    return text("{day} {month} {year}", day=when.day, month=_MONTHS[when.month - 1], year=when.year)


def moment(when: datetime) -> Text:
    """Phrase a day and the time of day."""
    return text("{day}, {time}", day=day(when), time=f"{when:%H:%M}")


def duration(seconds: float, *, is_rounded_up: bool = False) -> Text:
    """Phrase a length of time, as exactly as one wants to know it; rounded up where something comes not before it."""
    rounded = math.ceil if is_rounded_up else round
    if seconds < 90:  # noqa: PLR2004
        return text("{seconds} s", seconds=max(rounded(seconds), 1))
    minutes = rounded(seconds / 60)
    if minutes < 90:  # noqa: PLR2004
        return text("{minutes} min", minutes=minutes)
    if minutes % 60 == 0 or minutes > 24 * 60:
        return text("{hours} h", hours=rounded(minutes / 60))
    return text("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
