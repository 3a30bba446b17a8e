"""People for swaps, and what is found out about them by the stand-in for the image service."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from PIL import Image

from bot.capabilities import registry
from bot.capabilities.detect import Detect
from bot.capabilities.makers import polls
from bot.capabilities.needs import Brought, Source
from bot.capabilities.swap import SwapFaces
from bot.locales.text import text
from bot.sandbox.vendor.painting.people import draw_people
from bot.tracker.ports import Made
from tests.capabilities.workshop import Workshop, task_of

SWAP = SwapFaces()
FACES = SWAP.need("faces")

SIZE = (480, 320)
NOBODY, ONE, TWO, THREE = ({"file": f"{count}-people"} for count in range(4))
ANIME = {"file": "2-anime"}
ANN, BOB, CAT = ({"file": f"face-{name}"} for name in ("ann", "bob", "cat"))


def people(count: int, *, seed: int = 0, anime: bool = False, size: tuple[int, int] = SIZE) -> Image.Image:
    return draw_people(count, seed=seed, anime=anime, size=size)


def png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


@cache
def sent() -> Mapping[str, bytes]:
    """What is sent, by its file id."""
    groups = {source["file"]: people(count) for count, source in enumerate((NOBODY, ONE, TWO, THREE))}
    faces = {source["file"]: people(1, seed=seed, size=(300, 300)) for seed, source in enumerate((ANN, BOB, CAT), 3)}
    pictures = {**groups, **faces, ANIME["file"]: people(2, anime=True)}
    return {file_id: png(picture) for file_id, picture in pictures.items()}


def fill(workshop: Workshop) -> None:
    """Put into Telegram what is sent."""
    workshop.pictures |= sent()


def box(left: float, width: float = 10, index: int = 0) -> dict[str, float]:
    """A face, as a detection finds it."""
    return {"index": index, "left": left, "top": 20, "right": left + width, "bottom": 20 + width}


def row(count: int) -> list[dict[str, float]]:
    """Faces side by side, which the vendor numbers from the right."""
    return [box(100 * place, index=count - 1 - place) for place in range(count)]


def brought(
    source: Source, faces: Sequence[Mapping[str, Any]] = (), *, kind: str = "normal", reason: str = ""
) -> Brought:
    """What a detection brings."""
    task = task_of(Detect(), {"photo": source, "face": kind, "dialog": 1, "need": "faces"})
    if reason:
        return Brought(task, reason=text(reason))
    return Brought(replace(task, found={"faces": [dict(face) for face in faces]}))


def seen(answers: Mapping[str, Any], faces: Mapping[str, int]) -> dict[str, Any]:
    """Let every errand bring as many faces as its picture is said to have; one, where nothing is said."""
    held = dict(answers)
    for errand in FACES.errands(held):
        photo = errand.request["photo"]
        held = FACES.heard(held, brought(photo, row(faces.get(photo["file"], 1)), kind=errand.request["face"]))
    return held


async def detected(workshop: Workshop, source: Source, kind: str = "normal") -> list[dict[str, Any]]:
    """Look for faces as the tracker does."""
    task = task_of(Detect(), {"photo": source, "face": kind})
    prepared = await registry.BY_NAME["detect"].prepare(task, workshop.studio)
    vendor_id = await prepared.submit()
    made = (await polls(workshop.studio.client)["face/detect"]([vendor_id]))[vendor_id]
    assert isinstance(made, Made)
    return list(made.found["faces"])


async def looked(workshop: Workshop, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out all errands."""
    held = dict(answers)
    for errand in FACES.errands(held):
        photo, kind = errand.request["photo"], errand.request["face"]
        held = FACES.heard(held, brought(photo, await detected(workshop, photo, kind), kind=kind))
    return held


def asked(line: str, base: Source, *faces: Source) -> dict[str, Any]:
    """Answers of somebody who answers a picture with `/swap`, below face photos."""
    return {**SWAP.start({}), **SWAP.read(line), **SWAP.placed([base], faces)}
