"""Options of what works on a part of a picture."""

from bot.capabilities.options import OneOf, Option, Switch
from bot.locales.text import text

MASK_TYPE = Option(
    name="mask_type",
    label=text("Kind of mask"),
    help=text("how the mask was made; else it follows from how you made it"),
    kind=OneOf(
        {
            "smear": text("painted over"),
            "box": text("boxes"),
            "circle": text("circles"),
            "line": text("lines"),
            "point": text("points"),
            "free": text("exact shape"),
        }
    ),
    flags=("mask",),
)

YES = Option(
    name="yes",
    label=text("Use the mask unseen"),
    help=text("use the mask as it is found, without showing it first"),
    kind=Switch(),
    flags=("yes",),
    default=False,
)
