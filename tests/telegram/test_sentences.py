"""What somebody is told who meets a limit or an outage: the number, the reason and the way out, in both languages."""

import pytest

from bot.errors import NotAllowed, UserError
from bot.limits import access, refusals
from bot.limits.refusals import Scope
from bot.locales.text import LANGUAGES, Lang
from bot.store import people
from bot.telegram import endings
from tests.telegram.stage import Stage

HOUR = 3600.0

MET: dict[str, tuple[UserError, int, str, dict[Lang, tuple[str, str]]]] = {
    "already running": (
        refusals.too_many(Scope.PERSON, 3),
        409,
        "3",
        {"en": ("under way", "/tasks"), "zh_CN": ("进行", "/tasks")},
    ),
    "the day is spent": (
        refusals.day_is_spent(Scope.PERSON, 50, 50, 5 * HOUR),
        429,
        "50",
        {"en": ("used up", "new ones in 5 h"), "zh_CN": ("用完", "5 小时")},
    ),
    "the group's day is spent": (
        refusals.day_is_spent(Scope.GROUP, 200, 200, HOUR),
        429,
        "200",
        {"en": ("this group's allowance", "/limits"), "zh_CN": ("本群", "/limits")},
    ),
    "too soon": (
        refusals.too_fast(Scope.PERSON, 7.2, 10),
        8,
        "8",
        {"en": ("too soon", "again in 8 seconds"), "zh_CN": ("太近", "8 秒")},
    ),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", MET)
def test_a_limit_is_told_with_its_number_and_the_way_out(name: str, lang: Lang) -> None:
    error, code, number, words = MET[name]
    reason, way = words[lang]
    told = error.sentence.plain(lang)
    assert error.code == code
    assert number in told
    assert reason in told
    assert way in told


@pytest.mark.parametrize(
    ("lang", "reason", "way"), [("en", "out of order", "10 minutes"), ("zh_CN", "无法使用", "10 分钟")]
)
def test_an_outage_is_told_with_when_to_try_again(lang: Lang, reason: str, way: str) -> None:
    told = endings.BY_CODE[503].plain(lang)
    assert reason in told
    assert way in told


@pytest.mark.parametrize(("lang", "reason", "way"), [("en", "banned", "operator"), ("zh_CN", "封禁", "运营者")])
async def test_whoever_is_shut_out_is_told_who_can_change_that(stage: Stage, lang: Lang, reason: str, way: str) -> None:
    person = stage.person("Alice").id
    await stage.say("Alice", "/start")
    async with stage.store.write() as conn:
        await people.remember(conn, person, stage.now)
        await people.judge(conn, person, banned_at=stage.now)
    async with stage.store.read() as conn:
        with pytest.raises(NotAllowed) as refusal:
            await access.check(conn, person, stage.parts.services.settings)
    assert refusal.value.code == 7
    assert reason in refusal.value.sentence.plain(lang)
    assert way in refusal.value.sentence.plain(lang)
