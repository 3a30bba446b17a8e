"""Sending, by a real bot over a real port."""

import io
from collections.abc import Awaitable, Callable

import httpx
import pytest
from PIL import Image
from telegram import (
    Bot,
    CopyTextButton,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    WebAppInfo,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.people.shown import Person, ShownChat

Make = Callable[..., bytes]
Post = Callable[..., Awaitable[httpx.Response]]


def button(text: str = "Go", **action: object) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, **(action or {"callback_data": "go"}))]])  # type: ignore[arg-type]


async def test_text_with_html_arrives_as_entities(bot: Bot, chat: ChatClient, alice: Person) -> None:
    sent = await bot.send_message(
        alice.id,
        " <b>Fox</b> &amp; 🦊 <i>snow</i> /help",
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
    )
    assert sent.text == "Fox & 🦊 snow /help"
    assert sent.parse_entities() == dict(zip(sent.entities, ["Fox", "snow", "/help"], strict=True))
    assert sent.from_user == await bot.get_me()
    shown = await chat.wait_for_message(alice.id)
    assert shown.html == '<b>Fox</b> &amp; 🦊 <i>snow</i> <span class="command">/help</span>'
    assert shown.sender.is_bot


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("   ", None, "Bad Request: message text is empty"),
        ("<b></b>", "HTML", "Bad Request: message text is empty"),
        ("x" * 4097, None, "Bad Request: message is too long"),
        ("🦊" * 2049, None, "Bad Request: message is too long"),
        ("<b>x", "HTML", "Bad Request: can't parse entities: Can't find end tag"),
        ("*x*", "MarkdownV2", "Bad Request: unsupported parse_mode"),
    ],
)
async def test_refuses_texts(post: Post, alice: Person, text: str, mode: str | None, reason: str) -> None:
    answer = await post("sendMessage", chat_id=alice.id, text=text, parse_mode=mode)
    assert (answer.status_code, answer.json()["ok"], answer.json()["error_code"]) == (400, False, 400)
    assert answer.json()["description"].startswith(reason)


async def test_length_is_counted_without_the_tags(bot: Bot, alice: Person) -> None:
    sent = await bot.send_message(alice.id, f"<b>{'&amp;' * 4096}</b>", parse_mode=ParseMode.HTML)
    assert sent.text == "&" * 4096


async def test_only_who_started_the_chat_can_be_written_to(bot: Bot, alice: Person, bob: Person) -> None:
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(bob.id, "hello")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(12345, "hello")


async def test_blocked_and_allowed_again(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await chat.act("blocks", user_id=alice.id, blocked=True)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(alice.id, "hello")
    await chat.act("blocks", user_id=alice.id, blocked=False)
    assert (await bot.send_message(alice.id, "hello")).text == "hello"


async def test_a_reply_carries_what_it_replies_to(bot: Bot, chat: ChatClient, alice: Person) -> None:
    [asked] = await chat.send(alice.id, alice.id, "/imagine a fox")
    reply = await bot.send_message(alice.id, "ok", reply_parameters=ReplyParameters(asked.message_id))
    assert reply.reply_to_message
    assert reply.reply_to_message.text == "/imagine a fox"
    shown = await chat.wait_for_message(alice.id)
    assert shown.reply_to_message_id == asked.message_id


async def test_a_reply_to_nothing(bot: Bot, alice: Person) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(alice.id, "ok", reply_to_message_id=999)
    sent = await bot.send_message(alice.id, "ok", reply_to_message_id=999, allow_sending_without_reply=True)
    assert sent.reply_to_message is None


async def test_keyboards_are_shown(bot: Bot, chat: ChatClient, alice: Person) -> None:
    rows = [
        [InlineKeyboardButton("Go", callback_data="go:1", style="primary")],
        [
            InlineKeyboardButton("Site", url="https://a.example"),
            InlineKeyboardButton("Copy", copy_text=CopyTextButton("seed 7")),
            InlineKeyboardButton("App", web_app=WebAppInfo("https://a.example/app")),
        ],
    ]
    sent = await bot.send_message(alice.id, "choose", reply_markup=InlineKeyboardMarkup(rows))
    assert sent.reply_markup == InlineKeyboardMarkup(rows)
    shown = await chat.wait_for_message(alice.id)
    assert [(held.text, held.data, held.url, held.copied, held.style) for held in shown.buttons] == [
        ("Go", "go:1", None, None, "primary"),
        ("Site", None, "https://a.example", None, None),
        ("Copy", None, None, "seed 7", None),
        ("App", None, "https://a.example/app", None, None),
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[{"text": "x", "callback_data": "界" * 22}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x"}]], "Text buttons are unallowed in the inline keyboard"),
        ([[{"callback_data": "x"}]], 'Can\'t find field "text"'),
        ([[{"text": "x", "callback_data": "x", "url": "https://a.b"}]], "BUTTON_TYPE_INVALID"),
        ([[{"text": "x", "callback_data": "x", "style": "loud"}]], "invalid button style"),
        ([[{"text": "x", "callback_data": "x"}] * 9], "BUTTON_ROW_TOO_LONG"),
        ([[{"text": "x", "callback_data": "x"}] * 8] * 13, "reply markup is too long"),
        ([[{"text": "x", "url": "not a link"}]], "BUTTON_URL_INVALID"),
        ([[{"text": "x", "copy_text": {"text": "x" * 257}}]], "BUTTON_COPY_TEXT_INVALID"),
        ([{"text": "x"}], "expected an Array of Arrays"),
    ],
)
async def test_refuses_keyboards(post: Post, alice: Person, rows: list[object], reason: str) -> None:
    answer = await post("sendMessage", chat_id=alice.id, text="x", reply_markup={"inline_keyboard": rows})
    assert answer.status_code == 400
    assert reason in answer.json()["description"]


async def test_mini_apps_open_from_private_chats_only(bot: Bot, group: ShownChat) -> None:
    with pytest.raises(BadRequest, match=r"(?i)button_type_invalid"):
        await bot.send_message(group.id, "x", reply_markup=button(web_app=WebAppInfo("https://a.example")))


async def test_a_forced_reply_is_shown(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await bot.send_message(alice.id, "?", reply_markup=ForceReply(input_field_placeholder="a fox"))
    shown = await chat.wait_for_message(alice.id)
    assert (shown.force_reply, shown.input_placeholder) == (True, "a fox")


async def test_a_photo_is_recompressed_into_sizes(bot: Bot, alice: Person, picture: Make) -> None:
    sent = await bot.send_photo(alice.id, picture(2000, 1000), caption="<i>wide</i>", parse_mode=ParseMode.HTML)
    assert [(size.width, size.height) for size in sent.photo] == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    assert (sent.caption, sent.caption_entities[0].type) == ("wide", "italic")
    body = await (await sent.photo[-1].get_file()).download_as_bytearray()
    with Image.open(io.BytesIO(body)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (1280, 640))


async def test_a_small_photo_is_not_enlarged(bot: Bot, alice: Person, picture: Make) -> None:
    sent = await bot.send_photo(alice.id, picture(60, 50, mode="RGBA"))
    assert [(size.width, size.height) for size in sent.photo] == [(60, 50)]


@pytest.mark.parametrize(
    ("size", "reason"), [((10, 210), "photo_invalid_dimensions"), ((9600, 500), "photo_invalid_dimensions")]
)
async def test_refuses_shapes_of_photos(
    bot: Bot, alice: Person, picture: Make, size: tuple[int, int], reason: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.send_photo(alice.id, picture(*size))


async def test_refuses_what_is_no_photo(bot: Bot, alice: Person, picture: Make) -> None:
    for body, reason in [
        (b"not a picture", "IMAGE_PROCESS_FAILED"),
        (picture()[:60], "IMAGE_PROCESS_FAILED"),
        (bytes(10 * 1024 * 1024 + 1), "too big for a photo"),
    ]:
        with pytest.raises(BadRequest, match=f"(?i){reason}"):
            await bot.send_photo(alice.id, body)
    with pytest.raises(BadRequest, match="Failed to get http url content"):
        await bot.send_photo(alice.id, "https://a.example/fox.png")
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await bot.send_photo(alice.id, "AgACnonsense")


async def test_a_caption_is_at_most_1024(bot: Bot, alice: Person, picture: Make) -> None:
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(alice.id, picture(), caption="x" * 1025)


async def test_a_document_keeps_its_bytes(bot: Bot, chat: ChatClient, alice: Person, picture: Make) -> None:
    body = picture(400, 300)
    sent = await bot.send_document(alice.id, body, filename="狐狸.png", caption="as it was")
    assert sent.document
    assert (sent.document.file_name, sent.document.mime_type, sent.document.file_size) == (
        "狐狸.png",
        "image/png",
        len(body),
    )
    assert sent.document.thumbnail
    assert sent.document.thumbnail.width == 320
    assert bytes(await (await sent.document.get_file()).download_as_bytearray()) == body
    shown = await chat.wait_for_message(alice.id)
    assert shown.document
    assert await chat.fetch(shown.document) == body


async def test_file_ids_are_sent_again_as_what_they_are(bot: Bot, alice: Person, picture: Make) -> None:
    photo = (await bot.send_photo(alice.id, picture())).photo[-1]
    document = (await bot.send_document(alice.id, picture(), filename="a.png")).document
    assert document
    assert (await bot.send_photo(alice.id, photo.file_id)).photo[-1] == photo
    assert (await bot.send_document(alice.id, document.file_id)).document == document
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type photo as document"):
        await bot.send_document(alice.id, photo.file_id)
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type document as photo"):
        await bot.send_photo(alice.id, document.file_id)


async def test_an_album(bot: Bot, chat: ChatClient, alice: Person, picture: Make) -> None:
    media = [InputMediaPhoto(picture(), caption="first"), InputMediaPhoto(picture(90, 90)), InputMediaPhoto(picture())]
    sent = await bot.send_media_group(alice.id, media, reply_to_message_id=1)
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["first", None, None]
    assert [message.message_id for message in sent] == [sent[0].message_id + step for step in range(3)]
    shown = [message for message in await chat.history(alice.id) if message.media_group_id]
    assert len(shown) == 3


async def test_refuses_albums(bot: Bot, alice: Person, picture: Make) -> None:
    photo = InputMediaPhoto(picture())
    with pytest.raises(BadRequest, match="Too few messages"):
        await bot.send_media_group(alice.id, [photo])
    with pytest.raises(BadRequest, match="Too many messages"):
        await bot.send_media_group(alice.id, [photo] * 11)
    with pytest.raises(BadRequest, match="can't be mixed"):
        await bot.send_media_group(alice.id, [photo, InputMediaDocument(picture(), filename="a.png")])


async def test_chat_actions_are_seen(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await bot.send_chat_action(alice.id, ChatAction.UPLOAD_PHOTO)
    event = await chat.wait_for(lambda event: event.type == "action")
    assert (event.chat_id, event.action) == (alice.id, "upload_photo")
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await bot.send_chat_action(alice.id, "dancing")


async def test_messages_count_apart_in_supergroups(bot: Bot, alice: Person, group: ShownChat, forum: ShownChat) -> None:
    async def send(chat_id: int) -> Message:
        return await bot.send_message(chat_id, "x")

    private, grouped, first, second = [
        (await send(chat_id)).message_id for chat_id in (alice.id, group.id, forum.id, forum.id)
    ]
    assert grouped == private + 1
    assert second == first + 1
    assert first == 1 + len(forum.topics) + 1  # behind General and what tells of the topics
