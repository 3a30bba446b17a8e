import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.capabilities.collection import Collection
from bot.capabilities.needs import Source
from bot.capabilities.train import PHOTOS, Train
from bot.conversations.askings import asking
from bot.conversations.form import Form, Outdated
from bot.conversations.view import Buttons, View
from bot.errors import BadPicture, BadValue, NotAllowed
from bot.locales.text import LANGUAGES, text
from bot.media.bucket import BucketUnreachable
from bot.media.shelf import Shelf
from bot.sandbox.telegram.entities import units
from bot.sandbox.telegram.parsing import parse_html
from bot.store import collected, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, State
from tests.capabilities.workshop import Workshop, open_workshop

DIALOG = 12
TRAIN = Train()
ASKING = asking(PHOTOS)
COLOURS = 7


def content(number: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (256, 256), (number * 30, 255 - number * 30, 90)).save(data, "JPEG")
    return data.getvalue()


CONTENTS = [content(number) for number in range(COLOURS)]


async def fetch(file_id: str) -> bytes:
    """Give the picture that an id such as `3-again` begins with, what is no picture, or nothing."""
    if file_id == "broken":
        return b"%PDF-1.7"
    if file_id == "gone":
        raise BadPicture(text("Telegram no longer has that picture. Please send it again."))
    return CONTENTS[int(file_id.partition("-")[0])]


def source(file_id: str) -> Source:
    return {"file": file_id}


def begun(**answers: Any) -> Form:
    return Form(TRAIN, {**TRAIN.start({}), "name": "", **answers}, "ask-photos", DIALOG)


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path) as opened:
        opened.studio.inputs._fetch = fetch
        yield opened


async def send(workshop: Workshop, form: Form, *file_ids: str) -> Form:
    for file_id in file_ids:
        form = await ASKING.sent(form, PHOTOS, source(file_id), workshop.studio)
    return form


async def press(workshop: Workshop, form: Form, argument: str) -> Form:
    return await ASKING.pressed(form, PHOTOS, argument, workshop.studio)


async def shown(workshop: Workshop, form: Form) -> View:
    drawn = await ASKING.view(form, PHOTOS, Buttons(f"d:{DIALOG}"), workshop.studio)
    for lang in LANGUAGES:
        words, _ = parse_html(drawn.body.html(lang))
        assert 0 < units(words) <= (1024 if drawn.picture else 4096)
    assert all(len(button.data.encode()) <= 64 for row in drawn.rows for button in row)
    return drawn


async def said(workshop: Workshop, form: Form) -> str:
    words, _ = parse_html((await shown(workshop, form)).body.html("en"))
    return words


def labels(drawn: View) -> list[str]:
    return [button.label.plain("en") for row in drawn.rows for button in row]


async def names(store: Store, collection_id: int = DIALOG) -> list[str]:
    async with store.read() as conn:
        return await collected.names(conn, collection_id)


async def test_pictures_are_counted_as_they_come_and_done_goes_on(workshop: Workshop) -> None:
    form = await send(workshop, begun(), "0", "1", "2", "3")
    assert "4 pictures" in await said(workshop, form)
    assert "1 more is needed" in await said(workshop, form)
    assert "✅ Done" not in labels(await shown(workshop, form))
    with pytest.raises(BadValue, match="at least 5"):
        await press(workshop, form, "done")
    form = await send(workshop, form, "4")
    assert "✅ Done" in labels(await shown(workshop, form))
    assert not PHOTOS.is_met(form.answers)
    form = await press(workshop, form, "done")
    assert form.screen == "ask-name"
    assert PHOTOS.is_met(form.answers)
    assert {path.name for path in (workshop.directory / "media").iterdir()} == set(await names(workshop.studio.store))


async def test_what_was_wrong_is_counted_and_said_once(workshop: Workshop) -> None:
    form = await send(workshop, begun(), "0", "0", "0-forwarded", "broken", "1", "gone")
    words = await said(workshop, form)
    assert "2 pictures\n3 more are needed." in words
    assert "2 were there already, and count once." in words
    assert "2 could not be used: Telegram no longer has that picture." in words
    assert ASKING.stays


async def test_more_than_the_service_takes_are_left_out(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(PHOTOS), "most", 5)
    form = await send(workshop, begun(), *(str(number) for number in range(7)))
    assert "5 pictures\n2 were left out: there can be 5 at most." in await said(workshop, form)
    assert len(await names(workshop.studio.store)) == 5


async def test_a_picture_that_is_too_small_is_fitted(workshop: Workshop) -> None:
    data = io.BytesIO()
    Image.new("RGB", (100, 200)).save(data, "PNG")

    async def fetch_small(_: str) -> bytes:
        return data.getvalue()

    workshop.studio.inputs._fetch = fetch_small
    await send(workshop, begun(), "0")
    [file] = (workshop.directory / "media").iterdir()
    with Image.open(file) as picture:
        assert picture.size == (256, 512)


async def test_without_a_public_link_it_says_so(tmp_path: Path) -> None:
    async with open_workshop(tmp_path, is_public=False) as workshop:
        form = await send(workshop, begun(), "0")
        assert "PUBLIC_URL" in await said(workshop, form)
        assert PHOTOS.held(form.answers).count == 0


async def test_what_came_with_the_command_is_collected_when_the_dialog_is_there(workshop: Workshop) -> None:
    placed = TRAIN.placed([source("0"), source("1")], [source("2"), source("0-again")])
    form = begun(**placed)
    assert not PHOTOS.is_met(form.answers)
    assert await names(workshop.studio.store) == []
    assert await ASKING.begun(begun(), PHOTOS, workshop.studio) == begun()
    form = await ASKING.begun(form, PHOTOS, workshop.studio)
    held = PHOTOS.held(form.answers)
    assert (held.id, held.count, held.duplicates, held.waiting) == (DIALOG, 3, 1, ())
    assert len(await names(workshop.studio.store)) == 3


@pytest.mark.parametrize("way", ["sent", "pressed"])
async def test_what_still_waits_after_a_kill_is_not_lost(workshop: Workshop, way: str) -> None:
    form = begun(**TRAIN.placed([], [source(str(number)) for number in range(5)]))
    form = await (send(workshop, form, "5") if way == "sent" else press(workshop, form, "done"))
    assert PHOTOS.held(form.answers).count == (6 if way == "sent" else 5)


async def test_words_are_no_pictures(workshop: Workshop) -> None:
    with pytest.raises(BadValue, match="waiting for pictures"):
        await ASKING.typed(begun(), PHOTOS, "my cat", workshop.studio)


async def test_pictures_are_looked_through_and_taken_out(workshop: Workshop) -> None:
    form = (await send(workshop, begun(), "0", "1", "2")).go("ask-photos-1")
    drawn = await shown(workshop, form)
    assert drawn.body.plain("en") == "Picture 2 of 3"
    assert labels(drawn) == ["◀️", "▶️", "🗑 Take it out", "« Back"]
    assert drawn.picture is not None
    with Image.open(io.BytesIO(await drawn.picture.draw())) as picture:
        assert (picture.format, picture.size) == ("JPEG", (256, 256))
    argument = drawn.rows[1][0].data.split(":")[-1]
    form = await press(workshop, form, argument)
    assert (form.screen, await said(workshop, form)) == ("ask-photos-1", "Picture 2 of 2")
    with pytest.raises(Outdated):  # pressed twice: the next one stays
        await press(workshop, form, argument)
    for expected in ("ask-photos-0", "ask-photos"):
        drawn = await shown(workshop, form)
        form = await press(workshop, form, next(row[0] for row in drawn.rows if len(row) == 2).data.split(":")[-1])
        assert form.screen == expected
    assert await names(workshop.studio.store) == []


@pytest.mark.parametrize("screen", ["ask-photos-3", "ask-photos--1", "ask-photos-x", "ask-photos-1-2"])
async def test_there_is_no_picture_at_other_places(workshop: Workshop, screen: str) -> None:
    form = await send(workshop, begun(), "0", "1", "2")
    with pytest.raises(Outdated):
        await shown(workshop, form.go(screen))


@pytest.mark.parametrize("argument", ["", "drop", "drop-x", "drop-1-2", "more", "anew-1"])
async def test_made_up_buttons_do_nothing(workshop: Workshop, argument: str) -> None:
    form = (await send(workshop, begun(), "0")).go("ask-photos-0")
    with pytest.raises(Outdated):
        await press(workshop, form, argument)
    assert len(await names(workshop.studio.store)) == 1


async def test_another_collections_picture_cannot_be_taken_out(workshop: Workshop) -> None:
    theirs = await send(workshop, Form(TRAIN, begun().answers, "ask-photos", DIALOG + 1), "0")
    mine = (await send(workshop, begun(), "1")).go("ask-photos-0")
    argument = (await shown(workshop, theirs.go("ask-photos-0"))).rows[-1][0].data.split(":")[-1]
    with pytest.raises(Outdated):
        await press(workshop, mine, argument)
    assert len(await names(workshop.studio.store, DIALOG + 1)) == 1


async def test_starting_over_is_confirmed_and_takes_the_copies_too(workshop: Workshop) -> None:
    form = await send(workshop, begun(), "0", "1", "broken")
    assert labels(await shown(workshop, form)) == ["👁 Look through", "🗑 Start over", "Cancel"]
    asked = form.go("ask-photos-anew")
    assert await said(workshop, asked) == "Take all 2 pictures out and start over?"
    form = await press(workshop, asked, "anew")
    assert (form.screen, PHOTOS.held(form.answers)) == ("ask-photos", Collection(DIALOG))
    assert list((workshop.directory / "media").iterdir()) == []


async def test_a_collection_that_is_opened_again_goes_on(workshop: Workshop) -> None:
    form = await send(workshop, begun(), "0", "1", "2", "3", "4")
    answers = {**(await press(workshop, form, "done")).answers, "name": "my cat"}
    request = await TRAIN.settle(answers, workshop.studio)
    again = Form.opened(TRAIN, TRAIN.reopened(request))
    assert again.screen == "main"
    again = await send(workshop, Form(TRAIN, again.answers, "ask-photos", DIALOG + 8), "5", "0")
    held = PHOTOS.held(again.answers)
    assert (held.id, held.count, held.duplicates) == (DIALOG, 6, 1)


async def test_what_a_training_works_from_stays_as_it_is(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    form = await send(workshop, begun(), "0", "1", "2", "3", "4")
    answers = {**(await press(workshop, form, "done")).answers, "name": "my cat"}
    request = await TRAIN.settle(answers, workshop.studio)
    store = workshop.studio.store
    async with store.write() as conn:
        first = await tasks.insert(conn, new_task(capability="train", request=request))
        await TRAIN.ordered(conn, first)
    again = Form(TRAIN, TRAIN.reopened(request), "ask-photos", DIALOG + 8)
    for argument in ("anew", (await shown(workshop, again.go("ask-photos-0"))).rows[-1][0].data.split(":")[-1]):
        with pytest.raises(NotAllowed, match="stay as they are"):
            await press(workshop, again.go("ask-photos-0"), argument)
    assert "1 could not be used: A training is learning" in await said(workshop, await send(workshop, again, "5"))
    async with store.write() as conn:
        with pytest.raises(NotAllowed, match="stay as they are"):
            await TRAIN.ordered(conn, await tasks.insert(conn, new_task(capability="train", request=request)))
    assert len(await names(store)) == len(list((workshop.directory / "media").iterdir())) == 5
    async with store.write() as conn:
        await tasks.update(conn, first, state=State.FAILED)
    assert PHOTOS.held((await send(workshop, again, "5")).answers).count == 6


@pytest.mark.parametrize("fault", [BucketUnreachable("not within 60 s"), OSError(28, "No space left on device")])
async def test_what_the_place_for_pictures_does_not_take_is_counted(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    async def put(*_: object) -> str:
        raise fault

    with monkeypatch.context() as away:
        away.setattr(Shelf, "put", put)
        form = await send(workshop, begun(), "0")
    assert "1 could not be used: The place for pictures does not answer just now." in await said(workshop, form)
    assert PHOTOS.held((await send(workshop, form, "0")).answers).count == 1


@pytest.mark.parametrize("screen", ["main", "ask-name"])
async def test_late_pictures_are_collected_while_something_else_is_asked_for(workshop: Workshop, screen: str) -> None:
    form = await send(workshop, begun(), "0", "1", "2", "3", "4")
    form = await send(workshop, (await press(workshop, form, "done")).go(screen), "5")
    assert (form.screen, PHOTOS.held(form.answers).count) == (screen, 6)
    assert PHOTOS.is_met(form.answers)


async def test_in_a_group_it_says_how_to_answer(workshop: Workshop) -> None:
    for chat_id in (7, -70):
        drawn = await ASKING.view(begun(), PHOTOS, Buttons("d:1"), workshop.studio.for_(7, chat_id))
        assert ("as answers to this message" in drawn.body.plain("en")) is (chat_id < 0)


ACTIONS = (
    st.integers(0, COLOURS - 1).map(str)
    | st.integers(0, COLOURS - 1).map(lambda number: f"{number}-again")
    | st.sampled_from(["broken", "gone", "anew"])
    | st.integers(0, COLOURS).map(lambda place: f"drop {place}")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(actions=st.lists(ACTIONS, max_size=20))
async def test_count_and_rows_stay_equal_whatever_is_sent_and_pressed(workshop: Workshop, actions: list[str]) -> None:
    store, kept, wrong = workshop.studio.store, list[int](), 0
    form = await press(workshop, Form(TRAIN, begun(photos={"id": DIALOG}).answers, "ask-photos", DIALOG), "anew")
    for action in actions:
        if action == "anew":
            form, kept, wrong = await press(workshop, form, action), [], 0
        elif action.startswith("drop"):
            form = await dropped(workshop, form, int(action.split()[1]), kept)
        else:
            form = await send(workshop, form, action)
            number = None if action in {"broken", "gone"} else int(action.partition("-")[0])
            wrong += number is None or number in kept
            kept += [number] if number is not None and number not in kept else []
        held = PHOTOS.held(form.answers)
        assert (held.count, held.duplicates + held.unusable) == (len(kept), wrong)
        assert len(set(await names(store))) == len(kept)
        assert len(str(form.answers)) < 2000
        await shown(workshop, form)


async def dropped(workshop: Workshop, form: Form, place: int, kept: list[int]) -> Form:
    """Look at a picture and take it out, or find that there is none."""
    look = form.go(f"ask-photos-{place}")
    if place >= len(kept):
        with pytest.raises(Outdated):
            await shown(workshop, look)
        return form
    del kept[place]
    drawn = await shown(workshop, look)
    return await press(workshop, look, drawn.rows[-1][0].data.split(":")[-1])
