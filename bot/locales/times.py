"""Dates and times as each language writes them."""

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
