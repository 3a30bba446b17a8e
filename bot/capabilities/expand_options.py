"""What can be chosen about an `/expand`: how much larger in the picture's own ratio, a canvas, or margins."""

from collections.abc import Collection

from bot.capabilities.canvas import OFFSET, SIDE
from bot.capabilities.common_options import FILE, FORMAT, LOGO, MODEL, SAMPLES
from bot.capabilities.options import Number, OneOf, Option, Point, Sides
from bot.errors import BadValue
from bot.locales.text import Text, text, verbatim
from bot.miaohua.bounds import Bounds, bounds_of, choices_of
from bot.miaohua.outpaint import OutpaintRequest

MARGINS = {"left": "⬅️", "right": "➡️", "up": "⬆️", "down": "⬇️"}

POSITIONS = dict(
    zip(choices_of(OutpaintRequest, "align_position"), ("↖️", "⬆️", "↗️", "⬅️", "⏺", "➡️", "↙️", "⬇️", "↘️"), strict=True)
)
"""Where the picture can lie, from the top left to the bottom right, with the signs for it."""

_WAYS = (frozenset({"ratio", "align"}), frozenset({"to", "at"}), frozenset(MARGINS))


def check_ways(said: Collection[str]) -> None:
    """Raise `BadValue` unless what was said belongs to one way of expanding."""
    if sum(not way.isdisjoint(said) for way in _WAYS) > 1:
        raise BadValue(
            text(
                "These do not go together. Expand in one of three ways: a number of times with --ratio and --align, "
                "to a canvas with --to and --at, or by margins with --left, --right, --up and --down."
            )
        )


def _margin(name: str, label: Text) -> Option:
    return Option(
        name=name,
        label=label,
        help=text("pixels to add on that side, at least; instead of a number of times"),
        kind=Number(_MARGIN, offers=(0, 128, 256, 512, 1024)),
        flags=(name,),
        default=0,
        page="main",
    )


_MARGIN = Bounds(low=0, high=SIDE.high, low_open=False, high_open=False, whole=True)

OPTIONS = (
    Option(
        name="ratio",
        label=text("Times as large"),
        help=text("how many times as wide and high the canvas becomes"),
        kind=Number(bounds_of(OutpaintRequest, "outpaint_ratio"), offers=(1.25, 1.5, 2, 3, 4, 5)),
        flags=("ratio",),
        default=1.5,
        page="main",
    ),
    Option(
        name="align",
        label=text("Position"),
        help=text("where the picture comes to lie"),
        kind=OneOf({name: verbatim(sign) for name, sign in POSITIONS.items()}),
        flags=("align",),
        default="middle",
        page="main",
    ),
    _margin("left", text("⬅️ Left")),
    _margin("right", text("➡️ Right")),
    _margin("up", text("⬆️ Up")),
    _margin("down", text("⬇️ Down")),
    SAMPLES,
    Option(
        name="to",
        label=text("Canvas"),
        help=text("the whole result's size; instead of a number of times"),
        kind=Sides(SIDE, offers=("1024x1024", "1536x1024", "1024x1536", "1920x1088", "1088x1920", "2048x2048")),
        flags=("to",),
    ),
    Option(
        name="at",
        label=text("Corner"),
        help=text("where on that canvas the picture's top left corner comes to lie; else it lies in the middle"),
        kind=Point(OFFSET, offers=("0,0",)),
        flags=("at",),
    ),
    FORMAT,
    LOGO,
    MODEL,
    FILE,
)
