"""Every capability by reply with flags and by dialog, as people do it."""

import io

import pytest
from PIL import Image

from bot.sandbox.telegram.people.shown import ChatMessage
from tests.e2e.families import (
    follow,
    group_photo,
    mask_file,
    offers,
    photo,
    press,
    sent,
)
from tests.e2e.studio import Studio, has_result

BY_REPLY = {
    "stylize": ("/stylize 水彩 --png", "stylization"),
    "expand": ("/expand --ratio 2 --align topleft", "outpaint"),
    "free": ("/outpaint --to 1536x1024 --at 128,0", "outpaint"),
    "upscale": ("/upscale 1.5", "sup_res"),
    "cutout": ("/cutout", "split"),
}


async def size_of(studio: Studio, message: ChatMessage) -> tuple[int, int]:
    shown = message.document or message.photo
    assert shown is not None
    with Image.open(io.BytesIO(await studio.chat.fetch(shown))) as picture:
        return picture.size


@pytest.mark.parametrize("name", BY_REPLY)
async def test_a_photo_is_answered_with_a_command(studio: Studio, name: str) -> None:
    words, family = BY_REPLY[name]
    base = await sent(studio, photo())
    await studio.answer("Alice", offers("🎨"))  # the menu below a bare photo
    await studio.say("Alice", words, reply_to=base)
    result = await studio.answer("Alice", has_result)
    [task] = studio.vendor.tasks.all()
    assert task.family == family
    assert result.photo is not None or result.document is not None


async def test_upscaling_scales(studio: Studio) -> None:
    await sent(studio, photo(), "/upscale 2 --file")
    result = await studio.answer("Alice", has_result)
    assert await size_of(studio, result) == (1920, 1280)


async def test_a_photo_that_is_too_small_is_fitted_and_its_sender_told(studio: Studio) -> None:
    await sent(studio, photo(200, 150), "/upscale 2")
    result = await studio.answer("Alice", has_result)
    assert "256" in result.caption


async def test_a_cutout_is_a_file_below_its_preview(studio: Studio) -> None:
    await sent(studio, photo(), "/cutout")
    preview = await studio.answer("Alice", lambda message: message.photo is not None)
    result = await studio.answer("Alice", has_result)
    assert result.document is not None
    assert preview.message_id < result.message_id
    with Image.open(io.BytesIO(await studio.chat.fetch(result.document))) as picture:
        assert picture.has_transparency_data
        assert picture.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("command", "family"), [("/expand", "outpaint"), ("/upscale", "sup_res"), ("/cutout", "split")]
)
async def test_by_itself_a_command_asks_for_the_photo(studio: Studio, command: str, family: str) -> None:
    await studio.say("Alice", command)
    await studio.answer("Alice", lambda message: "picture" in message.text)
    await sent(studio, photo())
    await follow(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    assert [task.family for task in studio.vendor.tasks.all()] == [family]


async def test_a_style_is_picked_from_pages(studio: Studio) -> None:
    await sent(studio, photo(), "/stylize")
    styles = await studio.answer("Alice", offers("Cancel"))
    await follow(studio, styles, styles.buttons[0].text, "✨ Generate")
    [task] = studio.vendor.tasks.all()
    assert task.family == "stylization"


async def test_a_bare_photo_gets_a_menu(studio: Studio) -> None:
    await sent(studio, photo())
    menu = await studio.answer("Alice", offers("🔍 Upscale"))
    await follow(studio, menu, "🔍 Upscale")


async def test_each_photo_of_an_album_is_worked_on(studio: Studio) -> None:
    await studio.say("Alice", "/upscale 1.5", files=[photo(), photo(640, 480), photo(480, 640)])
    results: set[int] = set()
    while len(results) < 3:
        result = await studio.answer("Alice", lambda message: has_result(message) and message.message_id not in results)
        results.add(result.message_id)
    assert len(studio.vendor.tasks.all()) == 3


async def test_one_face_on_each_side_asks_nothing(studio: Studio) -> None:
    base = await sent(studio, photo())
    await sent(studio, photo(640, 640), "/swap", reply_to=base)
    await studio.answer("Alice", has_result)
    detect_base, detect_face, swap = studio.vendor.tasks.all()
    assert (detect_base.family, detect_face.family, swap.family) == ("face", "face", "face")
    assert swap.body["model_id"] == "faceswap_v1"


async def test_faces_are_numbered_and_placed_by_buttons(studio: Studio) -> None:
    await studio.say("Alice", "/swap --similarity 0.3", files=[group_photo(3), photo(640, 640), photo(600, 640)])
    placing = await studio.answer("Alice", offers("1", "2", "3", "⇢ In order"))
    assert placing.photo is not None
    await press(studio, placing, "3")
    again = await studio.answer("Alice", offers("1", "2", "↩️ Undo"))
    await press(studio, again, "1")
    await follow(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    swap = studio.vendor.tasks.all()[-1]
    assert len(swap.body["faces"]) == 2
    assert swap.body["dino_scale"] == 0.3


async def test_a_picture_without_a_face_is_said_to_be(studio: Studio) -> None:
    await sent(studio, mask_file(), "/swap")
    await studio.answer("Alice", lambda message: "found no face" in message.text)
    await sent(studio, photo())
    await studio.answer("Alice", lambda message: "new face" in message.text)
    await sent(studio, photo(640, 640))
    await follow(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")


async def test_a_detection_survives_a_kill(studio: Studio) -> None:
    studio.vendor.task_seconds = 6
    base = await sent(studio, photo())
    await sent(studio, photo(640, 640), "/swap", reply_to=base)
    await studio.answer("Alice", lambda message: "Looking for faces" in message.text)
    await studio.bot.kill()
    studio.vendor.task_seconds = 0
    await studio.bot.start()
    await studio.answer("Alice", has_result)
    assert sum(1 for task in studio.vendor.tasks.all() if "base_img" in task.body) == 1
