"""Draw a chart: JSON comes in (a list of `charts.Chart`), a PNG goes out. Run by itself, and stands alone.

Everything is measured in pixels of a picture 1080 wide. A phone shows it at about a third of that, so that no writing
is lower than 28.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

Spec: TypeAlias = Mapping[str, Any]

WIDTH, MARGIN, DPI = 1080, 56, 100
GROUND, TILE, INK, PALE, LINE, ACCENT = "#ffffff", "#f1f4f9", "#172033", "#5b667a", "#d9dfe8", "#3f6fd8"

HEAD, TILE_HEIGHT, GAP = 196, 164, 20
TILES_A_ROW = 3
PANEL_TITLE, LEGEND, PANEL_GAP = 84, 56, 36
COLUMNS_HEIGHT, LABELS_HEIGHT = 300, 56
BAR, NAMES, SUMS = 68, 290, 110
MOST_SUMS, MOST_NAMES = 10, 6  # more columns have no room for a figure and a name each, but for a few names

# Families that have Chinese characters, best first; others are tried after them.
CJK = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
    "SimHei",
    "Heiti SC",
)


def main() -> None:
    """Read, draw, write."""
    charts = json.loads(sys.stdin.buffer.read())
    chart, family = _choose(charts)
    mpl.rcParams["font.family"] = [family, "DejaVu Sans"] if family else ["DejaVu Sans"]
    _Drawing(chart).save()


def _choose(charts: Sequence[Spec]) -> tuple[Spec, str | None]:
    """Find the first chart that can be written, and with which font; the last is drawn with what is there."""
    for chart in charts:
        signs = {ord(sign) for sign in _words(chart) if not sign.isascii() and not sign.isspace()}
        if not signs:
            return chart, None
        family = next((name for name in _families() if signs <= _signs_of(name)), None)
        if family:
            return chart, family
    return charts[-1], None


def _words(spec: object) -> str:
    if isinstance(spec, str):
        return spec
    if isinstance(spec, Mapping):
        return "".join(map(_words, spec.values()))
    return "".join(map(_words, spec)) if isinstance(spec, Sequence) else ""


def _families() -> Iterator[str]:
    # The last resort has a box for every character there is.
    there = {font.name for font in font_manager.fontManager.ttflist if "lastresort" not in _bare(font.name)}
    yield from (name for name in CJK if name in there)
    yield from sorted(there.difference(CJK))


def _bare(name: str) -> str:
    return name.replace(" ", "").lower()


def _signs_of(family: str) -> set[int]:
    path = font_manager.findfont(font_manager.FontProperties(family=[family]))
    return set(font_manager.get_font(path).get_charmap())


class _Drawing:
    """One picture, filled from the top."""

    def __init__(self, chart: Spec) -> None:
        self._chart = chart
        self._height = _height(chart)
        self._figure = Figure(figsize=(WIDTH / DPI, self._height / DPI), dpi=DPI, facecolor=GROUND)
        self._y = 0.0

    def save(self) -> None:
        self._head()
        self._tiles(self._chart["tiles"])
        if self._chart["columns"]:
            self._columns(self._chart["columns"])
        for bars in self._chart["bars"]:
            self._bars(bars)
        self._figure.savefig(sys.stdout.buffer, format="png", dpi=DPI)

    def _head(self) -> None:
        self._write(MARGIN, 84, self._chart["title"], 56, weight="bold")
        self._write(MARGIN, 148, self._chart["subtitle"], 32, color=PALE)
        self._y = HEAD

    def _tiles(self, tiles: Sequence[Spec]) -> None:
        width = (WIDTH - 2 * MARGIN - (TILES_A_ROW - 1) * GAP) / TILES_A_ROW
        for place, tile in enumerate(tiles):
            left = MARGIN + place % TILES_A_ROW * (width + GAP)
            top = self._y + place // TILES_A_ROW * (TILE_HEIGHT + GAP)
            self._box(left, top, width, TILE_HEIGHT)
            self._write(left + 24, top + 66, tile["value"], 54, within=width - 48, weight="bold")
            self._write(left + 24, top + 126, tile["label"], 30, within=width - 48, color=PALE)
        self._y += _tiles_height(tiles)

    def _columns(self, columns: Spec) -> None:
        self._title(columns["title"])
        axes = self._axes(MARGIN, self._y, WIDTH - 2 * MARGIN, COLUMNS_HEIGHT)
        values, highest = columns["values"], max([1, *columns["values"]])
        axes.bar(range(len(values)), values, width=0.72, color=ACCENT)
        axes.set_xlim(-0.5, len(values) - 0.5)
        axes.set_ylim(0, highest * 1.2)
        axes.axhline(0, color=LINE, linewidth=3)
        for place, value in enumerate(values):
            if value and (len(values) <= MOST_SUMS or value == highest):
                _note(axes, place, value + highest * 0.03, f"{value:,}", va="bottom", ha="center")
        step = 1 if len(values) <= MOST_SUMS else -(-len(values) // MOST_NAMES)
        for place in range(len(values) - 1, -1, -step):  # the last day has its name
            left = MARGIN + (place + 0.5) / len(values) * (WIDTH - 2 * MARGIN)
            self._write(left, self._y + COLUMNS_HEIGHT + 34, columns["labels"][place], 28, color=PALE, ha="center")
        self._y += COLUMNS_HEIGHT + LABELS_HEIGHT

    def _bars(self, bars: Spec) -> None:
        self._title(bars["title"])
        if len(bars["parts"]) > 1:
            self._legend(bars["parts"])
        rows = bars["rows"]
        axes = self._axes(MARGIN + NAMES, self._y, WIDTH - 2 * MARGIN - NAMES, BAR * len(rows))
        longest = max([1, *(sum(values) for _, values in rows)])
        axes.set_xlim(0, longest * (WIDTH - 2 * MARGIN - NAMES) / (WIDTH - 2 * MARGIN - NAMES - SUMS))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        for place, (name, values) in enumerate(rows):
            start = 0
            for value, (_, color) in zip(values, bars["parts"], strict=True):
                axes.barh(place, value, left=start, height=0.62, color=color)
                start += value
            _note(axes, start + longest * 0.015, place, f"{start:,}", va="center", ha="left")
            self._write(MARGIN, self._y + (place + 0.5) * BAR, name, 32, within=NAMES - 16)
        self._y += BAR * len(rows)

    def _legend(self, parts: Sequence[Sequence[str]]) -> None:
        left = float(MARGIN)
        for name, color in parts:
            self._box(left, self._y + 6, 28, 28, color)
            written = self._write(left + 40, self._y + 20, name, 30, color=PALE)
            left += 40 + written + 36
        self._y += LEGEND

    def _title(self, words: str) -> None:
        self._y += PANEL_GAP
        self._write(MARGIN, self._y + 32, words, 38, weight="bold")
        self._y += PANEL_TITLE

    def _write(
        self,
        left: float,
        middle: float,
        words: str,
        size: float,
        *,
        within: float = WIDTH - 2 * MARGIN,
        **how: Any,  # noqa: ANN401  a property of the writing each
    ) -> float:
        """Write at a height from the top, smaller where it is too long; give the width of what is written."""
        how = {"color": INK, "va": "center_baseline", **how}
        written = self._figure.text(
            left / WIDTH, 1 - middle / self._height, words, fontsize=_points(size), parse_math=False, **how
        )
        width = float(written.get_window_extent().width)
        written.set_fontsize(_points(size * min(1, within / max(width, 1))))
        return min(width, within)

    def _box(self, left: float, top: float, width: float, height: float, color: str = TILE) -> None:
        radius = min(width, height) / 6
        self._figure.add_artist(
            FancyBboxPatch(
                (left + radius, self._height - top - height + radius),
                width - 2 * radius,
                height - 2 * radius,
                boxstyle=f"round,pad={radius}",
                color=color,
                linewidth=0,
                transform=None,
            )
        )

    def _axes(self, left: float, top: float, width: float, height: float) -> Axes:
        box = (left / WIDTH, 1 - (top + height) / self._height, width / WIDTH, height / self._height)
        axes = self._figure.add_axes(box)
        axes.set_axis_off()
        return axes


def _note(axes: Axes, x: float, y: float, words: str, *, va: str, ha: str) -> None:
    axes.text(x, y, words, va=va, ha=ha, color=INK, fontsize=_points(30))


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _height(chart: Spec) -> int:
    bars = sum(
        PANEL_GAP + PANEL_TITLE + (LEGEND if len(each["parts"]) > 1 else 0) + BAR * len(each["rows"])
        for each in chart["bars"]
    )
    columns = PANEL_GAP + PANEL_TITLE + COLUMNS_HEIGHT + LABELS_HEIGHT if chart["columns"] else 0
    return HEAD + _tiles_height(chart["tiles"]) + columns + bars + MARGIN


def _tiles_height(tiles: Sequence[Spec]) -> int:
    rows = -(-len(tiles) // TILES_A_ROW)
    return rows * (TILE_HEIGHT + GAP) - GAP


if __name__ == "__main__":
    main()
