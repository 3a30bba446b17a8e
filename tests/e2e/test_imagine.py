"""`/imagine` as people use it."""

import io

import pytest
from PIL import Image

from bot.sandbox.telegram.people.shown import ChatMessage
from tests.e2e.studio import Studio, has_result

CHINESE = "雪"


async def test_a_prompt_with_flags_becomes_an_album_and_buttons(studio: Studio) -> None:
    [asked] = await studio.say("Alice", "/imagine a red fox in the snow --ar 16:9 --n 2 --seed 7")
    picture = await studio.answer("Alice", lambda message: message.photo is not None)
    assert picture.reply_to_message_id == asked.message_id
    assert "a red fox in the snow" in picture.caption
    assert "7, 8" in picture.caption
    assert picture.photo is not None
    assert (picture.photo.width, picture.photo.height) == (1280, 720)
    buttons = await studio.answer("Alice", has_result)
    assert [button.text for button in buttons.buttons][:3] == ["1", "2", "🔁 Again"]
    [order] = studio.orders()
    assert (order["width"], order["height"], order["samples"], order["seed"]) == (1280, 720, 2, 7)


async def test_a_prompt_alone_is_enough_and_is_heard_at_once(studio: Studio) -> None:
    [asked] = await studio.say("小明", "/imagine 雪地里的红狐狸")
    heard = await studio.chat.wait_for(lambda event: event.type == "reaction")
    assert (heard.message_id, heard.reactions) == (asked.message_id, ["👀"])
    picture = await studio.answer("小明", has_result)
    assert "雪地里的红狐狸" in picture.caption
    assert any("再" in button.text for button in picture.buttons)


async def test_html_in_a_prompt_is_only_text(studio: Studio) -> None:
    await studio.say("Alice", "/imagine <b>bold</b> & <script>x</script>")
    picture = await studio.answer("Alice", has_result)
    assert picture.caption.startswith("<b>bold</b> & <script>x</script>")
    assert studio.orders()[0]["prompt"] == "<b>bold</b> & <script>x</script>"


async def test_1001_chinese_characters_are_refused_here_and_never_sent(studio: Studio) -> None:
    # Telegram takes 4096 characters, the vendor 1000 Chinese ones.
    await studio.say("小明", "/imagine " + CHINESE * 1001)
    answer = await studio.answer("小明")
    assert "1000" in answer.text
    await studio.say("小明", "/imagine " + CHINESE * 1000)
    await studio.answer("小明", has_result)
    assert [order["prompt"] for order in studio.orders()] == [CHINESE * 1000]
    assert not any(CHINESE * 1001 in str(request) for request in studio.vendor.journal.last)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("a fox --steps 900", "1–70"),
        ("a fox --n 9", "1–8"),
        ("a fox --speed 3", "--steps"),
        ("a fox --ar 1:99", "16:9"),
    ],
)
async def test_a_bad_flag_is_answered_with_what_is_allowed_and_orders_nothing(
    studio: Studio, line: str, allowed: str
) -> None:
    await studio.say("Alice", f"/imagine {line}")
    assert allowed in (await studio.answer("Alice")).text
    await studio.say("Alice", "/tasks")
    assert "Nothing" in (await studio.answer("Alice")).text
    assert studio.orders() == []


async def test_an_edited_message_orders_nothing(studio: Studio) -> None:
    [asked] = await studio.say("Alice", "/imagine a fox")
    await studio.answer("Alice", has_result)
    person, _ = studio.who("Alice")
    await studio.chat.edit(person.id, asked, "/imagine a red fox")
    await studio.say("Alice", "/help")
    await studio.answer("Alice")
    assert [order["prompt"] for order in studio.orders()] == ["a fox"]


async def test_a_photo_of_a_cameras_size_is_worked_from(studio: Studio) -> None:
    [photo] = await studio.say("Alice", "", files=[("IMG_1.jpg", camera_photo())], media="document")
    await studio.say("Alice", "/imagine as a painting --strength 0.4", reply_to=photo)
    await studio.answer("Alice", has_result)
    [order] = studio.orders()
    assert order["img_url"].startswith(studio.bot.settings["PUBLIC_URL"])
    assert order["image_strength"] == 0.4


async def test_a_photo_with_the_command_as_its_caption(studio: Studio) -> None:
    await studio.say("Alice", "/imagine as a painting", files=[camera_photo()])
    picture = await studio.answer("Alice", has_result)
    assert picture.photo is not None
    assert "img_url" in studio.orders()[0]


async def test_the_file_flag_brings_the_untouched_file(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --file --png --size 704x640")
    answer = await studio.answer("Alice", has_result)
    assert answer.document is not None
    picture = Image.open(io.BytesIO(await studio.chat.fetch(answer.document)))
    assert (picture.format, picture.size) == ("PNG", (704, 640))


async def test_a_picture_that_is_too_large_for_a_photo_comes_as_a_file(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --size 5600x5600")
    answer = await studio.answer("Alice", has_result)
    assert answer.document is not None


async def test_in_a_group_and_in_a_topic_the_answer_is_where_the_question_was(studio: Studio) -> None:
    bob = studio.state.person("Bob")
    forum = studio.state.chat("Picture forum")
    topic = forum.topics[1].id
    [asked] = await studio.chat.send(bob.id, forum.id, "/imagine a fox", thread_id=topic)
    answer = await studio.chat.wait_for_message(forum.id, has_result)
    assert (answer.thread_id, answer.reply_to_message_id) == (topic, asked.message_id)


async def test_what_the_filter_stops_is_told_and_given_back(studio: Studio) -> None:
    await studio.say("Alice", "/imagine nsfw")
    answer = await studio.answer("Alice")
    assert "filter" in answer.text
    assert "allowance" in answer.text
    await studio.say("Alice", "/imagine half-hidden fox --n 2")
    picture = await studio.answer("Alice", lambda message: message.photo is not None)
    assert "1 more was withheld" in picture.caption


def camera_photo() -> bytes:
    """A JPEG of 24 megapixels, as a camera takes it."""
    picture = Image.effect_noise((6000, 4000), 30).convert("RGB")
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=60)
    return data.getvalue()


def texts(messages: list[ChatMessage]) -> list[str]:
    return [message.words for message in messages]
