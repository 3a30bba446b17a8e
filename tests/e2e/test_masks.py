"""Erase and edit, with every kind of mark."""

import pytest

from tests.e2e.families import follow, mask_file, offers, painted_over, photo, press, sent
from tests.e2e.studio import Studio, has_result

ASKS = offers("🔢 Choose on a grid")
CHECKS = offers("✅ Use it")


async def paint(studio: Studio) -> None:
    await sent(studio, painted_over(photo()))


async def send_mask(studio: Studio) -> None:
    await sent(studio, ("mask.png", mask_file()), media="document")


async def choose_cells(studio: Studio) -> None:
    asked = await studio.answer("Alice", ASKS)
    await press(studio, asked, "🔢")
    for cell in ("6", "7"):
        await press(studio, await studio.answer("Alice", offers(cell)), cell)
    await press(studio, await studio.answer("Alice", offers("✓ 6", "✓ 7", "Done")), "Done")


MARKS = {"painted": (paint, "smear"), "file": (send_mask, "free"), "grid": (choose_cells, "box")}


@pytest.mark.parametrize("how", MARKS)
async def test_a_mark_is_shown_before_it_is_used(studio: Studio, how: str) -> None:
    mark, mask_type = MARKS[how]
    await sent(studio, photo(), "/erase")
    if how != "grid":
        await studio.answer("Alice", ASKS)
    await mark(studio)
    check = await studio.answer("Alice", CHECKS)
    assert check.photo is not None
    await follow(studio, check, "✅ Use it", "✨ Generate")
    [task] = studio.vendor.tasks.all()
    assert (task.family, task.body["mask_type"]) == ("erase", mask_type)


async def test_by_reply_with_flags_nothing_is_asked(studio: Studio) -> None:
    base = await sent(studio, photo())
    await sent(studio, painted_over(photo()), "/erase --yes --png", reply_to=base)
    await studio.answer("Alice", has_result)
    assert studio.vendor.tasks.all()[0].body["format"] == "PNG"


async def test_editing_by_reply_and_by_dialog(studio: Studio) -> None:
    base = await sent(studio, photo())
    await sent(studio, painted_over(photo()), "/edit a red hat --strength 0.8 --yes", reply_to=base)
    await studio.answer("Alice", has_result)
    await studio.say("Alice", "/inpaint")
    await studio.answer("Alice", lambda message: "picture" in message.text)
    await sent(studio, photo())
    await choose_cells(studio)
    await press(studio, await studio.answer("Alice", CHECKS), "✅ Use it")
    await studio.answer("Alice", lambda message: "What shall be there" in message.words)
    await studio.say("Alice", "a straw hat")
    await follow(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    first, second = studio.vendor.tasks.all()
    assert (first.body["prompt"], first.body["repaint_strength"]) == ("a red hat", 0.8)
    assert (second.family, second.body["prompt"]) == ("inpaint", "a straw hat")


async def test_invert_start_over_and_snap_to_the_object(studio: Studio) -> None:
    await sent(studio, photo(), "/erase")
    await choose_cells(studio)
    await press(studio, await studio.answer("Alice", CHECKS), "🔄 Invert")
    turned = await studio.answer("Alice", lambda message: "more than half" in message.words)
    await press(studio, turned, "🖌 Start over")
    await choose_cells(studio)
    await press(studio, await studio.answer("Alice", CHECKS), "🧲 Snap to object")
    snapped = await studio.answer("Alice", offers("✅ Use it", "↩️ My own mark"))
    await follow(studio, snapped, "✅ Use it", "✨ Generate")
    cutout, erase = studio.vendor.tasks.all()
    assert (cutout.family, erase.family) == ("erase", "erase")
    assert cutout.body["mask_type"] == "box"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(photo(), "no mark"), (photo(640, 640), "photo"), (painted_over(photo(960, 540)), "photo")],
    ids=["untouched", "another shape", "another photo"],
)
async def test_what_marks_nothing_is_said_to(studio: Studio, data: bytes, sentence: str) -> None:
    await sent(studio, photo(), "/erase")
    await studio.answer("Alice", ASKS)
    await sent(studio, data)
    await studio.answer("Alice", lambda message: sentence in message.words)
    await paint(studio)
    await studio.answer("Alice", CHECKS)
