"""Words on the picture: what it is, and the watermark that was asked for. Never a box where a letter is missing."""

import contextlib
from functools import cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from bot.sandbox.vendor.painting.colours import WHITE, Colour, colour

# Fonts with Chinese letters, as the usual systems name them.
_CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
)
_CHINESE_RANGES = ((0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
_LATIN_END = 0x17F
_BRAND = colour("6c5ce7")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def label(picture: Image.Image, seed: int, prompt: str) -> None:
    """Say in the lower left corner that this is the sandbox's, with the seed and the prompt's beginning."""
    unit = min(picture.size)
    font = _font(unit * 0.02)
    text = _fitting(f"SANDBOX · seed {seed} · {printable(prompt)}".rstrip(" ·"), font, picture.width * 0.62)
    _plate(picture, text, font, right=False, tint=WHITE, dot=None)


def watermark(picture: Image.Image, kind: Literal["Default", "MakaLogo"] | None) -> Image.Image:
    """Print the vendor's mark, if one was asked for, into the lower right corner; return the same picture."""
    font = _font(min(picture.size) * 0.026)
    if kind == "MakaLogo":
        _plate(picture, printable("秒画") or "MiaoHua", font, right=True, tint=WHITE, dot=_BRAND)
    elif kind == "Default":
        words = "图片由 AI 生成"
        text = words if printable(words) == words else "AI-generated picture"
        _plate(picture, text, font, right=True, tint=WHITE, dot=None)
    return picture


def printable(text: str) -> str:
    """Keep the words of which every letter can be drawn."""
    return " ".join(word for word in text.split() if all(map(_drawable, word)))


def _drawable(letter: str) -> bool:
    point = ord(letter)
    if point <= _LATIN_END:
        return letter.isprintable()
    return _chinese_font() is not None and any(low <= point <= high for low, high in _CHINESE_RANGES)


@cache
def _chinese_font() -> str | None:
    for name in _CHINESE_FONTS:
        with contextlib.suppress(OSError):
            ImageFont.truetype(name)
            return name
    return None


@cache
def _sized(points: int) -> Font:
    name = _chinese_font()
    return ImageFont.truetype(name, points) if name else ImageFont.load_default(points)


def _font(points: float) -> Font:
    return _sized(max(9, min(120, round(points))))


def _fitting(text: str, font: Font, width: float) -> str:
    shown = text
    while shown and font.getlength(shown) > width:
        shown = shown[:-2].rstrip() + "…" if len(shown) > 2 else ""  # noqa: PLR2004  the mark itself and a letter
    return shown


def _plate(picture: Image.Image, text: str, font: Font, *, right: bool, tint: Colour, dot: Colour | None) -> None:
    """Write on a translucent plate in a lower corner."""
    pencil = ImageDraw.Draw(picture, "RGBA")
    left, top, end, foot = pencil.textbbox((0, 0), text, font=font)
    gap = (foot - top) * 0.55
    badge = (foot - top) * 1.35 if dot else 0
    wide, tall = end - left + 2 * gap + badge, foot - top + 2 * gap
    x = picture.width - wide - gap if right else gap
    y = picture.height - tall - gap
    pencil.rounded_rectangle((x, y, x + wide, y + tall), tall * 0.32, (10, 12, 28, 110))
    if dot:
        pencil.rounded_rectangle((x + gap, y + gap, x + gap + tall - 2 * gap, y + tall - gap), tall * 0.16, dot)
        pencil.arc(
            (x + gap * 1.4, y + gap * 1.4, x + tall - gap * 1.4, y + tall - gap * 1.4),
            120,
            400,
            tint,
            max(1, round(tall * 0.06)),
        )
    pencil.text((x + gap + badge - left, y + gap - top), text, font=font, fill=(*tint, 235))
