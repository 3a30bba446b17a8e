"""What can be chosen about a `/swap`; the bounds are the vendor's, read from its request."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.capabilities.casting import MOST_FACES, MOST_SWAPS
from bot.capabilities.common_options import FILE, FORMAT, LOGO
from bot.capabilities.options import Number, OneOf, Option, Takes, Words
from bot.locales.text import Text, text, verbatim
from bot.miaohua.bounds import bounds_of
from bot.miaohua.face import MAX_PROMPT, SwapRequest

_SEPARATORS = re.compile(r"[,;、\s]+")


@dataclass(frozen=True, slots=True)
class FaceNumbers:
    """The numbers of faces, none twice, as in `2,1`."""

    takes: Takes = "token"

    def parse(self, raw: str) -> list[int]:
        """Read the numbers; which there are is known only when the faces are."""
        numbers = [int(part) for part in _SEPARATORS.split(unicodedata.normalize("NFKC", raw).strip())]
        if len(numbers) > MOST_SWAPS or len(set(numbers)) < len(numbers) or not self._within(numbers):
            raise ValueError(raw)
        return numbers

    def allowed(self) -> Text:
        """Say how they are typed."""
        return text("up to {most} numbers, counted from the left, none twice: 2,1", most=MOST_SWAPS)

    def show(self, value: Sequence[int]) -> Text:
        """Phrase the numbers."""
        return verbatim(", ".join(map(str, value)))

    def presets(self) -> Sequence[str]:
        """Offer nothing: the faces are numbered on the picture."""
        return []

    def _within(self, numbers: Sequence[int]) -> bool:
        return all(1 <= number <= MOST_FACES for number in numbers)


OPTIONS = (
    Option(
        name="face",
        label=text("Kind of faces"),
        help=text("normal: of people; anime: drawn ones"),
        kind=OneOf({"normal": text("normal"), "anime": text("anime")}),
        flags=("face",),
        default="normal",
        page="main",
        remembered=True,
    ),
    Option(
        name="similarity",
        label=text("Likeness"),
        help=text("how much like the face photo; more than 0.4 is not advised"),
        kind=Number(bounds_of(SwapRequest, "dino_scale"), offers=(0, 0.1, 0.2, 0.3, 0.4)),
        flags=("similarity",),
        default=0.2,
        page="main",
    ),
    Option(
        name="guidance",
        label=text("Guidance"),
        help=text("the smaller, the more like the face photo"),
        kind=Number(bounds_of(SwapRequest, "guidance_scale"), offers=(10, 20, 30, 50, 70, 100)),
        flags=("guidance",),
        default=30,
    ),
    Option(
        name="words",
        label=text("Words"),
        help=text("what the new face is to look like; goes on to the next flag"),
        kind=Words(MAX_PROMPT),
        flags=("prompt",),
        default="",
    ),
    Option(
        name="onto",
        label=text("Onto"),
        help=text("the face of the picture that each face photo is for, in their order"),
        kind=FaceNumbers(),
        flags=("onto",),
    ),
    FORMAT,
    LOGO,
    FILE,
)
