import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.capabilities.base import Capability
from bot.capabilities.edit import Edit
from bot.capabilities.erase import Erase
from bot.capabilities.marks import MASK, Mark, closed, of_grid, of_picture, settled, snapping
from bot.capabilities.snap import Snap
from bot.conversations.asking import Asking
from bot.conversations.askings import asking
from bot.conversations.form import Form, Outdated
from bot.conversations.screens import view
from bot.conversations.view import View
from bot.errors import BadPicture, BadValue, Unavailable
from bot.locales.text import LANGUAGES, text
from bot.media.masks.painted import NoMark, OtherPhoto
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from tests.capabilities.marked import (
    MASK_FILE,
    OTHER,
    PAINTED,
    PHOTO,
    UNPAINTED,
    brought,
    carried_out,
    fill,
    kept,
    photo,
)
from tests.capabilities.workshop import Workshop, open_workshop
from tests.media.masks.photographs import decoded

ERASE, EDIT, SNAP = Erase(), Edit(), Snap()
LONGEST_CAPTION = 1024
DIALOG = 9_999_999_999


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


def opened(mark: Mark | None = None, capability: Capability = ERASE, **answers: Any) -> Form:
    return Form.opened(capability, {**capability.start({}), "photo": PHOTO, "mask": mark, **answers})


def masking() -> Asking:
    return asking(MASK)


async def press(form: Form, label: str, workshop: Workshop) -> Form:
    """Press the button that has this label."""
    drawn = await view(form, DIALOG, workshop.studio)
    [data] = [button.data for row in drawn.rows for button in row if button.label.plain("en") == label]
    _, _, verb, argument = data.split(":", 3)
    return form.go(argument) if verb == "go" else await masking().pressed(form, MASK, argument, workshop.studio)


def labels(drawn: View) -> list[str]:
    return [button.label.plain("en") for row in drawn.rows for button in row]


async def shown(form: Form, workshop: Workshop) -> tuple[str, list[str], Image.Image]:
    """Look at the screen: what it says, its buttons, and its picture."""
    drawn = await view(form, DIALOG, workshop.studio)
    assert drawn.picture is not None
    assert drawn.hint is None  # with one it would have no buttons in a group
    assert len(drawn.picture.key) <= 64
    for lang in LANGUAGES:
        said, _ = parse_html(drawn.body.html(lang))
        assert 0 < units(said) <= LONGEST_CAPTION
    for row in drawn.rows:
        assert all(len(button.data.encode()) <= 64 for button in row)
    picture = Image.open(io.BytesIO(await drawn.picture.draw()))
    assert picture.format == "JPEG"
    return drawn.body.plain("en"), labels(drawn), picture.convert("RGB")


def differs(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether a part looks another, compression aside."""
    difference = ImageChops.difference(one.crop(box), other.crop(box)).convert("L")
    return sum(difference.histogram()[24:]) > difference.width * difference.height / 2


def test_a_mark_has_its_own_way_of_being_asked_for() -> None:
    assert type(masking()).__name__ == "AskingMask"
    assert opened().screen == "ask-mask"
    assert opened(settled(of_picture(PHOTO, PAINTED))).screen == "main"


async def test_the_question_names_three_ways_below_the_photo(workshop: Workshop) -> None:
    said, buttons, picture = await shown(opened(), workshop)
    assert all(word in said for word in ("editor", "as a file", "grid"))
    assert buttons == ["🔢 Choose on a grid", "Cancel"]
    assert not differs(picture, decoded(photo()), (0, 0, *picture.size))


async def test_the_photo_is_fetched_once_however_often_it_is_shown(workshop: Workshop) -> None:
    for _ in range(3):
        await shown(opened(), workshop)
    assert len(workshop.fetched) == 1


@pytest.mark.parametrize("chat_id", [7, -7])
async def test_only_in_a_group_it_has_to_be_an_answer(workshop: Workshop, chat_id: int) -> None:
    workshop.studio = workshop.studio.for_(7, chat_id)
    said, _, _ = await shown(opened(), workshop)
    assert ("as answers to this message" in said) is (chat_id < 0)


def broken() -> dict[str, bytes]:
    """Make photos that cannot be read: one of them shows it only towards its end."""
    held = io.BytesIO()
    Image.new("1", (8000, 7000)).save(held, "PNG")
    return {"huge": held.getvalue(), "cut off": photo()[: len(photo()) // 2], "a PDF": b"%PDF-1.7"}


@pytest.mark.parametrize("name", broken())
@pytest.mark.parametrize("capability", [ERASE, EDIT])
async def test_a_photo_that_cannot_be_read_gives_way_to_another(
    workshop: Workshop, name: str, capability: Capability
) -> None:
    workshop.pictures |= broken()
    form = opened(capability=capability, photo={"file": name})
    for _ in range(2):  # another that cannot be read is no trap, either
        drawn = await view(form, DIALOG, workshop.studio)
        assert drawn.picture is None
        assert drawn.hint is not None  # so that it can be answered in a group
        assert "Send me the picture" in drawn.body.plain("en")
        assert labels(drawn) == ["Cancel"]
        form = await masking().sent(form, MASK, {"file": name, "document": True}, workshop.studio)
        assert form.answers["photo"] == {"file": name, "document": True}
    form = await masking().sent(form, MASK, PHOTO, workshop.studio)
    assert (form.answers["photo"], form.screen) == (PHOTO, "ask-mask")
    assert (await shown(form, workshop))[1] == ["🔢 Choose on a grid", "Cancel"]
    form = await masking().sent(form, MASK, PAINTED, workshop.studio)
    assert "✅ Use it" in (await shown(form, workshop))[1]


async def test_a_mark_on_a_photo_that_cannot_be_read_is_not_shown(workshop: Workshop) -> None:
    workshop.pictures |= broken()
    form = opened(of_picture({"file": "huge"}, PAINTED), photo={"file": "huge"})
    drawn = await view(form, DIALOG, workshop.studio)
    assert "too many pixels" in drawn.body.plain("en")
    assert drawn.picture is None


async def test_no_pixel_is_counted_on_the_event_loop(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = Image.Image.histogram

    def histogram(picture: Image.Image, *more: Any) -> list[int]:
        counted.append(threading.get_ident())
        return count(picture, *more)

    monkeypatch.setattr(Image.Image, "histogram", histogram)
    form = await masking().sent(opened(), MASK, MASK_FILE, workshop.studio)
    drawn = await view(form, DIALOG, workshop.studio)
    assert "% of the picture" in drawn.body.plain("en")
    assert counted
    assert threading.get_ident() not in counted


async def test_a_painted_photo_is_shown_before_it_is_used(workshop: Workshop) -> None:
    form = await masking().sent(opened(), MASK, PAINTED, workshop.studio)
    assert form.screen == "ask-mask"
    said, buttons, picture = await shown(form, workshop)
    assert "9 % of the picture" in said or "10 % of the picture" in said
    assert buttons == ["✅ Use it", "🔄 Invert", "🧲 Snap to object", "🖌 Start over", "Cancel"]
    before = decoded(photo())
    middle = (round(before.width * 0.4), round(before.height * 0.45))
    assert differs(picture, before, (*middle, middle[0] + 40, middle[1] + 40))
    assert not differs(picture, before, (0, 0, 100, 80))
    form = await press(form, "✅ Use it", workshop)
    assert form.screen == "main"
    assert form.answers["mask"] == settled(of_picture(PHOTO, PAINTED))


async def test_after_the_mask_the_words_are_asked_for(workshop: Workshop) -> None:
    form = await masking().sent(opened(capability=EDIT), MASK, PAINTED, workshop.studio)
    assert (await press(form, "✅ Use it", workshop)).screen == "ask-prompt"


async def test_with_yes_a_mask_is_not_shown_first(workshop: Workshop) -> None:
    form = await masking().sent(opened(yes=True), MASK, PAINTED, workshop.studio)
    assert form.screen == "main"
    form = opened(yes=True).go("ask-mask-grid")
    form = await press(form, "6", workshop)
    assert form.screen == "ask-mask-grid"
    assert (await press(form, "Done", workshop)).screen == "main"


@pytest.mark.parametrize(
    ("source", "fault"), [(UNPAINTED, NoMark), (OTHER, OtherPhoto), ({"file": "no picture"}, BadPicture)]
)
@pytest.mark.parametrize("before", [None, of_picture(PHOTO, MASK_FILE)])
async def test_what_is_no_mark_leaves_the_form_where_it_was(
    workshop: Workshop, source: Mapping[str, Any], fault: type[Exception], before: Mark | None
) -> None:
    workshop.pictures["no picture"] = b"hello"
    form = opened(before)
    with pytest.raises(fault):
        await masking().sent(form, MASK, source, workshop.studio)
    assert form == opened(before)


async def test_a_bad_mark_that_came_with_the_command_is_told_of_and_asked_for_anew(workshop: Workshop) -> None:
    form = opened(of_picture(PHOTO, UNPAINTED))
    said, buttons, _ = await shown(form, workshop)
    assert said.startswith("I see no mark on this photo.")
    assert "as a file" in said
    assert buttons == ["🔢 Choose on a grid", "Cancel"]
    form = await masking().sent(form, MASK, PAINTED, workshop.studio)
    assert "✅ Use it" in (await shown(form, workshop))[1]


async def test_words_are_no_mark(workshop: Workshop) -> None:
    with pytest.raises(BadValue, match="waiting for your mark"):
        await masking().typed(opened(), MASK, "the cup", workshop.studio)


async def test_cells_are_chosen_and_given_up(workshop: Workshop) -> None:
    form = await press(opened(), "🔢 Choose on a grid", workshop)
    first = await view(form, DIALOG, workshop.studio)
    assert [len(row) for row in first.rows] == [4, 4, 4, 4, 2]
    with pytest.raises(BadPicture, match="Nothing is marked"):
        await press(form, "Done", workshop)
    for label in ("6", "7", "✓ 6"):
        form = await press(form, label, workshop)
    said, buttons, _ = await shown(form, workshop)
    assert "1 cell is chosen." in said
    assert buttons == [*(f"✓ {cell}" if cell == 7 else str(cell) for cell in range(1, 17)), "« Back", "Done"]
    drawn = await view(form, DIALOG, workshop.studio)
    assert drawn.picture is not None
    assert first.picture is not None
    assert drawn.picture.key == first.picture.key  # the message's picture stays
    form = await press(form, "Done", workshop)
    assert form.screen == "ask-mask"
    said, _, picture = await shown(form, workshop)
    assert "6 % of the picture" in said
    before = decoded(photo())
    across, down = before.width // 4, before.height // 4
    assert differs(picture, before, (2 * across + 9, down + 9, 3 * across - 9, 2 * down - 9))
    assert not differs(picture, before, (0, 0, across, down))


async def test_the_way_back_from_the_grid_keeps_its_cells(workshop: Workshop) -> None:
    form = await press((await press(opened(), "🔢 Choose on a grid", workshop)), "3", workshop)
    form = await press(form, "« Back", workshop)
    assert "🔢 Choose on a grid" in (await shown(form, workshop))[1]
    assert not MASK.is_met(form.answers)
    form = await press(form, "🔢 Choose on a grid", workshop)
    assert "✓ 3" in labels(await view(form, DIALOG, workshop.studio))


async def test_more_than_half_is_asked_about_with_invert_in_front(workshop: Workshop) -> None:
    form = opened(closed(of_grid(PHOTO, range(1, 13))))
    said, buttons, _ = await shown(form, workshop)
    assert "75 % of the picture" in said
    assert "the other way round?" in said
    assert buttons[:2] == ["🔄 Invert", "✅ Use it"]
    said, buttons, _ = await shown(await press(form, "🔄 Invert", workshop), workshop)
    assert "25 % of the picture" in said
    assert "the other way round?" not in said
    assert buttons[:2] == ["✅ Use it", "🔄 Invert"]


async def test_a_speck_is_less_than_one_percent(workshop: Workshop) -> None:
    size = decoded(photo()).size
    speck = io.BytesIO()
    mask = Image.new("L", size, 255)
    mask.paste(0, (100, 100, 112, 112))
    mask.save(speck, "PNG")
    workshop.pictures["speck"] = speck.getvalue()
    said, _, _ = await shown(opened(of_picture(PHOTO, {"file": "speck", "document": True})), workshop)
    assert "less than 1 % of the picture" in said


async def test_starting_over_asks_anew(workshop: Workshop) -> None:
    form = await press(opened(of_picture(PHOTO, PAINTED)), "🖌 Start over", workshop)
    assert (form.screen, form.answers["mask"]) == ("ask-mask", None)


async def test_another_photo_needs_another_mark(workshop: Workshop) -> None:
    form = opened(settled(of_picture(PHOTO, PAINTED))).go("ask-photo")
    assert form.with_answer("photo", OTHER).screen == "ask-mask"
    assert form.with_answer("photo", PHOTO).screen == "main"


async def test_a_settled_mask_can_be_looked_at_and_changed(workshop: Workshop) -> None:
    form = opened(settled(of_picture(PHOTO, PAINTED))).go("ask-mask")
    assert "« Back" in (await shown(form, workshop))[1]
    form = await press(form, "🔄 Invert", workshop)
    assert form.screen == "ask-mask"
    assert not MASK.is_met(form.answers)


async def test_a_mark_snaps_to_the_object_under_it(workshop: Workshop) -> None:
    form = await press(opened(of_picture(PHOTO, PAINTED)), "🧲 Snap to object", workshop)
    said, buttons, rough = await shown(form, workshop)
    assert "looking for the object" in said
    assert buttons == ["Do not wait", "🖌 Start over", "Cancel"]
    [(need, errand)] = ERASE.errands(form.answers)
    made = await carried_out(workshop, SNAP, errand.request)
    ended = brought(SNAP, errand.request, *made, task_id=await kept(workshop, made[0]))
    form = form.answered(need.heard(form.answers, ended), back="main")
    assert ERASE.errands(form.answers) == []
    _, buttons, snapped = await shown(form, workshop)
    assert buttons == ["✅ Use it", "🔄 Invert", "↩️ My own mark", "🖌 Start over", "Cancel"]
    assert ImageChops.difference(rough, snapped).getbbox() is not None
    assert (await press(form, "✅ Use it", workshop)).screen == "main"
    form = await press(form, "↩️ My own mark", workshop)
    assert form.answers["mask"] == of_picture(PHOTO, PAINTED)


async def test_a_mark_that_could_not_snap_stays_and_the_reason_is_said(workshop: Workshop) -> None:
    form = opened(snapping(of_picture(PHOTO, PAINTED)))
    [(need, errand)] = ERASE.errands(form.answers)
    failed = brought(SNAP, errand.request, reason=text("It was too busy."))
    form = form.answered(need.heard(form.answers, failed), back="main")
    said, buttons, _ = await shown(form, workshop)
    assert said.startswith("It was too busy.")
    assert "🧲 Snap to object" in buttons
    form = await press(form, "🔄 Invert", workshop)
    assert "too busy" not in (await shown(form, workshop))[0]


async def test_nobody_has_to_wait_for_the_object(workshop: Workshop) -> None:
    form = await press(opened(snapping(of_picture(PHOTO, PAINTED))), "Do not wait", workshop)
    assert form.answers["mask"] == of_picture(PHOTO, PAINTED)
    assert ERASE.errands(form.answers) == []


async def test_an_outline_that_is_gone_leaves_the_own_mark(workshop: Workshop) -> None:
    gone = {**of_picture(PHOTO, PAINTED), "snapped": {"task": 404, "index": 0, "inverted": False}}
    said, buttons, _ = await shown(opened(gone), workshop)
    assert "expired" in said
    assert buttons == ["↩️ My own mark", "🖌 Start over", "Cancel"]
    assert "✅ Use it" in (await shown(await press(opened(gone), "↩️ My own mark", workshop), workshop))[1]


async def test_an_outline_that_cannot_be_fetched_just_now_can_be_tried_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = opened({**of_picture(PHOTO, PAINTED), "snapped": {"task": 1, "index": 0, "inverted": False}})
    read = workshop.studio.inputs.read

    async def out_of_reach(source: Mapping[str, Any]) -> bytes:
        if "task" in source:
            raise Unavailable(text("Not just now."))
        return await read(source)

    monkeypatch.setattr(workshop.studio.inputs, "read", out_of_reach)
    said, buttons, _ = await shown(form, workshop)
    assert said == "Not just now."
    assert buttons == ["🔄 Try again", "↩️ My own mark", "🖌 Start over", "Cancel"]
    assert await press(form, "🔄 Try again", workshop) == form


@pytest.mark.parametrize(
    ("screen", "mark", "argument"),
    [
        ("ask-mask", None, "use"),
        ("ask-mask", of_grid(PHOTO, [3]), "use"),
        ("ask-mask", of_picture(PHOTO, PAINTED), "own"),
        ("ask-mask", of_picture(PHOTO, PAINTED), "6"),
        ("ask-mask", of_picture(PHOTO, PAINTED), "constructor"),
        ("ask-mask", snapping(of_picture(PHOTO, PAINTED)), "use"),
        ("ask-mask", {**of_picture(PHOTO, PAINTED), "snapped": {"task": 1, "index": 0, "inverted": False}}, "snap"),
        ("ask-mask-grid", None, "0"),
        ("ask-mask-grid", None, "17"),
        ("ask-mask-grid", None, "use"),
        ("ask-mask-brush", None, "use"),
    ],
)
async def test_a_button_that_does_not_fit_is_out_of_date(
    workshop: Workshop, screen: str, mark: Mark | None, argument: str
) -> None:
    with pytest.raises(Outdated):
        await masking().pressed(opened(mark).go(screen), MASK, argument, workshop.studio)


@pytest.mark.parametrize("screen", ["ask-mask", "ask-mask-grid"])
async def test_without_a_photo_there_is_nothing_to_mark(workshop: Workshop, screen: str) -> None:
    with pytest.raises(Outdated):
        await view(Form(ERASE, ERASE.start({}), screen, DIALOG), DIALOG, workshop.studio)


async def test_where_no_mask_can_be_offered_nobody_paints_in_vain(tmp_path: Path) -> None:
    async with open_workshop(tmp_path / "closed", is_public=False) as workshop:
        with pytest.raises(Unavailable):
            await view(opened(), DIALOG, workshop.studio)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_pressed_leads_to_a_screen(workshop: Workshop, data: st.DataObject) -> None:
    form = opened()
    for _ in range(12):
        drawn = await view(form, DIALOG, workshop.studio)
        offered = [label for label in labels(drawn) if label != "Cancel"]
        label = data.draw(st.sampled_from(offered))
        try:
            form = await press(form, label, workshop)
        except BadPicture:
            assert label == "Done"
        if form.need is None:
            assert MASK.is_met(form.answers)
            form = form.go("ask-mask")
