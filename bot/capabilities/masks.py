"""Masks, drawn from the marks that wait in rows."""

import asyncio
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from bot.capabilities.base import Studio
from bot.capabilities.inputs import Inputs
from bot.capabilities.marks import GRID, Mark, MaskNeed, digest, shape
from bot.capabilities.needs import Answers, Source
from bot.errors import BadValue, NotFound
from bot.locales.text import text
from bot.media.fit import in_turn
from bot.media.masks.file import from_selection
from bot.media.masks.grid import from_grid
from bot.media.masks.mask import Mask
from bot.media.masks.packed import Packed, Recent
from bot.media.masks.photo import size_of
from bot.media.masks.previews import preview
from bot.media.masks.sent import from_sent

# One answer is drawn when it is sent, checked, shown and ordered, within a minute or two.
MOST_KEPT = 32

_recent: WeakKeyDictionary[Inputs, Recent[Packed]] = WeakKeyDictionary()
_previews: WeakKeyDictionary[Inputs, Recent[bytes]] = WeakKeyDictionary()


async def mask_of(answers: Answers, need: MaskNeed, studio: Studio) -> Mask:
    """Draw the mask that is marked, as large as the photo. Raises what `packed_mask_of` does."""
    packed = await packed_mask_of(answers, need, studio)
    return await asyncio.to_thread(packed.unpack)


async def packed_mask_of(answers: Answers, need: MaskNeed, studio: Studio) -> Packed:
    """Draw the mask that is marked and leave it packed: how much it marks is known without looking at it again.

    Raises `BadPicture` and `BadValue` for a mark that is none, and what `Inputs.read` raises.
    """
    mark = need.made(answers)
    if mark is None:
        raise BadValue(text("Nothing is marked. Mark the part of the photo that should change."))
    recipe = shape(mark)
    recent, key = _recent.setdefault(studio.inputs, Recent(MOST_KEPT)), digest(recipe)
    packed = recent.get(key)
    if packed is None:
        packed = await _packed(recipe, studio.inputs)
        recent.put(key, packed)
    return packed


async def preview_of(photo: Source, studio: Studio) -> bytes:
    """Draw a photo as it is shown while it is marked, a JPEG.

    Raises `BadPicture` for one that cannot be read, and what `Inputs.read` raises.
    """
    recent, key = _previews.setdefault(studio.inputs, Recent(MOST_KEPT)), digest(photo)
    shown = recent.get(key)
    if shown is None:
        data = await studio.inputs.read(photo)
        shown = await in_turn(lambda: preview(data))
        recent.put(key, shown)
    return shown


async def with_outline(answers: Answers, need: MaskNeed, studio: Studio) -> dict[str, Any]:
    """Keep in the mark the outline that smart selection found, since the vendor forgets it within days.

    Raises what `packed_mask_of` does.
    """
    mark = need.made(answers)
    if mark is None or "snapped" not in mark or "outline" in mark["snapped"]:
        return dict(answers)
    found = {**mark, "snapped": {**mark["snapped"], "inverted": False}}
    outline = await packed_mask_of({**answers, need.name: found}, need, studio)
    return {**answers, need.name: {**mark, "snapped": {**mark["snapped"], "outline": outline.dump()}}}


async def _packed(recipe: Mark, inputs: Inputs) -> Packed:
    snapped = recipe.get("snapped", {})
    if "outline" in snapped:
        outline = Packed.load(snapped["outline"])
        return await in_turn(lambda: Packed.of(outline.unpack().invert())) if snapped["inverted"] else outline
    photo, other = await asyncio.gather(inputs.read(recipe["photo"]), _second(recipe, inputs))
    return await in_turn(lambda: Packed.of(_drawn(recipe, photo, other)))


async def _second(recipe: Mark, inputs: Inputs) -> bytes:
    if "snapped" in recipe:
        return await _selection(recipe["snapped"], inputs)
    return await inputs.read(recipe["source"]) if recipe["by"] == "picture" else b""


async def _selection(snapped: Mapping[str, Any], inputs: Inputs) -> bytes:
    try:
        return await inputs.read(snapped)
    except NotFound:
        raise NotFound(
            text(
                "The outline that the image service found has expired. Go back to your own mark, or mark the part anew."
            )
        ) from None


def _drawn(recipe: Mark, photo: bytes, other: bytes) -> Mask:
    if "snapped" in recipe:
        mask, is_inverted = from_selection(other, size_of(photo)), recipe["snapped"]["inverted"]
    elif recipe["by"] == "picture":
        mask, is_inverted = from_sent(photo, other), recipe["inverted"]
    else:
        mask, is_inverted = from_grid(size_of(photo), set(recipe["cells"]), GRID, GRID), recipe["inverted"]
    return mask.invert() if is_inverted else mask
