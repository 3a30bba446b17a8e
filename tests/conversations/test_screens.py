from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.imagine import Imagine
from bot.capabilities.stylize import Stylize
from bot.conversations.form import Form, Outdated, key_of
from bot.conversations.screens import field_label, view
from bot.conversations.view import View, joined
from bot.errors import Unavailable
from bot.locales.text import LANGUAGES, text, verbatim
from bot.sandbox.vendor.faults import Fault
from tests.capabilities.workshop import PHOTO, Workshop, open_workshop
from tests.conversations.inventions import Searcher, Worded, register
from tests.conversations.pressing import DIALOG, press

IMAGINE, STYLIZE = Imagine(), Stylize()


async def draw(workshop: Workshop, screen: str, **answers: Any) -> View:
    form = Form(IMAGINE, {**IMAGINE.start({}), "prompt": "a fox", "photo": None, **answers}, screen)
    return await view(form, DIALOG, workshop.studio)


def labels(drawn: View) -> list[str]:
    return [button.label.plain("en") for row in drawn.rows for button in row]


async def test_the_panel_shows_what_is_chosen(workshop: Workshop) -> None:
    loras = [{"name": "ink", "weight": 0.8}, {"name": "film"}]
    drawn = await draw(workshop, "main", prompt="<fox> & hare", size=[1280, 720], loras=loras, seed=7, photo=PHOTO)
    body = drawn.body.html("en")
    assert "<blockquote>&lt;fox&gt; &amp; hare</blockquote>" in body
    for option, value in (("loras", "ink × 0.8, film"), ("seed", "7")):
        shown_there = IMAGINE.option(option).page == "more"
        assert (f"{IMAGINE.option(option).label.plain('en')}: <b>{value}</b>" in body) == shown_there
    assert "Steps" not in body  # as it always is
    assert "Size: <b>" not in body  # its button says so
    wanted = {
        "Model: automatic",
        "Pictures: 1",
        "Size: 1280×720",
        "🖼 Add a picture ✕",
        "✏️ Words",
        "⋯ More",
        "✨ Generate",
    }
    assert wanted <= set(labels(drawn))
    assert "🖼 Add a picture" in labels(await draw(workshop, "main"))


RESULT = {"task": 1, "index": 0}


@pytest.mark.parametrize("capability", registry.OFFERED, ids=lambda one: one.name)
async def test_without_a_public_link_only_what_can_be_done_is_begun(tmp_path: Path, capability: Capability) -> None:
    """What is off says so, rather than asking for pictures in vain; a result has the vendor's own link."""
    begun: dict[str, dict[str, Any]] = {"nothing": {}, "a photo": {"photo": PHOTO}, "a result": {"photo": RESULT}}
    goes_on = set()
    async with open_workshop(tmp_path, is_public=False) as workshop:
        for name, answers in begun.items():
            form = Form.opened(capability, {**capability.start({}), **answers})
            with suppress(Unavailable):
                await view(form.go("main"), DIALOG, workshop.studio)
                goes_on.add(name)
    assert ("nothing" in goes_on) is not capability.needs_link
    assert goes_on - {"nothing"} == {
        "imagine": {"a result"},
        "stylize": {"a photo", "a result"},
        "expand": {"a result"},
        "upscale": {"a result"},
        "cutout": {"a result"},
    }.get(capability.name, set())


async def test_a_panel_without_a_second_page_leads_to_none(workshop: Workshop) -> None:
    form = Form(Worded(), {"words": "<a>"}, "main")
    drawn = await view(form, DIALOG, workshop.studio)
    assert labels(drawn) == ["Words", "✨ Generate", "Cancel"]
    assert drawn.body.html("en") == "🔎 <b>Say</b>\n<blockquote>&lt;a&gt;</blockquote>"


async def test_what_has_to_be_chosen_has_no_default(workshop: Workshop) -> None:
    form = Form(STYLIZE, {**STYLIZE.start({}), "photo": PHOTO}, "pick-style-0")
    assert labels(await view(form, DIALOG, workshop.studio))[-1:] == ["Cancel"]
    style = (await STYLIZE.choices("style", form.answers, workshop.studio))[0]
    chosen = form.pick("style", key_of(style), [style]).go("pick-style-0")
    shown = labels(await view(chosen, DIALOG, workshop.studio))
    assert f"✓ {style.name}" in shown
    assert shown[-1:] == ["« Back"]


async def test_a_needs_own_screens_have_its_buttons(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    form = Form(Searcher(), {**Searcher().start({}), "photo": PHOTO, "found": 3}, "ask-found")
    drawn = await view(form, DIALOG, workshop.studio)
    data = {button.label.plain("en"): button.data for row in drawn.rows for button in row}
    assert data["One more"] == f"d:{DIALOG}:need:more"
    more = await press(form, data["One more"], workshop.studio)
    assert (more.answers["found"], more.screen) == (4, "ask-found")
    again = await press(form, data["Look again"], workshop.studio)
    assert (again.answers["found"], again.screen) == (None, "ask-found")
    with pytest.raises(Outdated):  # nothing is there any more to count up
        await press(again, data["One more"], workshop.studio)
    with pytest.raises(Outdated):  # nor is it asked for
        await press(form.go("main"), data["One more"], workshop.studio)


async def test_a_value_that_is_chosen_is_ticked(workshop: Workshop) -> None:
    sizes = labels(await draw(workshop, "opt-size", size=[1280, 720]))
    assert "✓ 16:9" in sizes
    assert "1:1" in sizes
    assert "✓ off" in labels(await draw(workshop, "opt-enhance"))
    assert not any("✓" in label for label in labels(await draw(workshop, "opt-steps")))


async def test_a_catalogue_is_shown_in_pages(workshop: Workshop) -> None:
    first = await draw(workshop, "pick-controlnets-0")
    second = await draw(workshop, "pick-controlnets-1")
    assert labels(first)[:2] == ["openpose", "depth"]
    assert labels(first)[6:] == ["▶️", "↺ Default", "« Back"]
    assert labels(second) == ["seg", "◀️", "↺ Default", "« Back"]
    assert "<b>openpose</b> 提取人物的骨骼姿态" in first.body.html("en")


async def test_what_was_picked_is_ticked_and_can_be_set(workshop: Workshop) -> None:
    drawn = await draw(workshop, "pick-controlnets-0", controlnets=[{"name": "canny", "weight": 0.8}])
    assert "✓ canny" in labels(drawn)
    assert "⚙️ canny × 0.8" in labels(drawn)
    item = labels(await draw(workshop, "item-controlnets-0", controlnets=[{"name": "canny", "weight": 0.8}]))
    assert item[:3] == ["Strength: 0.8", "From: automatic", "Until: automatic"]


async def test_a_model_that_takes_none_says_so(workshop: Workshop) -> None:
    drawn = await draw(workshop, "pick-loras-0", model={"name": "秒画 V1.0"})
    assert "There are none for this model." in drawn.body.html("en")
    assert labels(drawn) == ["↺ Default", "« Back"]


async def test_words_that_were_given_can_be_kept(workshop: Workshop) -> None:
    assert labels(await draw(workshop, "ask-prompt")) == ["« Back", "Cancel"]
    unanswered = await draw(workshop, "ask-prompt", prompt="")
    assert labels(unanswered) == ["Cancel"]
    assert unanswered.hint is not None
    assert unanswered.hint.plain("zh_CN") == "雪地里的红狐狸"


async def test_a_question_for_a_figure_says_what_is_allowed(workshop: Workshop) -> None:
    drawn = await draw(workshop, "ask-controlnets-0-low", controlnets=[{"name": "canny"}])
    assert "Allowed: 1–255." in drawn.body.html("en")
    assert "1–70" in (await draw(workshop, "ask-steps")).body.html("zh_CN")


async def test_a_catalogue_that_cannot_be_had_is_said_to_be(workshop: Workshop) -> None:
    workshop.vendor.faults.add(Fault(on="models", code=503))
    with pytest.raises(Unavailable):
        await draw(workshop, "pick-model-0")


@pytest.mark.parametrize(
    "screen",
    [
        "",
        "mian",
        "main-0",
        "opt-nothing",
        "opt",
        "pick-size-0",
        "pick-loras-x",
        "pick-loras--1",
        "pick-nothing-0",
        "item-loras-0",
        "item-size-0",
        "item-controlnets-1",
        "field-controlnets-0-nothing",
        "field-controlnets-0-low",  # depth has none
        "ask",
        "ask-nothing",
        "ask-loras",
        "ask-controlnets-0",
        "ask-controlnets-1-weight",
        "ask-size-0-weight",
    ],
)
async def test_a_screen_that_there_is_not_is_outdated(workshop: Workshop, screen: str) -> None:
    with pytest.raises(Outdated):
        await draw(workshop, screen, controlnets=[{"name": "depth"}])


async def test_a_page_beyond_the_last_is_empty(workshop: Workshop) -> None:
    drawn = await draw(workshop, "pick-controlnets-7")
    assert labels(drawn) == ["◀️", "↺ Default", "« Back"]


async def test_a_button_carries_its_dialog(workshop: Workshop) -> None:
    drawn = await draw(workshop, "opt-size")
    data = next(button.data for row in drawn.rows for button in row if button.label.plain("en") == "16:9")
    assert data == f"d:{DIALOG}:set:size:16:9"
    form = Form(IMAGINE, {**IMAGINE.start({}), "prompt": "a fox"}, "opt-size")
    assert (await press(form, data, workshop.studio)).answers["size"] == [1280, 720]


def test_every_figure_has_a_label_in_both_languages() -> None:
    fields = {field for option in ("loras", "controlnets") for field in IMAGINE.option(option).kind.fields}  # type: ignore[attr-defined]
    assert len({field_label(field).plain(lang) for field in fields for lang in LANGUAGES}) == 2 * len(fields)


def test_lines_stand_below_each_other() -> None:
    lines = joined([verbatim("<a>"), text("Size"), verbatim("{b}")])
    assert lines.html("zh_CN") == "&lt;a&gt;\n尺寸\n{b}"
    assert joined([]).html("zh_CN") == ""
