"""What `/stats` says, in words and as a chart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.capabilities import registry
from bot.capabilities.options import shorten
from bot.conversations.view import Button, joined
from bot.locales.text import Lang, Text, layout, text, verbatim
from bot.locales.times import duration
from bot.media.charts import Bars, Chart, Columns, Tile
from bot.store.figures import Crowd, Figures, Member
from bot.store.task import State
from bot.telegram import messages

SPANS: Mapping[int, Text] = {1: text("Today"), 7: text("Last 7 days"), 30: text("Last 30 days")}

_OUTCOMES: Sequence[tuple[Text, str, frozenset[State]]] = (
    (text("Delivered"), "#2f9e6e", frozenset({State.DELIVERED})),
    (text("Refused"), "#e3a008", frozenset({State.REFUSED})),
    (text("Failed"), "#d64545", frozenset({State.FAILED, State.EXPIRED, State.UNCERTAIN})),
    (text("Cancelled"), "#9aa3b2", frozenset({State.CANCELLED})),
)

# The error vocabulary (see `bot/errors.py`) in a word or two.
_ERRORS: Mapping[int, Text] = {
    3: text("bad request"),
    4: text("too slow"),
    5: text("gone"),
    7: text("not permitted"),
    8: text("too fast"),
    12: text("not offered"),
    13: text("broken"),
    16: text("bad keys"),
    18: text("content filter"),
    409: text("too many"),
    429: text("daily limit"),
    503: text("out of service"),
}
MOST_ERRORS = 6
MOST_CAPABILITIES = 3


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a span of days: of the whole bot, or of one group, named by its `title`."""

    days: int
    figures: Figures
    people: Crowd | None = None
    groups: Crowd | None = None
    title: str | None = None
    members: int = 0
    active: Sequence[Member] = ()


def buttons(shown: int) -> list[list[Button]]:
    """Offer the spans."""
    return [
        [
            Button(layout("• {span}", span=span) if days == shown else span, f"o:stats:{days}")
            for days, span in SPANS.items()
        ]
    ]


def words(report: Report, lang: Lang) -> Text:
    """Say all in words, short enough for a caption."""
    figures = report.figures
    lines = [
        layout("📊 <b>{span}</b>{place}", span=SPANS[report.days], place=_place(report)),
        *(layout("{label}: {value}", label=label, value=value) for label, value in _tiles(report)),
    ]
    by_capability = [
        layout("{name}: {count}", name=_title(name), count=_parts(figures, name)) for name in _capabilities(figures)
    ]
    errors = [layout("{error} × {count}", error=_error(code), count=count) for code, count in _errors(figures)]
    blocks = [lines, by_capability, [text("Errors: {errors}", errors=joined(errors, ", "))] if errors else []]
    said = joined([joined(block) for block in blocks if block], "\n\n")
    return messages.captioned([said], _members(report.active), lang)


def chart(report: Report, lang: Lang) -> Chart:
    """Put the same into a picture."""
    figures = report.figures
    days = list(figures.pictures)
    return Chart(
        title=SPANS[report.days].plain(lang),
        subtitle=_span(days),  # without a group's name, for whose signs there may be no font
        tiles=[Tile(value.plain(lang), label.plain(lang)) for label, value in _tiles(report)],
        columns=_columns(figures, days, lang) if len(days) > 1 else None,
        bars=[bars for bars in (_tasks(figures, lang), _codes(figures, lang)) if bars.rows],
    )


def _tiles(report: Report) -> list[tuple[Text, Text]]:
    figures = report.figures
    if report.people is not None and report.groups is not None:
        here = [
            (text("People here"), _crowd(report.people)),
            (text("Groups active"), _crowd(report.groups)),
        ]
    else:
        here = [(text("Members here"), _number(report.members))]
    return [
        *here,
        (text("Pictures used"), _number(sum(figures.pictures.values()))),
        (text("Tasks"), _number(figures.ended())),
        (text("Half within"), _wait(figures.wait(0.5))),
        (text("95 % within"), _wait(figures.wait(0.95))),
    ]


def _members(active: Sequence[Member]) -> list[Text]:
    """Say who used what, the most active first; the heading comes with the first of them."""
    lines = [
        layout(
            "{name}: {count} ({capabilities})",
            name=shorten(member.name or str(member.id), 24),
            count=_number(sum(member.uses.values())),
            capabilities=joined([_use(*use) for use in list(member.uses.items())[:MOST_CAPABILITIES]], ", "),
        )
        for member in active
    ]
    return [joined([verbatim(""), text("Requests served, by member:"), lines[0]]), *lines[1:]] if lines else []


def _use(capability: str, count: int) -> Text:
    return layout("{name} {count}", name=_title(capability), count=_number(count))


def _columns(figures: Figures, days: Sequence[str], lang: Lang) -> Columns:
    title = text("Pictures a day")
    return Columns(title.plain(lang), [day[5:] for day in days], [figures.pictures[day] for day in days])


def _tasks(figures: Figures, lang: Lang) -> Bars:
    rows = [(_title(name).plain(lang), _split(figures, name)) for name in _capabilities(figures)]
    used = [place for place in range(len(_OUTCOMES)) if any(row[place] for _, row in rows)]
    return Bars(
        text("Tasks").plain(lang),
        [(_OUTCOMES[place][0].plain(lang), _OUTCOMES[place][1]) for place in used],
        [(name, [row[place] for place in used]) for name, row in rows],
    )


def _codes(figures: Figures, lang: Lang) -> Bars:
    rows = [(_error(code).plain(lang), [count]) for code, count in _errors(figures)]
    return Bars(text("Errors by code").plain(lang), [("", "#d64545")], rows)


def _capabilities(figures: Figures) -> list[str]:
    """Name those that were used, the most used first."""
    used: Counter[str] = Counter()
    for (name, _), count in figures.tasks.items():
        used[name] += count
    return [name for name, _ in used.most_common()]


def _split(figures: Figures, capability: str) -> list[int]:
    return [sum(figures.tasks.get((capability, state), 0) for state in states) for _, _, states in _OUTCOMES]


def _parts(figures: Figures, capability: str) -> Text:
    said = [
        layout("{outcome} {count}", outcome=outcome, count=count)
        for (outcome, _, _), count in zip(_OUTCOMES, _split(figures, capability), strict=True)
        if count
    ]
    return joined(said, ", ")


def _errors(figures: Figures) -> list[tuple[int, int]]:
    return Counter(figures.errors).most_common(MOST_ERRORS)


def _error(code: int) -> Text:
    return layout("{code} {name}", code=code, name=_ERRORS[code]) if code in _ERRORS else verbatim(str(code))


def _title(capability: str) -> Text:
    known = registry.BY_NAME.get(capability)
    return known.title if known else verbatim(capability)


def _place(report: Report) -> Text:
    return layout(" · {title}", title=shorten(report.title, 24)) if report.title else verbatim("")


def _span(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}"


def _crowd(crowd: Crowd) -> Text:
    return verbatim(f"{crowd.active:,} / {crowd.total:,}")


def _number(number: int) -> Text:
    return verbatim(f"{number:,}")


def _wait(seconds: float | None) -> Text:
    return verbatim("–") if seconds is None else duration(seconds)
