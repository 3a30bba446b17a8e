"""Who goes on whom: face photos, the faces of the base picture, and which of these each of those replaces.

Faces of a picture are numbered from 1, from left to right. Answers hold, by the need's name `faces`:
`{"photos": [<source>, ...], "over": <how many more were sent>, "seen": {<look>: <what was seen>}}`; a look is a kind of
face and a picture, and what was seen is `{"faces": [<face>, ...]}`, with `"picks": [<number>, ...]` for a base, or
`{"reason": <dumped sentence>}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self, TypeAlias, get_args

from bot.capabilities.needs import Answers, Source
from bot.errors import BadValue
from bot.locales.text import Text, plural, text, verbatim
from bot.miaohua.face import FaceKind

MOST_SWAPS = 4  # the vendor's

# More than that many numbers nobody tells apart; the largest faces are kept.
MOST_FACES = 30

Face: TypeAlias = Mapping[str, Any]
"""`index` is the vendor's; `left`, `top`, `right` and `bottom` are in pixels of the picture as it was offered."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Face `index` of a photo in the place of the base's face `base_index`, in the vendor's numbering."""

    photo: Source
    index: int
    base_index: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A picture without a face: the face photo of that number, or the base (0). `reason`: it was not even seen."""

    photo: int
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class Casting:
    """The answers so far."""

    kind: str
    base: Source | None
    photos: Sequence[Source]
    over: int
    seen: Mapping[str, Any]
    onto: Sequence[int] | None

    @classmethod
    def of(cls, answers: Answers) -> Self:
        """Read a form's answers, or a settled request."""
        held = answers.get("faces") or {}
        return cls(
            kind=answers.get("face", "normal"),
            base=answers.get("photo"),
            photos=held.get("photos", []),
            over=held.get("over", 0),
            seen=held.get("seen", {}),
            onto=answers.get("onto"),
        )

    @property
    def sources(self) -> list[Source]:
        """List the pictures, the base first."""
        return [*([self.base] if self.base else []), *self.photos]

    @property
    def unseen(self) -> list[Source]:
        """List the pictures in which faces are still to be looked for, each once."""
        return list({key: one for one in self._meant if (key := look(self.kind, one)) not in self.seen}.values())

    @property
    def base_faces(self) -> Sequence[Face]:
        """List the faces that can be replaced."""
        return self._faces(self.base) if self.base else ()

    @property
    def trouble(self) -> Trouble | None:
        """Find the first picture in which there was no face."""
        for number, source in enumerate(self._meant, 0 if self.base else 1):
            sight = self._sight(source)
            if sight is not None and not sight.get("faces"):
                reason = sight.get("reason")
                return Trouble(number, Text.load(reason) if reason else None)
        return None

    @property
    def room(self) -> int:
        """Say how many face photos are of use."""
        return min(MOST_SWAPS, len(self.base_faces) or MOST_SWAPS)

    @property
    def used(self) -> Sequence[Source]:
        """List the face photos that are used."""
        return self.photos[: self.room]

    @property
    def wrong(self) -> list[int]:
        """List the numbers asked for by `--onto` that no face has."""
        return [number for number in self.onto or () if number > len(self.base_faces)]

    @property
    def lacking(self) -> int:
        """Say how many face photos are missing for the faces asked for by `--onto`."""
        return 0 if self.wrong else max(len(self.onto or ()) - len(self.photos), 0)

    @property
    def chosen(self) -> list[int]:
        """List the numbers of the faces that the first photos were said to replace."""
        if self.onto is not None:
            return [] if self.wrong else list(self.onto[: len(self.used)])
        sight = self._sight(self.base) if self.base else None
        return list(islice((sight or {}).get("picks", ()), len(self.used)))

    @property
    def placing(self) -> list[int]:
        """List the numbers of the faces that the photos replace, where there is no other way also those unsaid."""
        said = self.chosen
        left = [number for number in range(1, len(self.base_faces) + 1) if number not in said]
        return [*said, *left] if len(left) == 1 and len(self.used) == len(said) + 1 and not self.wrong else said

    @property
    def free(self) -> list[int]:
        """List the faces that the next photo can replace; none where no photo is left."""
        placed = self.placing
        if self.unseen or self.trouble or len(placed) == len(self.used):
            return []
        return [number for number in range(1, len(self.base_faces) + 1) if number not in placed]

    @property
    def is_complete(self) -> bool:
        """Say whether every face photo that is used has its place."""
        if not self.base or not self.photos or self.unseen or self.trouble or self.lacking:
            return False
        return len(self.placing) == len(self.used)

    @property
    def swaps(self) -> list[Swap]:
        """Put it into the vendor's numbers. Raises `BadValue` where something is still open."""
        self.check_numbers(self.onto or ())
        if not self.is_complete:
            raise BadValue(text("It is not settled yet which face goes where. Please press “Faces” and choose."))
        return [
            Swap(photo, _largest(self._faces(photo))["index"], self.base_faces[number - 1]["index"])
            for photo, number in zip(self.used, self.placing, strict=True)
        ]

    @property
    def remarks(self) -> tuple[Text, ...]:
        """Say what of the face photos is not used."""
        crowds = [
            text("I see {count} faces on face photo {photo} and take the largest.", count=len(faces), photo=number)
            for number, photo in enumerate(self.used, 1)
            if len(faces := self._faces(photo)) > 1
        ]
        return (*crowds, *self._surplus())

    def check_numbers(self, numbers: Sequence[int]) -> None:
        """Raise `BadValue` for a number that no face of the base has."""
        wrong = [number for number in numbers if number > len(self.base_faces)]
        if wrong and self.base_faces:
            raise BadValue(no_such_face(wrong[0], len(self.base_faces)))

    def without(self, place: int) -> tuple[list[Source], list[int]]:
        """Give the photos and the chosen numbers without the photo at a place."""
        photos, numbers = list(self.photos), list(self.chosen)
        del photos[place], numbers[place : place + 1]
        return photos, numbers

    @property
    def _meant(self) -> list[Source]:
        return [*([self.base] if self.base else []), *self.used]

    def _surplus(self) -> list[Text]:
        unused = len(self.photos) + self.over - self.room
        if unused <= 0:
            return []
        if 0 < len(self.base_faces) < MOST_SWAPS:
            return [
                plural(
                    "The picture has one face only: of your face photos the first is used.",
                    "The picture has {count} faces only: of your face photos the first {count} are used.",
                    len(self.base_faces),
                )
            ]
        return [text("At most {most} faces can be replaced: of your face photos the first are used.", most=MOST_SWAPS)]

    def _sight(self, source: Source) -> Mapping[str, Any] | None:
        return self.seen.get(look(self.kind, source))

    def _faces(self, source: Source) -> Sequence[Face]:
        faces: Sequence[Face] = (self._sight(source) or {}).get("faces", ())
        return faces


def look(kind: str, source: Source) -> str:
    """Name a search for a kind of face in a picture."""
    return f"{kind} {picture_key(source)}"


def looks(sources: Iterable[Source]) -> set[str]:
    """Name all searches that there can be in these pictures."""
    return {look(kind, source) for source in sources for kind in get_args(FaceKind)}


def picture_key(source: Source) -> str:
    """Name a picture."""
    return str(source["file"]) if "file" in source else f"{source['task']}/{source['index']}"


def in_order(found: Iterable[Face]) -> list[dict[str, Any]]:
    """Put the faces of a picture into the order of their numbers."""
    largest = sorted(found, key=_area, reverse=True)[:MOST_FACES]
    return [dict(face) for face in sorted(largest, key=lambda face: (face["left"] + face["right"], face["top"]))]


def no_such_face(number: int, faces: int) -> Text:
    """Say which numbers there are."""
    allowed = verbatim(f"1–{faces}" if faces > 1 else "1")
    return text(
        "There is no face {number} in the picture. The faces have the numbers {allowed}.",
        number=number,
        allowed=allowed,
    )


def _largest(faces: Sequence[Face]) -> Face:
    return max(faces, key=_area)


def _area(face: Face) -> float:
    return float((face["right"] - face["left"]) * (face["bottom"] - face["top"]))
