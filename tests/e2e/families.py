"""Photos to send, and short ways of going through dialogs."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.vendor.painting.people import draw_people
from tests.e2e.studio import Studio, has_result


def photo(width: int = 960, height: int = 640) -> bytes:
    """Draw one person in front of something: faces for swaps, a subject for cut-outs."""
    return as_jpeg(draw_people(1, size=(width, height)))


def group_photo(count: int) -> bytes:
    return as_jpeg(draw_people(count, size=(1280, 853)))


def painted_over(data: bytes) -> bytes:
    """Paint over a photo as in Telegram's editor, in red."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    ImageDraw.Draw(picture).ellipse((width * 0.1, height * 0.1, width * 0.3, height * 0.35), fill="#ff0033")
    return as_jpeg(picture)


def mask_file(width: int = 480, height: int = 320) -> bytes:
    """Draw a mask: black is marked."""
    picture = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(picture).rectangle((width * 0.1, height * 0.1, width * 0.4, height * 0.4), fill="black")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def as_jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def offers(*buttons: str) -> Callable[[ChatMessage], bool]:
    return lambda message: all(any(held.text.startswith(wanted) for held in message.buttons) for wanted in buttons)


async def press(studio: Studio, message: ChatMessage, begins: str, who: str = "Alice") -> None:
    button = next(held for held in message.buttons if held.text.startswith(begins))
    await studio.press(who, message, button.data or "")


async def follow(studio: Studio, message: ChatMessage, *buttons: str, who: str = "Alice") -> ChatMessage:
    """Press one button after the other, each on the message that then offers the next; give the result."""
    for button, after in zip(buttons, [*buttons[1:], None], strict=True):
        await press(studio, message, button, who)
        message = await studio.answer(who, offers(after) if after else has_result)
    return message


async def sent(
    studio: Studio, data: bytes | tuple[str, bytes], words: str = "", who: str = "Alice", **more: object
) -> ChatMessage:
    [message] = await studio.say(who, words, files=[data], **more)
    return message
