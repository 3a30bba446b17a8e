import asyncio
import io
from pathlib import Path

import pytest
from matplotlib import font_manager
from PIL import Image

from bot.media import charts, plotting
from bot.media.charts import Bars, Chart, Columns, NoChart, Tile

FIGURES = Chart(
    title="Last 7 days",
    subtitle="2026-11-16 – 2026-11-22",
    tiles=[Tile("342 / 1,284", "People here"), Tile("12", "Tasks")],
    columns=Columns("Pictures a day", ["11-21", "11-22"], [3, 0]),
    bars=[Bars("Tasks", [("Delivered", "#2f9e6e"), ("Failed", "#d64545")], [("Imagine", [9, 3])])],
)
CHINESE = Chart(title="最近", subtitle="", tiles=[Tile("1", "任务")], columns=None, bars=[])
UNWRITABLE = Chart(title="\U000f1234", subtitle="", tiles=[], columns=None, bars=[])  # for private use: in no font


def size(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.format == "PNG"
        return opened.size


async def test_a_chart_is_as_wide_as_a_phone_shows_well() -> None:
    width, height = size(await charts.draw(FIGURES))
    assert width == 1080
    assert 700 < height < 2000


async def test_without_anything_to_show_it_is_drawn_all_the_same() -> None:
    empty = Chart(title="Today", subtitle="", tiles=[], columns=Columns("Pictures", [], []), bars=[])
    assert size(await charts.draw(empty))[0] == 1080


async def test_words_for_which_there_is_no_font_are_not_drawn() -> None:
    assert await charts.draw(UNWRITABLE, FIGURES) == await charts.draw(FIGURES)


def test_a_font_is_chosen_by_what_it_can_write(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese, english = {"title": "任务", "tiles": []}, {"title": "Tasks – 95 %", "tiles": [{"value": "1"}]}
    signs = {"Latin": {ord("–")}, "Han": set(map(ord, "任务–"))}
    monkeypatch.setattr(plotting, "_families", lambda: iter(signs))
    monkeypatch.setattr(plotting, "_signs_of", signs.__getitem__)
    assert plotting._choose([chinese, english]) == (chinese, "Han")
    del signs["Han"]
    assert plotting._choose([chinese, english]) == (english, "Latin")
    signs.clear()
    assert plotting._choose([chinese, english]) == (english, None)


def test_known_families_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [type("Font", (), {"name": name}) for name in ("AAA", "SimHei", "Last Resort HE", "Noto Sans CJK SC")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", there)
    assert list(plotting._families()) == ["Noto Sans CJK SC", "SimHei", "AAA"]


async def test_it_takes_no_longer_than_it_may() -> None:
    with pytest.raises(NoChart, match="not drawn within"):
        await charts.draw(FIGURES, within=0.001)


async def test_why_it_could_not_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "plotting.py"
    broken.write_text("raise SystemError('no ink')")
    monkeypatch.setattr(charts, "_PLOTTING", broken)
    with pytest.raises(NoChart, match="no ink"):
        await charts.draw(FIGURES)


async def test_one_is_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = asyncio.Semaphore(1)
    monkeypatch.setattr(charts, "_turn", turn)
    async with turn:
        with pytest.raises(NoChart, match="not drawn within"):
            await charts.draw(FIGURES, within=0.05)
    assert size(await charts.draw(FIGURES))[0] == 1080
    assert not turn.locked()
