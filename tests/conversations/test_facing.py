import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.capabilities.casting import MOST_SWAPS, Casting
from bot.capabilities.needs import Source
from bot.conversations.askings import asking
from bot.conversations.form import HURRY, Form, Outdated
from bot.conversations.screens import view
from bot.conversations.view import View
from bot.errors import BadValue, UserError
from bot.locales.text import LANGUAGES
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from tests.capabilities.cast import (
    ANN,
    BOB,
    CAT,
    FACES,
    NOBODY,
    ONE,
    SWAP,
    THREE,
    TWO,
    asked,
    brought,
    fill,
    looked,
    people,
    png,
    row,
    seen,
)
from tests.capabilities.workshop import Workshop
from tests.conversations.pressing import DIALOG

COUNTS = {"0-people": 0, "2-people": 2, "3-people": 3}
ASKING = asking(FACES)


def opened(base: Source, *faces: Source, line: str = "") -> Form:
    return Form.opened(SWAP, asked(line, base, *faces))


def found(form: Form, counts: Mapping[str, int] | None = None) -> Form:
    """Let the errands bring what the pictures' names say."""
    return form.answered(seen(form.answers, counts or COUNTS), back="main")


async def sent(form: Form, source: Source, workshop: Workshop) -> Form:
    return await ASKING.sent(form, FACES, source, workshop.studio)


async def pressed(form: Form, argument: str, workshop: Workshop) -> Form:
    return await ASKING.pressed(form, FACES, argument, workshop.studio)


async def shown(form: Form, workshop: Workshop) -> tuple[str, list[str]]:
    """Give the text, and what the buttons of the need say when they are pressed."""
    drawn = await view(form, DIALOG, workshop.studio)
    return parse_html(drawn.body.html("en"))[0], arguments(drawn)


def arguments(drawn: View) -> list[str]:
    verbs = [button.data.split(":", 3)[2:] for row_ in drawn.rows for button in row_]
    return [verb[1] for verb in verbs if verb[0] == "need"]


async def test_after_the_base_it_looks_for_faces_and_asks_for_the_new_ones(workshop: Workshop) -> None:
    form = opened(TWO)
    assert form.screen == "ask-faces"
    body, buttons = await shown(form, workshop)
    assert body.startswith("🔎 Looking for faces…")
    assert buttons == []
    drawn = await view(found(form), DIALOG, workshop.studio)
    assert drawn.body == FACES.question
    assert drawn.hint == FACES.hint


@pytest.mark.parametrize("chat_id", [7, -7])
async def test_in_a_group_it_says_where_pictures_are_seen(workshop: Workshop, chat_id: int) -> None:
    workshop.studio = workshop.studio.for_(7, chat_id)
    waiting, troubled, wanting = opened(TWO), found(opened(NOBODY, ANN)), found(opened(THREE, ANN))
    lacking = found(opened(THREE, ANN, line="--onto 2,1"))
    for form in (waiting, troubled, wanting, lacking):
        body, _ = await shown(form.go("ask-faces"), workshop)
        assert ("as answers to this message" in body) is (chat_id < 0)
    enough, _ = await shown(found(opened(TWO, ANN, BOB)), workshop)
    assert "as answers to this message" not in enough
    asks = await view(found(waiting), DIALOG, workshop.studio)  # which Telegram itself asks to be answered
    assert "as answers to this message" not in asks.body.plain("en")


async def test_one_face_each_asks_nothing(workshop: Workshop) -> None:
    form = await sent(found(opened(ONE)), ANN, workshop)
    assert (form.screen, form.is_complete) == ("ask-faces", False)
    assert found(form).screen == "main"


async def test_a_command_that_said_all_is_ready_when_the_faces_are_found() -> None:
    for base, faces, line, ready in (
        (ONE, [ANN], "", True),
        (ONE, [ANN, BOB], "", True),
        (THREE, [ANN, BOB], "--onto 3,1", True),
        (THREE, [ANN, BOB], "", False),
        (THREE, [ANN], "--onto 4", False),
        (TWO, [], "", False),
        (NOBODY, [ANN], "", False),
    ):
        form = opened(base, *faces, line=line)
        form = found(form.answered({**form.answers, HURRY: True}, back="main"))
        assert form.is_ready is ready


async def test_one_press_places_one_photo(workshop: Workshop) -> None:
    form = found(opened(THREE, ANN))
    body, buttons = await shown(form, workshop)
    assert "3 faces in the picture" in body
    assert buttons == ["1", "2", "3", "other"]
    form = await pressed(form, "2", workshop)
    assert form.screen == "main"
    assert [swap.base_index for swap in Casting.of(form.answers).swaps] == [1]


async def test_photos_are_placed_one_after_another_and_can_be_taken_back(workshop: Workshop) -> None:
    form = found(opened(THREE, ANN, BOB))
    assert (await shown(form, workshop))[1] == ["1", "2", "3", "order", "other"]
    form = await pressed(form, "3", workshop)
    body, buttons = await shown(form, workshop)
    assert "Photo 1 → face 3" in body
    assert "Whose place does photo 2 take?" in body
    assert buttons == ["1", "2", "undo", "other"]
    form = await pressed(await pressed(form, "undo", workshop), "2", workshop)
    form = await pressed(form, "1", workshop)
    assert (form.screen, Casting.of(form.answers).placing) == ("main", [2, 1])
    form = await pressed(form.go("ask-faces"), "undo", workshop)
    assert (form.screen, Casting.of(form.answers).placing) == ("ask-faces", [2])


async def test_in_order_is_from_left_to_right(workshop: Workshop) -> None:
    form = await pressed(found(opened(THREE, ANN, BOB)), "order", workshop)
    assert form.screen == "main"
    assert [swap.base_index for swap in Casting.of(form.answers).swaps] == [2, 1]  # the vendor counts from the right


async def test_the_last_photo_needs_no_press_where_one_face_is_left(workshop: Workshop) -> None:
    form = await pressed(found(opened(TWO, ANN, BOB)), "2", workshop)
    assert (form.screen, Casting.of(form.answers).placing) == ("main", [2, 1])


async def test_more_photos_can_be_sent_before_they_are_placed(workshop: Workshop) -> None:
    form = found(opened(THREE, ANN))
    assert "For more faces, send their photos first." in (await shown(form, workshop))[0]
    form = found(await sent(form, BOB, workshop))
    form = found(await sent(form, CAT, workshop))
    assert "For more faces" not in (await shown(form, workshop))[0]
    with pytest.raises(BadValue, match="photos for 3 faces already"):
        await sent(form, ANN, workshop)
    form = await pressed(form, "other", workshop)
    assert (await view(form, DIALOG, workshop.studio)).hint == FACES.hint
    assert not Casting.of(form.answers).photos


async def test_photos_of_an_album_are_taken_while_faces_are_looked_for(workshop: Workshop) -> None:
    form = opened(THREE)
    for source in (ANN, BOB):
        form = await sent(form, source, workshop)
    assert Casting.of(found(form).answers).photos == [ANN, BOB]
    for source in (CAT, ONE):
        form = await sent(form, source, workshop)
    with pytest.raises(BadValue, match="4 face photos already"):
        await sent(form, TWO, workshop)


async def test_another_photo_of_the_one_face_replaces_the_first(workshop: Workshop) -> None:
    form = found(opened(ONE, ANN))
    form = found(await sent(form.go("ask-faces"), BOB, workshop))
    assert form.screen == "main"
    assert Casting.of(form.answers).photos == [BOB]


async def test_a_base_without_faces_is_asked_for_again(workshop: Workshop) -> None:
    form = found(opened(NOBODY, ANN))
    body, buttons = await shown(form, workshop)
    assert "I found no face on the picture" in body
    assert "Send me another picture to change" in body
    assert buttons == ["anime"]
    form = await sent(form, ONE, workshop)
    assert form.answers["photo"] == ONE
    assert found(form).screen == "main"


async def test_a_face_photo_without_a_face_is_asked_for_again(workshop: Workshop) -> None:
    form = found(opened(TWO, ANN, NOBODY))
    body, buttons = await shown(form, workshop)
    assert "I found no face on face photo 2" in body
    assert buttons == ["anime", "drop"]
    replaced = await sent(form, BOB, workshop)
    assert Casting.of(replaced.answers).photos == [ANN, BOB]
    dropped = await pressed(form, "drop", workshop)
    assert Casting.of(dropped.answers).photos == [ANN]
    assert Casting.of(dropped.answers).free == [1, 2]


async def test_drawn_faces_can_be_looked_for_instead(workshop: Workshop) -> None:
    form = await pressed(found(opened(NOBODY, ANN)), "anime", workshop)
    assert form.answers["face"] == "anime"
    assert (await shown(form, workshop))[0].startswith("🔎")
    with pytest.raises(Outdated):
        await pressed(found(form), "anime", workshop)


async def test_why_there_was_no_looking_is_said_and_it_can_be_repeated(workshop: Workshop) -> None:
    form = opened(ONE, ANN)
    answers = FACES.heard(form.answers, brought(ANN, row(1)))
    form = form.answered(FACES.heard(answers, brought(ONE, reason="The service is down.")), back="main")
    body, buttons = await shown(form, workshop)
    assert "The service is down." in body
    assert buttons == ["again"]
    again = await pressed(form, "again", workshop)
    assert [errand.request["photo"] for errand in FACES.errands(again.answers)] == [ONE]
    assert found(again).screen == "main"


async def test_numbers_that_are_not_there_are_named_with_those_that_are(workshop: Workshop) -> None:
    form = found(opened(TWO, ANN, line="--onto 7"))
    body, buttons = await shown(form, workshop)
    assert "There is no face 7 in the picture. The faces have the numbers 1–2." in body
    assert buttons == ["1", "2", "other"]
    assert (await pressed(form, "2", workshop)).screen == "main"
    one = found(opened(ONE, ANN, line="--onto 7"))
    assert (await pressed(one, "1", workshop)).screen == "main"


async def test_numbers_without_photos_ask_for_these(workshop: Workshop) -> None:
    form = found(opened(THREE, ANN, line="--onto 3,1"))
    body, buttons = await shown(form, workshop)
    assert "Send me 1 more face photo" in body
    assert buttons == ["fewer", "undo", "other"]
    assert Casting.of((await pressed(form, "fewer", workshop)).answers).placing == [3]
    form = found(await sent(form, BOB, workshop))
    assert (form.screen, Casting.of(form.answers).placing) == ("main", [3, 1])


async def test_numbers_can_be_typed(workshop: Workshop) -> None:
    form = found(opened(THREE, ANN, BOB))
    typed = await ASKING.typed(form, FACES, "2,3", workshop.studio)
    assert (typed.screen, Casting.of(typed.answers).placing) == ("main", [2, 3])
    for words, why in (("2,9", "1–3"), ("the left one", "2,1")):
        with pytest.raises(BadValue, match=why):
            await ASKING.typed(form, FACES, words, workshop.studio)
    with pytest.raises(BadValue, match="waiting for a picture"):
        await ASKING.typed(opened(THREE), FACES, "2", workshop.studio)


async def test_what_is_not_used_is_said_where_faces_are_placed(workshop: Workshop) -> None:
    form = opened(TWO, ANN, BOB, CAT)
    form = found(form, {**COUNTS, "face-ann": 2})
    body, _ = await shown(form, workshop)
    assert "I see 2 faces on face photo 1 and take the largest." in body
    assert "The picture has 2 faces only" in body


@pytest.mark.parametrize("argument", ["0", "4", "x", "", "again", "drop", "fewer", "undo", "normal", "²"])
async def test_buttons_that_do_not_fit_are_out_of_date(workshop: Workshop, argument: str) -> None:
    for form in (found(opened(THREE, ANN)), opened(THREE, ANN), found(opened(THREE))):
        with pytest.raises(Outdated):
            await pressed(form, argument, workshop)
    with pytest.raises(Outdated):
        await view(found(opened(THREE, ANN)).go("ask-faces-more"), DIALOG, workshop.studio)


@pytest.mark.parametrize("size", [(240, 160), (480, 320), (2000, 1333)])
async def test_the_numbers_are_drawn_where_the_faces_are(workshop: Workshop, size: tuple[int, int]) -> None:
    fill(workshop)
    workshop.pictures["base"] = png(people(2, size=size))
    answers = await looked(workshop, asked("", {"file": "base"}, ANN))
    drawn = await view(Form.opened(SWAP, answers), DIALOG, workshop.studio)
    assert drawn.picture is not None
    assert len(drawn.picture.key) <= 64
    with Image.open(io.BytesIO(await drawn.picture.draw())) as picture:
        fitted = await workshop.studio.inputs.fitted({"file": "base"})
        scale = picture.width / fitted.width
        for face in Casting.of(answers).base_faces:
            middle = (face["top"] + face["bottom"]) / 2 * scale
            for side in ("left", "right"):
                x, y = round(face[side] * scale), round(middle)
                edge = picture.convert("RGB").crop((x - 3, y, x + 4, y + 1)).tobytes()
                pixels = [edge[at : at + 3] for at in range(0, len(edge), 3)]
                assert any(min(red, green) > blue + 100 for red, green, blue in pixels)


async def test_the_picture_is_drawn_anew_for_another_base_or_kind(workshop: Workshop) -> None:
    keys = set()
    for base in (TWO, THREE):
        for line in ("", "--face anime"):
            drawn = await view(found(opened(base, ANN, line=line)), DIALOG, workshop.studio)
            assert drawn.picture is not None
            keys.add(drawn.picture.key)
    assert len(keys) == 4
    one = found(opened(ONE, ANN)).go("ask-faces")
    assert (await view(one, DIALOG, workshop.studio)).picture is None


STEPS = st.one_of(
    st.tuples(st.just("press"), st.integers(0, 20)),
    st.tuples(st.just("send"), st.integers(0, 5)),
    st.tuples(st.just("type"), st.sampled_from(["1", "2,1", "3,1,2", "9", "left"])),
    st.tuples(st.just("hear"), st.booleans()),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    photos=st.integers(0, 4),
    onto=st.sampled_from(["", "--onto 1", "--onto 2,1", "--onto 9"]),
    steps=st.lists(STEPS, max_size=25),
)
async def test_whatever_is_pressed_and_sent_it_ends_in_a_whole_placing_or_asks_on(
    workshop: Workshop, counts: list[int], photos: int, onto: str, steps: list[tuple[str, Any]]
) -> None:
    sources = [{"file": f"picture-{number}"} for number in range(6)]
    known = {source["file"]: count for source, count in zip(sources, counts, strict=True)}
    form = opened(sources[0], *sources[1 : photos + 1], line=onto)
    for kind, value in steps:
        form = form.go("ask-faces") if form.screen == "main" else form
        try:
            form = await after(form, kind, value, known, workshop)
        except UserError:
            continue
        await check(form, workshop)
    while FACES.errands(form.answers):
        form = found(form, known)
    await check(form, workshop)


async def after(form: Form, kind: str, value: Any, known: Mapping[str, int], workshop: Workshop) -> Form:
    match kind:
        case "press":
            buttons = arguments(await view(form, DIALOG, workshop.studio))
            return await pressed(form, buttons[value % len(buttons)], workshop) if buttons else form
        case "send":
            return await sent(form, {"file": f"picture-{value}"}, workshop)
        case "type":
            return await ASKING.typed(form, FACES, value, workshop.studio)
    errands = FACES.errands(form.answers)
    if not errands:
        return form
    photo, face = errands[0].request["photo"], errands[0].request["face"]
    reason = "" if value else "The service is down."
    answer = brought(photo, row(known[photo["file"]]), kind=face, reason=reason)
    return form.answered(FACES.heard(form.answers, answer), back="main")


async def check(form: Form, workshop: Workshop) -> None:
    """A panel means that every face has its place; everything else asks for something, or is under way."""
    casting = Casting.of(form.answers)
    if form.screen == "main":
        replaced = [swap.base_index for swap in casting.swaps]
        assert len(set(replaced)) == len(replaced) == min(len(casting.photos), len(casting.base_faces), MOST_SWAPS)
        return
    drawn = await view(form, DIALOG, workshop.studio.for_(7, -7))  # where it says most
    for lang in LANGUAGES:
        words, _ = parse_html(drawn.body.html(lang))
        assert 0 < units(words) <= 1024
    assert FACES.errands(form.answers) or arguments(drawn) or drawn.hint
    data = [button.data for row_ in drawn.rows for button in row_]
    assert len(set(data)) == len(data) <= 100
    assert all(len(one.encode()) <= 64 for one in data)
