"""Marks: what of a photo is to change, as a recipe from which its mask is drawn anew whenever it is needed.

A mark is `{"photo": <source>, "by": "picture", "source": <source>, "inverted": <bool>}`, where the picture is the
photo painted over or a black-and-white mask, or `"by": "grid", "cells": [<numbers>]`, with `"open": true` while cells
are being chosen. It may have besides:
`"snapped": {"task", "index", "inverted"}`, the mask that smart selection made of it, which then counts instead, and
with `"outline"`, a packed mask, no longer has to be fetched;
`"snap": true` while that is being made; `"refused"`, a dumped `Text`: why there is none;
`"settled": true` once its person has agreed to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bot.capabilities.needs import Answers, Brought, Errand, Need, Source
from bot.capabilities.photo import PHOTO
from bot.locales.text import Text, text

Mark: TypeAlias = Mapping[str, Any]

GRID: Final = 4
"""Columns and rows of the grid."""

_PASSING = frozenset({"settled", "snap", "refused"})  # what says nothing of the mask itself


@dataclass(frozen=True, kw_only=True)
class MaskNeed(Need):
    """A mark on the photo, shown as a mask and agreed to; with the answer `yes` it is used as it is found."""

    def mark(self, answers: Answers) -> Mark | None:
        """Give the mark that was made on the photo as it is now, if there is one."""
        mark = answers.get(self.name)
        return mark if mark and mark["photo"] == answers.get(PHOTO.name) else None

    def made(self, answers: Answers) -> Mark | None:
        """Give the mark, unless its cells are still being chosen."""
        mark = self.mark(answers)
        return None if mark is None or mark.get("open") else mark

    def is_met(self, answers: Answers) -> bool:
        """Say whether there is a mark that may be used."""
        mark = self.made(answers)
        return mark is not None and bool(mark.get("settled") or answers.get("yes"))

    def taken(self, answers: Answers, source: Source) -> dict[str, Any]:
        """Take a picture that shows the mark."""
        return of_picture(answers.get(PHOTO.name) or {}, source)

    def errands(self, answers: Answers) -> Sequence[Errand]:
        """Ask for the object under the mark where it is to snap to that."""
        mark = self.made(answers)
        if mark is None or not mark.get("snap"):
            return ()
        request = {PHOTO.name: mark["photo"], self.name: shape(mark), "mask_type": answers.get("mask_type")}
        return (Errand("snap", request),)

    def heard(self, answers: Answers, brought: Brought) -> dict[str, Any]:
        """Take the object's mask, or keep the mark and the reason why there is none."""
        mark = shape(answers[self.name])
        picture = next((one for one in brought.pictures if not one.error_code), None)
        if picture is not None:
            mark["snapped"] = {"task": brought.task.id, "index": picture.index, "inverted": False}
        else:
            mark["refused"] = (brought.reason or _nothing_found()).dump()
        return {**answers, self.name: mark}


def of_picture(photo: Source, source: Source) -> dict[str, Any]:
    """Make a mark of a sent picture."""
    return {"photo": dict(photo), "by": "picture", "source": dict(source), "inverted": False}


def of_grid(photo: Source, cells: Sequence[int] = ()) -> dict[str, Any]:
    """Make a mark of cells, more of which may be chosen."""
    return {"photo": dict(photo), "by": "grid", "cells": sorted(cells), "inverted": False, "open": True}


def toggled(mark: Mark, cell: int) -> dict[str, Any]:
    """Choose a cell, or give it up where it was chosen."""
    return of_grid(mark["photo"], list({*mark["cells"]} ^ {cell}))


def closed(mark: Mark) -> dict[str, Any]:
    """End the choice of cells."""
    return {name: value for name, value in mark.items() if name != "open"}


def settled(mark: Mark) -> dict[str, Any]:
    """Agree to the mark as it is."""
    return {**shape(mark), "settled": True}


def inverted(mark: Mark) -> dict[str, Any]:
    """Swap what is marked and what is not."""
    turned = shape(mark)
    if "snapped" in turned:
        return {**turned, "snapped": {**turned["snapped"], "inverted": not turned["snapped"]["inverted"]}}
    return {**turned, "inverted": not turned["inverted"]}


def snapping(mark: Mark) -> dict[str, Any]:
    """Wish that the mark snaps to the object under it."""
    return {**shape(mark), "snap": True}


def unsnapped(mark: Mark) -> dict[str, Any]:
    """Go back to the mark that was made by hand, or stop waiting for another."""
    return {name: value for name, value in shape(mark).items() if name != "snapped"}


def shape(mark: Mark) -> dict[str, Any]:
    """Give what the mask is drawn from, and no more."""
    return {name: value for name, value in mark.items() if name not in _PASSING}


def refusal(mark: Mark) -> Text | None:
    """Say why the mark could not snap to an object, if that was tried last."""
    return Text.load(mark["refused"]) if "refused" in mark else None


def digest(recipe: Mark) -> str:
    """Make a short key of a recipe."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]


def _nothing_found() -> Text:
    return text("The image service found no object under your mark.")


MASK: Final = MaskNeed(
    name="mask",
    label=text("🖌 Mask"),
    question=text("Which part of the picture should change?"),
    hint=text("the painted photo"),
)
