from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.capabilities.base import Choice
from bot.capabilities.imagine import Imagine
from bot.capabilities.stylize import Stylize
from bot.conversations.form import HURRY, Form, Outdated, is_chosen, key_of
from bot.conversations.screens import view
from bot.errors import BadValue, UserError
from tests.capabilities.workshop import PHOTO, Workshop
from tests.conversations.inventions import Searcher, Worded
from tests.conversations.pressing import DIALOG, ENDS, press, send, verb_of, write

IMAGINE, STYLIZE, SEARCHER = Imagine(), Stylize(), Searcher()
INK, FILM = Choice("id-ink", "水墨 Ink wash", ""), Choice("id-film", "胶片 Warm film", "")
CANNY, DEPTH, POSE, TILE = (Choice(name, name, "") for name in ("canny", "depth", "openpose", "tile"))
STYLES = [INK, FILM]


def form(screen: str = "main", **answers: Any) -> Form:
    return Form(IMAGINE, {**IMAGINE.start({}), "prompt": "a fox", "photo": None, **answers}, screen)


def test_it_begins_with_what_is_missing_or_with_the_panel() -> None:
    assert Form.opened(IMAGINE, IMAGINE.start({})).screen == "ask-prompt"
    assert Form.opened(IMAGINE, {"prompt": "a fox"}).screen == "main"


@pytest.mark.parametrize(
    ("screen", "need", "awaits_value"),
    [
        ("main", None, False),
        ("opt-seed", None, False),
        ("field-loras-0-weight", None, False),
        ("ask-prompt", "prompt", False),
        ("ask-photo", "photo", False),
        ("ask-photo-closer", "photo", False),
        ("ask-seed", None, True),
        ("ask-loras-0-weight", None, True),
    ],
)
def test_a_question_awaits_its_answer(screen: str, need: str | None, *, awaits_value: bool) -> None:
    asked = form(screen)
    assert (asked.need.name if asked.need else None, asked.awaits_value) == (need, awaits_value)


@pytest.mark.parametrize(
    ("screen", "back"),
    [
        ("main", "main"),
        ("more", "main"),
        ("opt-size", "main"),
        ("opt-seed", "more"),
        ("ask-size", "main"),
        ("ask-seed", "more"),
        ("ask-prompt", "main"),
        ("ask-photo", "main"),
        ("ask-photo-closer", "ask-photo"),
        ("pick-loras-1", "main"),
        ("item-loras-2", "pick-loras-0"),
        ("field-loras-2-weight", "item-loras-2"),
        ("ask-loras-2-weight", "item-loras-2"),
    ],
)
def test_every_screen_has_one_before_it(screen: str, back: str) -> None:
    assert form(screen).back == back


async def test_words_that_are_awaited_become_the_answer(workshop: Workshop) -> None:
    asked = Form.opened(IMAGINE, {**IMAGINE.start({}), "photo": None})
    answered = await write(asked, "  a red fox\n", workshop.studio)
    assert answered is not None
    assert (answered.answers["prompt"], answered.screen) == ("a red fox", "main")
    with pytest.raises(BadValue, match="1000 Chinese"):
        await write(asked, "狐" * 1001, workshop.studio)
    assert asked.answers.get("prompt") is None


def test_typed_values_are_read_as_flags_are() -> None:
    assert form("ask-size").typed("16：9").answers["size"] == [1280, 720]
    answered = form("ask-seed").typed("7")
    assert (answered.answers["seed"], answered.screen) == (7, "more")
    with pytest.raises(BadValue, match="0–99999998"):
        form("ask-seed").typed("-1")
    assert form("ask-model").typed("秒画").answers["model"] == {"name": "秒画"}


@pytest.mark.parametrize("screen", ["main", "more", "opt-seed", "pick-loras-0", "ask-prompt", "ask-loras"])
async def test_words_that_no_option_awaits_are_outdated(screen: str, workshop: Workshop) -> None:
    with pytest.raises(Outdated):
        form(screen).typed("a fox")
    if not screen.startswith("ask"):
        assert await write(form(screen), "a fox", workshop.studio) is None


async def test_where_a_picture_is_awaited_words_are_none(workshop: Workshop) -> None:
    with pytest.raises(BadValue, match="waiting for a picture"):
        await write(form("ask-photo"), "a fox", workshop.studio)
    answered = await send(form("ask-photo"), PHOTO["file"], workshop.studio)
    assert answered is not None
    assert (answered.answers["photo"], answered.screen) == (PHOTO, "main")


async def test_where_words_are_awaited_a_picture_is_one_to_draw_from(workshop: Workshop) -> None:
    asked = await send(form("ask-prompt", prompt=""), PHOTO["file"], workshop.studio)
    assert asked is not None
    assert (asked.answers["photo"], asked.screen) == (PHOTO, "ask-prompt")


async def test_a_picture_sent_to_a_capability_without_one(workshop: Workshop) -> None:
    words = Worded()
    asked = Form(words, {}, "ask-words")
    with pytest.raises(BadValue, match="waiting for words"):
        await send(asked, PHOTO["file"], workshop.studio)
    assert await send(asked.go("main"), PHOTO["file"], workshop.studio) is None


def test_an_answer_leads_to_the_next_question() -> None:
    asked = Form(IMAGINE, IMAGINE.start({}), "ask-photo")
    assert asked.with_answer("photo", PHOTO).screen == "ask-prompt"
    assert not asked.is_complete
    assert form().is_complete


class TestRequiredOptions:
    """A style has no default: it is asked for after what the needs ask."""

    def test_are_asked_for_after_the_needs(self) -> None:
        asked = Form.opened(STYLIZE, STYLIZE.start({}))
        assert asked.screen == "ask-photo"
        assert asked.with_answer("photo", PHOTO).screen == "pick-style-0"
        assert not asked.with_answer("photo", PHOTO).is_complete

    def test_once_picked_the_panel_is_there(self) -> None:
        asked = Form.opened(STYLIZE, {**STYLIZE.start({}), "photo": PHOTO})
        picked = asked.pick("style", key_of(INK), STYLES)
        assert (picked.screen, picked.is_complete) == ("main", True)

    def test_a_picture_that_is_taken_back_is_asked_for_again(self) -> None:
        whole = Form.opened(STYLIZE, {**STYLIZE.start({}), "photo": PHOTO, "style": {"id": INK.id, "name": INK.name}})
        assert whole.screen == "main"
        assert whole.cleared("photo").screen == "ask-photo"


class TestErrands:
    """What is to be found out goes before every question; what was said wholly is ordered as soon as it is."""

    def test_the_need_that_sent_one_is_shown_meanwhile(self) -> None:
        asked = Form.opened(SEARCHER, {"photo": PHOTO})
        assert asked.screen == "ask-found"
        assert not asked.is_complete
        assert asked.answered({**asked.answers, "found": 3, "words": "a fox"}, back="more").screen == "more"
        assert asked.answered({**asked.answers, "found": 3}, back="main").screen == "ask-words"

    @pytest.mark.parametrize(
        ("answers", "ready"),
        [
            ({"photo": PHOTO, "words": "a fox", "found": 3, HURRY: True}, True),
            ({"photo": PHOTO, "words": "a fox", "found": 3}, False),
            ({"photo": PHOTO, "words": "a fox", HURRY: True}, False),  # not found out yet
            ({"photo": PHOTO, "found": 3, HURRY: True}, False),
        ],
    )
    def test_what_was_in_a_hurry_is_ready_once_all_is_known(self, answers: dict[str, Any], *, ready: bool) -> None:
        assert Form.opened(SEARCHER, answers).is_ready is ready

    def test_the_hurry_is_no_answer(self) -> None:
        assert Form(SEARCHER, {"words": "a fox", HURRY: True}, "main").given == {"words": "a fox"}


def test_pressed_values_lead_back_to_the_options_page() -> None:
    sized = form("opt-size").set("size", "16:9")
    assert (sized.answers["size"], sized.screen) == ([1280, 720], "main")
    assert form("opt-seed").set("seed", "0").screen == "more"
    with pytest.raises(BadValue):
        form("opt-seed").set("seed", "x")


def test_a_form_is_never_changed_in_place() -> None:
    before = form("pick-loras-0", loras=[{"id": INK.id, "name": INK.name}])
    held = dict(before.answers), list(before.answers["loras"])
    before.pick("loras", key_of(FILM), STYLES)
    before.pick("loras", key_of(INK), STYLES)
    before.set_field("loras", 0, "weight", "0.8")
    before.set("size", "16:9")
    before.cleared("loras")
    assert (dict(before.answers), list(before.answers["loras"])) == held


def test_what_is_taken_back_is_the_default_again() -> None:
    changed = form("opt-size", size=[640, 640], seed=7, photo=PHOTO, loras=[{"name": "ink"}], model={"name": "x"})
    assert (changed.cleared("size").answers["size"], changed.cleared("size").screen) == ([960, 960], "main")
    assert (changed.cleared("seed").answers["seed"], changed.cleared("seed").screen) == (0, "more")
    assert changed.cleared("loras").answers["loras"] == []
    assert changed.cleared("model").answers["model"] is None
    assert (changed.cleared("photo").answers["photo"], changed.cleared("photo").screen) == (None, "main")
    assert (changed.cleared("prompt").answers["prompt"], changed.cleared("prompt").screen) == (None, "ask-prompt")


def test_one_of_a_catalogue_is_picked_and_the_panel_shown() -> None:
    picked = form("pick-model-0", model={"id": "x", "name": "x", "soft": True}).pick("model", key_of(INK), STYLES)
    assert picked.answers["model"] == {"id": INK.id, "name": INK.name}
    assert picked.screen == "main"


def test_several_of_a_catalogue_are_picked_and_given_up() -> None:
    first = form("pick-loras-0").pick("loras", key_of(INK), STYLES)
    both = first.pick("loras", key_of(FILM), STYLES)
    assert [one["id"] for one in both.answers["loras"]] == [INK.id, FILM.id]
    assert both.screen == "pick-loras-0"
    assert [one["id"] for one in both.pick("loras", key_of(INK), STYLES).answers["loras"]] == [FILM.id]
    typed = form("pick-loras-0", loras=[{"name": "水墨 ink WASH", "weight": 0.5}])
    assert typed.pick("loras", key_of(INK), STYLES).answers["loras"] == []


def test_no_more_are_picked_than_there_may_be() -> None:
    everything = [CANNY, DEPTH, POSE, TILE]
    picked = form("pick-controlnets-0")
    for choice in everything[:3]:
        picked = picked.pick("controlnets", key_of(choice), everything)
    with pytest.raises(BadValue, match="3 already"):
        picked.pick("controlnets", key_of(TILE), everything)
    assert len(picked.pick("controlnets", key_of(DEPTH), everything).answers["controlnets"]) == 2


def test_figures_of_a_chosen_thing_are_pressed_or_typed() -> None:
    chosen = form("field-controlnets-1-low", controlnets=[{"name": "depth"}, {"name": "canny"}])
    pressed = chosen.set_field("controlnets", 1, "low", "50")
    assert pressed.answers["controlnets"] == [{"name": "depth"}, {"name": "canny", "low": 50}]
    assert pressed.screen == "item-controlnets-1"
    typed = pressed.go("ask-controlnets-1-weight").typed("1.5")
    assert typed.answers["controlnets"][1] == {"name": "canny", "low": 50, "weight": 1.5}
    with pytest.raises(BadValue, match="1–255"):
        chosen.set_field("controlnets", 1, "low", "256")


@pytest.mark.parametrize(
    ("name", "index", "field"),
    [
        ("controlnets", 0, "low"),  # depth has none
        ("controlnets", 1, "weight"),
        ("controlnets", -1, "weight"),
        ("loras", 0, "weight"),
        ("seed", 0, "weight"),
        ("nothing", 0, "weight"),
    ],
)
def test_a_figure_of_nothing_is_outdated(name: str, index: int, field: str) -> None:
    chosen = form(controlnets=[{"name": "depth"}])
    with pytest.raises(Outdated):
        chosen.set_field(name, index, field, "1")
    with pytest.raises(Outdated):
        chosen.go(f"ask-{name}-{index}-{field}").typed("1")


@pytest.mark.parametrize("name", ["loras", "nothing", "prompt", ""])
def test_a_value_for_no_option_is_outdated(name: str) -> None:
    with pytest.raises(Outdated):
        form().set(name, "on")
    if name not in {"loras", "prompt"}:
        with pytest.raises(Outdated):
            form().cleared(name)


@pytest.mark.parametrize(("name", "key"), [("loras", "0123456789"), ("seed", key_of(INK)), ("nothing", key_of(INK))])
def test_a_choice_that_is_gone_is_outdated(name: str, key: str) -> None:
    with pytest.raises(Outdated):
        form().pick(name, key, STYLES)


def test_a_key_is_short_and_its_choices_own() -> None:
    assert len(key_of(Choice("x" * 500, "x", ""))) == 10
    assert key_of(INK) != key_of(FILM)
    assert key_of(INK) == key_of(Choice(INK.id, "renamed", ""))


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        ([], False),
        ([{"id": "id-ink", "name": "?"}], True),
        ([{"id": "other", "name": "水墨 Ink wash"}], False),
        ([{"name": "水墨 INK wash"}], True),
        ([{"name": "ID-INK"}], True),
        ([{"name": "ink"}, {"id": "id-ink", "name": "?"}], True),
    ],
)
def test_a_choice_is_ticked_by_its_id_or_its_typed_name(held: list[dict[str, str]], *, chosen: bool) -> None:
    assert is_chosen(INK, held) is chosen


NAMES = [option.name for option in IMAGINE.options]
PARTS = st.sampled_from(
    [*NAMES, "prompt", "photo", "opt", "pick", "item", "field", "ask", "main", "more", "weight", "low", "pre"]
) | st.sampled_from(["", "0", "1", "2", "9", "-1", "²", "x", "on", "16:9", "0.8"])
SCREENS = st.lists(PARTS, min_size=1, max_size=5).map("-".join)
VERBS = st.sampled_from(["go", "ask", "set", "clear", "pick", "field", "need", "run?", ""])
MADE_UP = st.one_of(
    SCREENS.map(lambda screen: f"d:1:go:{screen}"),
    st.tuples(VERBS, st.lists(PARTS, max_size=5)).map(lambda made: f"d:1:{made[0]}:{':'.join(made[1])}"),
)
WORDS = st.sampled_from(["1", "0.8", "16:9", "canny", "水墨", "on", "a fox", "-1", "x" * 130, "狐" * 1001]) | st.text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
async def test_whatever_is_pressed_and_typed_leads_to_a_request_or_a_sentence(
    workshop: Workshop, data: st.DataObject
) -> None:
    form = Form.opened(IMAGINE, {**IMAGINE.start({}), "prompt": data.draw(st.sampled_from(["", "a fox"]))})
    drawn = await view(form, DIALOG, workshop.studio)
    old: list[str] = []
    for _ in range(data.draw(st.integers(1, 12))):
        shown = [button.data for row in drawn.rows for button in row if verb_of(button.data) not in ENDS]
        old += shown
        what = data.draw(st.sampled_from(["press", "press", "press", "old", "made up", "photo", "type"]))
        try:
            if what == "type":
                changed = await write(form, data.draw(WORDS), workshop.studio) or form
            elif what == "photo":
                changed = await send(form, PHOTO["file"], workshop.studio) or form
            else:
                offered = st.sampled_from((shown if what == "press" else old) or ["d:1:go:main"])
                changed = await press(form, data.draw(MADE_UP if what == "made up" else offered), workshop.studio)
            seen = await view(changed, DIALOG, workshop.studio)
        except (Outdated, UserError, KeyError, ValueError):  # what a press of a button answers with a sentence
            continue
        form, drawn = changed, seen
    if IMAGINE.missing(form.answers) is None:
        try:
            request = await IMAGINE.settle(form.answers, workshop.studio)
        except UserError:
            return
        await workshop.order(IMAGINE, {**request, "photo": None, "controlnets": []})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    screen=SCREENS | st.text(),
    name=PARTS | st.text(),
    index=st.integers(-2, 3),
    raw=WORDS,
    chosen=st.sampled_from([[], [{"name": "canny"}], [{"name": "x"}, {"name": "tile", "weight": 1}]]),
    model=st.sampled_from([None, {"name": "秒画 0.4.0"}]),
)
async def test_a_form_answers_only_with_what_it_declares(
    workshop: Workshop,
    screen: str,
    name: str,
    index: int,
    raw: str,
    chosen: list[dict[str, Any]],
    model: dict[str, str] | None,
) -> None:
    held = form(screen, controlnets=chosen, model=model)
    steps: tuple[Callable[[], Form], ...] = (
        lambda: held.typed(raw),
        lambda: held.set(name, raw),
        lambda: held.cleared(name),
        lambda: held.pick(name, raw, STYLES),
        lambda: held.set_field(name, index, raw, "1"),
        lambda: held.with_answer("photo", PHOTO),
    )
    for step in steps:
        try:
            step()
        except (Outdated, UserError):
            continue
    try:
        await view(held, DIALOG, workshop.studio)
    except (Outdated, UserError):
        return
