"""A photo, what people send to mark a part of it, and orders carried out by the stand-in for the image service."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PIL import Image, ImageChops, ImageDraw

from bot.capabilities.from_photo import FromPhoto
from bot.capabilities.needs import Brought
from bot.locales.text import Text
from bot.media.download import download
from bot.store import pictures, tasks
from bot.store.task import NewTask, Picture
from tests.capabilities.workshop import Workshop, task_of
from tests.media.masks.photographs import as_jpeg, decoded, through_telegram

PHOTO = {"file": "the-photo"}
PAINTED = {"file": "the-photo-painted-over"}
UNPAINTED = {"file": "the-photo-sent-back-as-it-was"}
OTHER = {"file": "another-photo"}
MASK_FILE = {"file": "a-mask", "document": True}

_OVAL = (0.3, 0.3, 0.6, 0.7)  # left, top, right and bottom, of the photo


def photo() -> bytes:
    return through_telegram("coffee", 480)


def meant(size: tuple[int, int]) -> Image.Image:
    """The part that is meant: 255 inside."""
    area = Image.new("L", size)
    ImageDraw.Draw(area).ellipse([share * size[at % 2] for at, share in enumerate(_OVAL)], fill=255)
    return area


def fill(workshop: Workshop) -> None:
    """Put into Telegram what is sent."""
    original = decoded(photo())
    painted = original.copy()
    painted.paste("#ff3b30", mask=meant(original.size))
    mask = io.BytesIO()
    ImageChops.invert(meant(original.size)).save(mask, "PNG")
    workshop.pictures |= {
        PHOTO["file"]: photo(),
        PAINTED["file"]: as_jpeg(painted, 80),
        UNPAINTED["file"]: as_jpeg(original, 80),
        OTHER["file"]: as_jpeg(decoded(through_telegram("chelsea", 480)).resize(original.size), 80),
        str(MASK_FILE["file"]): mask.getvalue(),
    }


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Intersection over union of two areas."""
    return ImageChops.darker(one, other).histogram()[255] / ImageChops.lighter(one, other).histogram()[255]


async def carried_out(workshop: Workshop, capability: FromPhoto, request: Mapping[str, Any]) -> list[Picture]:
    """Order and wait, as the tracker does."""
    prepared = await capability.prepare(task_of(capability, request), workshop.studio)
    vendor_id = await prepared.submit()
    done = await capability.api(workshop.studio.client).result(vendor_id)
    return [Picture(task_id=17, index=image.index, seed=image.seed, raw_url=image.raw) for image in done.images]


async def results(workshop: Workshop, capability: FromPhoto, request: Mapping[str, Any]) -> list[Image.Image]:
    """Order, wait, and fetch the pictures."""
    http = workshop.studio.inputs._http
    made = await carried_out(workshop, capability, request)
    return [decoded((await download(http, str(one.raw_url), limit=10**8, timeout=30)).data) for one in made]


async def kept(workshop: Workshop, picture: Picture) -> int:
    """Write an errand's picture down, and give its task's id."""
    errand = NewTask(
        order_key="errand:3:1:0",
        capability="snap",
        kind="snap",
        owner_id=7,
        chat_id=70,
        lang="en",
        request={},
        created_at=1.0,
        next_at=1.0,
        deadline_at=2.0,
    )
    async with workshop.studio.store.write() as conn:
        task = await tasks.insert(conn, errand)
        await pictures.put(conn, [replace(picture, task_id=task.id)])
    return task.id


def brought(
    capability: FromPhoto,
    request: Mapping[str, Any],
    *made: Picture,
    reason: Text | None = None,
    task_id: int = 17,
) -> Brought:
    """How an errand ended."""
    return Brought(replace(task_of(capability, request), id=task_id), made, reason)


def outside_is_unchanged(before: Image.Image, after: Image.Image, area: Image.Image) -> bool:
    """Whether two pictures are the same outside of an area, and not within."""
    changed = ImageChops.difference(before, after).convert("L").point(lambda level: 255 * (level > 0))
    within = ImageChops.darker(changed, area).histogram()[255]
    return (
        before.size == after.size
        and ImageChops.subtract(changed, area).getbbox() is None
        and within > area.histogram()[255] / 2
    )
