"""What every capability promises."""

import math
import re
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.capabilities import flags, registry
from bot.capabilities.base import Capability
from bot.capabilities.makers import makers, polls
from bot.capabilities.needs import WordsNeed
from bot.capabilities.options import Kind, Named, Number, OneOf, Option, Point, Sides, Size, Switch
from bot.errors import BadValue
from bot.locales.text import LANGUAGES, Lang, Text
from bot.miaohua.bounds import Bounds
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.telegram.help import details
from tests.capabilities.answering import WORDS, completed
from tests.capabilities.workshop import PHOTO, Workshop

LONGEST_CAPTION = 1024 - 80  # what was withheld is said below it


# What has no presets is typed as this; what makes sense with another option only is typed behind that.
TYPED = {("swap", "onto"): "2,1"}
BESIDES = {("expand", "at"): "--to 1024x1024"}


@pytest.fixture(params=registry.OFFERED, ids=lambda one: one.name)
def capability(request: pytest.FixtureRequest) -> Capability:
    assert isinstance(request.param, Capability)
    return request.param


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return read_po(BytesIO(files("bot.locales").joinpath("zh_CN.po").read_bytes()), locale="zh_CN")


def words_of(capability: Capability) -> str:
    """Give what may stand before the flags."""
    return WORDS if any(isinstance(need, WordsNeed) for need in capability.needs) else ""


def longest(need: WordsNeed, words: str) -> str:
    """Cut words to what a need takes."""
    while need.kind.length(words) > need.kind.limit:
        words = words[:-1]
    return words


def kinds(capability: Capability) -> Iterator[tuple[Option, str | None, Kind]]:
    """Give each option's kind, and those of the fields that a chosen thing has."""
    for option in capability.options:
        yield option, None, option.kind
        if isinstance(option.kind, Named):
            for field, kind in option.kind.fields.items():
                yield option, field, kind


def spoken(kind: Kind) -> list[str]:
    """Take values that must be allowed out of the sentence that says what is."""
    sentence = kind.allowed().plain("en")
    match kind:
        case OneOf() | Switch():
            return sentence.split(" · ")
        case Number(bounds) if bounds.step is not None:
            return [said for said in sentence.split(", ") if said != "…"]
        case Number():
            return sentence.split("–") if "–" in sentence else re.findall(r"[≥≤] (\S+?)(?:,|$)", sentence)
        case Sides() | Point():
            return [written(kind, int(figure)) for figure in re.findall(r"\d+", sentence)]
        case Size():
            return re.findall(r"\d+:\d+", sentence)
        case _:
            return []


def written(kind: Kind, figure: float) -> str:
    """Write a figure as a kind takes it: by itself, or twice."""
    match kind:
        case Sides():
            return f"{figure}x{figure}"
        case Point():
            return f"{figure},{figure}"
        case _:
            return repr(figure)


def typed(option: Option, field: str | None, raw: str) -> str:
    """Write a value as its flag takes it."""
    flag = option.flags[0]
    if field is None:
        return f"--{flag} {raw}"
    assert isinstance(option.kind, Named)
    return f"--{flag} canny:{raw}" if field == option.kind.lead else f"--{flag} canny:{field}={raw}"


def read(capability: Capability, line: str, option: Option, field: str | None) -> Any:
    """Read one option's value, or one field of it."""
    value = flags.read(line, capability.options).values[option.name]
    held = value[0] if option.most > 1 else value
    return held if field is None else held[field]


def test_names_fit_telegram_and_the_tables(capability: Capability) -> None:
    assert capability.commands
    for command in capability.commands:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command)
        assert registry.BY_COMMAND[command] is capability
    assert registry.BY_NAME[capability.name] is capability
    assert re.fullmatch(r"[a-z_]{1,32}", capability.name)
    assert capability.patience > 0
    for lang in LANGUAGES:
        assert 1 <= len(capability.summary.plain(lang)) <= 256


def test_nothing_is_named_twice() -> None:
    commands = [command for capability in registry.ALL for command in capability.commands]
    assert len(commands) == len(set(commands)) == len(registry.BY_COMMAND)
    assert len(registry.ALL) == len(registry.BY_NAME)


def test_no_flag_or_option_is_declared_twice(capability: Capability) -> None:
    names = [option.name for option in capability.options] + [need.name for need in capability.needs]
    spelled = [flag for option in capability.options for flag in (*option.flags, *option.sets)]
    assert len(names) == len(set(names))
    assert len(spelled) == len(set(spelled))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", flag) for flag in spelled)


def test_errands_are_told_by_their_name() -> None:
    errands = {capability.name for capability in registry.ALL if registry.is_errand(capability.name)}
    assert errands == {"detect", "snap"} == registry.BY_NAME.keys() - {one.name for one in registry.OFFERED}
    assert not registry.is_errand("of another version")


@pytest.mark.parametrize("capability", registry.ALL, ids=lambda one: one.name)
async def test_the_tracker_can_make_and_poll_it(capability: Capability, workshop: Workshop) -> None:
    maker = makers(workshop.studio)[capability.name]
    assert maker.family in polls(workshop.studio.client)
    assert maker.patience == capability.patience


def test_every_preset_can_be_typed(capability: Capability) -> None:
    for option, field, kind in kinds(capability):
        for raw in kind.presets():
            line = f"{words_of(capability)} {typed(option, field, raw)}"
            assert read(capability, line, option, field) == kind.parse(raw)


def test_every_flag_of_an_option_means_the_same(capability: Capability) -> None:
    for option in capability.options:
        for raw in option.kind.presets():
            for flag in option.flags:
                line = flags.read(f"--{flag} {raw} {WORDS}", capability.options)
                assert (line.words, dict(line.values)) == (WORDS, {option.name: option.kind.parse(raw)})
        for flag, raw in option.sets.items():
            line = flags.read(f"--{flag} {WORDS}", capability.options)
            assert (line.words, dict(line.values)) == (WORDS, {option.name: option.kind.parse(raw)})


def test_what_the_help_says_is_allowed_is(capability: Capability) -> None:
    for option, field, kind in kinds(capability):
        said = spoken(kind)
        assert said or not isinstance(kind, OneOf | Switch | Sides | Point)
        for raw in said:
            read(capability, typed(option, field, raw), option, field)


def ends(bounds: Bounds) -> Iterator[tuple[float, float]]:
    """Give the last number at each end that is allowed, and the next one beyond it."""
    unit = bounds.step or 1
    for end, is_open, outward in ((bounds.low, bounds.low_open, -1), (bounds.high, bounds.high_open, 1)):
        if end is None:
            continue
        if not bounds.whole:
            inside, outside = math.nextafter(end, -outward * math.inf), math.nextafter(end, outward * math.inf)
            yield (inside, end) if is_open else (end, outside)
            continue
        last = (math.floor if outward > 0 else math.ceil)(end / unit) * unit
        last -= outward * unit if is_open and last == end else 0
        yield last, last + outward * unit


def test_numbers_are_taken_up_to_their_ends_and_no_further(capability: Capability) -> None:
    for option, field, kind in kinds(capability):
        if not isinstance(kind, Number | Sides | Point):
            continue
        for last, beyond in ends(kind.bounds):
            got = read(capability, typed(option, field, written(kind, last)), option, field)
            assert got == (last if isinstance(kind, Number) else [last, last])
            assert not isinstance(got, float) or not kind.bounds.whole
            with pytest.raises(BadValue) as refusal:
                read(capability, typed(option, field, written(kind, beyond)), option, field)
            assert kind.allowed().plain("en") in str(refusal.value)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_explained_in_both_languages(capability: Capability, chinese: Catalog, lang: Lang) -> None:
    sentences = [capability.title, capability.summary]
    sentences += [sentence for need in capability.needs for sentence in (need.label, need.question, need.hint)]
    for option in capability.options:
        sentences += [option.label, option.help]
        sentences += option.kind.labels.values() if isinstance(option.kind, OneOf) else []
    for sentence in sentences:
        assert sentence.plain(lang).strip()
        assert is_translated(sentence, chinese)
    assert all(kind.allowed().plain(lang).strip() for _, _, kind in kinds(capability))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_help_can_be_sent_and_names_every_flag(capability: Capability, lang: Lang) -> None:
    shown, _ = parse_html(details(capability).html(lang))
    assert units(shown) <= 4096
    assert capability.example in shown
    for option in capability.options:
        assert all(f"--{flag}" in shown for flag in (*option.flags, *option.sets))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_value_can_be_shown(capability: Capability, lang: Lang) -> None:
    for option, _, kind in kinds(capability):
        assert option.show(option.default).plain(lang)
        for raw in kind.presets():
            assert kind.show(kind.parse(raw)).plain(lang)


async def test_its_example_is_taken(capability: Capability, workshop: Workshop) -> None:
    command, _, rest = capability.example.partition(" ")
    assert command == f"/{capability.commands[0]}"
    said = capability.read(rest)
    assert capability.missing_option({**capability.start({}), **said}) is None
    answers = await completed(capability, workshop, **said)
    await workshop.order(capability, await capability.settle(answers, workshop.studio))


def test_a_picture_with_the_command_is_taken(capability: Capability) -> None:
    taker = next(need for need in capability.needs if need.most)
    assert capability.placed([PHOTO], []).keys() == {taker.name}


async def test_every_flag_leads_to_a_request_that_the_strict_vendor_takes(
    capability: Capability, workshop: Workshop
) -> None:
    await ordered(capability, workshop, **left_out(capability))
    for option in capability.options:
        raws = list(option.kind.presets()) or [TYPED.get((capability.name, option.name), WORDS)]
        if isinstance(option.kind, Named):
            offered = await capability.choices(option.name, await completed(capability, workshop), workshop.studio)
            raws = [f'"{choice.name}"' for choice in offered]
            assert raws
        # A model may be for words alone.
        unsaid = left_out(capability) if isinstance(option.kind, Named) and option.most == 1 else {}
        for raw in raws:
            besides = BESIDES.get((capability.name, option.name), "")
            line = f"{words_of(capability)} {besides} {typed(option, None, raw)}"
            await ordered(capability, workshop, **unsaid, **capability.read(line))


def left_out(capability: Capability) -> dict[str, None]:
    """Say nothing of what need not be answered."""
    return {need.name: None for need in capability.needs if not need.is_required}


async def ordered(capability: Capability, workshop: Workshop, **said: Any) -> None:
    """Settle and order, and look at what the tracker makes of the request."""
    request = await capability.settle(await completed(capability, workshop, **said), workshop.studio)
    again = {**capability.start({}), **capability.reopened(request)}
    assert await capability.settle(again, workshop.studio) == request
    body = await workshop.order(capability, request)
    assert any(name.endswith("model_id") and value for name, value in body.items())
    assert capability.pictures(request) >= 1
    assert 1 <= len(capability.kind(request)) <= 160


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("words", ["狐" * 1000, "🦊" * 1000, "<&>" * 666, "a fox"])
async def test_the_longest_caption_fits_below_a_picture(
    capability: Capability, workshop: Workshop, lang: Lang, words: str
) -> None:
    said = {need.name: longest(need, words) for need in capability.needs if isinstance(need, WordsNeed)}
    answers = await completed(capability, workshop, **left_out(capability), **said)
    request = await capability.settle(answers, workshop.studio)
    for option in capability.options:
        if isinstance(option.kind, Named) and option.most == 1:
            request[option.name] = {**request[option.name], "name": "🦊" * 200}
    shown, _ = parse_html(capability.caption(request, [99999998] * 8).html(lang))
    assert 1 <= units(shown) <= LONGEST_CAPTION


def test_what_is_remembered_are_the_next_defaults(capability: Capability) -> None:
    for option in capability.options:
        for raw in option.kind.presets():
            value = option.kind.parse(raw)
            started = capability.start({option.name: value})[option.name]
            assert started == (value if option.remembered else option.default)


def is_translated(sentence: Text, catalogue: Catalog) -> bool:
    return sentence.template == "{words}" or bool(getattr(catalogue.get(sentence.template), "string", ""))
