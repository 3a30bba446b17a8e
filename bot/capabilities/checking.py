"""Check settled requests as the vendor will, before anything is sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import BadValue
from bot.locales.text import text
from bot.miaohua.errors import InvalidRequest

LATER = "https://later.invalid/picture.jpg"
"""Stands in for a link that does not exist yet, where a request is checked before its pictures are offered."""


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Raise as `BadValue` what a vendor's request inside finds wrong with its fields."""
    try:
        yield
    except InvalidRequest as error:
        raise BadValue(
            text("<b>{field}</b> does not fit. Allowed: {allowed}.", field=error.field, allowed=error.allowed)
        ) from None
