from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import get_month_names

from bot.locales import times
from bot.locales.text import Lang, Text

WHEN = datetime(2024, 5, 3, 4, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("lang", "day", "moment"),
    [("en", "3 May 2024", "3 May 2024, 04:09"), ("zh_CN", "2024年5月3日", "2024年5月3日 04:09")],
)
def test_as_each_language_writes_them(lang: Lang, day: str, moment: str) -> None:
    assert (times.day(WHEN).plain(lang), times.moment(WHEN).plain(lang)) == (day, moment)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month(month: int) -> None:
    said = times.day(WHEN.replace(month=month))
    assert said.plain("en") == f"3 {get_month_names('wide', locale='en')[month]} 2024"
    assert said.plain("zh_CN") == f"2024年{month}月3日"


def test_they_can_wait_in_a_row() -> None:
    said = times.moment(WHEN)
    assert Text.load(said.dump()).plain("zh_CN") == said.plain("zh_CN")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (0.4, "1 s"),
        (1.6, "2 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (3600, "60 min"),
        (7190, "2 h"),
        (9020, "2 h 30 min"),
        (86_399, "24 h"),
        (88_200 - 61, "24 h"),
        (300_000, "83 h"),
    ],
)
def test_a_length_of_time(seconds: float, words: str) -> None:
    assert times.duration(seconds).plain("en") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "1 s"),
        (88.2, "89 s"),
        (90, "2 min"),
        (3541, "60 min"),
        (7141, "2 h"),
        (7201, "2 h 1 min"),
        (86_401, "25 h"),
    ],
)
def test_what_comes_not_before_it_is_rounded_up(seconds: float, words: str) -> None:
    assert times.duration(seconds, is_rounded_up=True).plain("en") == words
