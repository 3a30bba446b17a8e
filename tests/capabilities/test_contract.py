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
from bot.capabilities.options import Kind, Named, Number, OneOf, Option, Switch, Words
from bot.errors import BadValue
from bot.locales.text import LANGUAGES, Lang, Text
from bot.miaohua.bounds import Bounds
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.telegram.help import details
from tests.capabilities.workshop import PHOTO, Workshop

WORDS = "a red fox in the snow"
LONGEST_CAPTION = 1024 - 80  # what was withheld is said below it


@pytest.fixture(params=registry.ALL, ids=lambda one: one.name)
def capability(request: pytest.FixtureRequest) -> Capability:
    assert isinstance(request.param, Capability)
    return request.param


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return read_po(BytesIO(files("bot.locales").joinpath("zh_CN.po").read_bytes()), locale="zh_CN")


def complete(capability: Capability, **answers: Any) -> dict[str, Any]:
    """Answer all that must be answered."""
    needed = {need.name: WORDS for need in capability.needs}
    return {**capability.start({}), **needed, "photo": PHOTO, **answers}


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
        case Words():
            return []
        case _:
            return re.findall(r"\d+:\d+", sentence)


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


async def test_the_tracker_can_make_and_poll_it(capability: Capability, workshop: Workshop) -> None:
    maker = makers(workshop.studio)[capability.name]
    assert maker.family in polls(workshop.studio.client)
    assert maker.patience == capability.patience


def test_every_preset_can_be_typed(capability: Capability) -> None:
    for option, field, kind in kinds(capability):
        for raw in kind.presets():
            assert read(capability, f"{WORDS} {typed(option, field, raw)}", option, field) == kind.parse(raw)


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
    said = 0
    for option, field, kind in kinds(capability):
        for raw in spoken(kind):
            read(capability, typed(option, field, raw), option, field)
            said += 1
    assert said > len(capability.options)


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
        if not isinstance(kind, Number):
            continue
        for last, beyond in ends(kind.bounds):
            got = read(capability, typed(option, field, repr(last)), option, field)
            assert got == last
            assert isinstance(got, int) or not kind.bounds.whole
            with pytest.raises(BadValue) as refusal:
                read(capability, typed(option, field, repr(beyond)), option, field)
            assert kind.allowed().plain("en") in str(refusal.value)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_explained_in_both_languages(capability: Capability, chinese: Catalog, lang: Lang) -> None:
    sentences = [capability.title, capability.summary]
    sentences += [sentence for need in capability.needs for sentence in (need.question, need.hint)]
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
    line = flags.read(rest, capability.options)
    answers = {**capability.start({}), capability.needs[0].name: line.words, **line.values}
    assert capability.missing(answers) is None
    await workshop.order(capability, await capability.settle(answers, workshop.studio))


async def test_every_flag_leads_to_a_request_that_the_strict_vendor_takes(
    capability: Capability, workshop: Workshop
) -> None:
    first = await capability.settle(complete(capability, photo=None), workshop.studio)
    usual = await workshop.order(capability, first)
    for option in capability.options:
        raws = list(option.kind.presets())
        if isinstance(option.kind, Named):
            offered = await capability.choices(option.name, complete(capability), workshop.studio)
            raws = [f'"{choice.name}"' for choice in offered]
            assert raws
        for raw in raws or [WORDS]:
            line = flags.read(f"{WORDS} {typed(option, None, raw)}", capability.options)
            answers = complete(capability, **line.values)
            if isinstance(option.kind, Named) and option.most == 1:  # a model may need no photo
                answers["photo"] = None
            request = await capability.settle(answers, workshop.studio)
            body = await workshop.order(capability, request)
            assert body.keys() >= {"model_id"}
            assert capability.pictures(request) >= 1
            assert 1 <= len(capability.kind(request)) <= 160
    assert usual["model_id"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("words", ["狐" * 1000, "🦊" * 1000, "<&>" * 666, "a fox"])
async def test_the_longest_caption_fits_below_a_picture(
    capability: Capability, workshop: Workshop, lang: Lang, words: str
) -> None:
    answers = complete(capability, photo=None, **{need.name: words for need in capability.needs})
    request = await capability.settle(answers, workshop.studio)
    if "model" in request:
        request["model"] = {**request["model"], "name": "🦊" * 200}
    shown, _ = parse_html(capability.caption(request, [99999998] * 8).html(lang))
    assert units(shown) <= LONGEST_CAPTION


def test_what_is_remembered_are_the_next_defaults(capability: Capability) -> None:
    for option in capability.options:
        for raw in option.kind.presets():
            value = option.kind.parse(raw)
            started = capability.start({option.name: value})[option.name]
            assert started == (value if option.remembered else option.default)


def is_translated(sentence: Text, catalogue: Catalog) -> bool:
    return sentence.template == "{words}" or bool(getattr(catalogue.get(sentence.template), "string", ""))
