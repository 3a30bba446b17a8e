"""Answers to every kind of need, as somebody would give them."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from bot.capabilities import marks
from bot.capabilities.base import Capability
from bot.capabilities.collection import Collection, CollectionNeed
from bot.capabilities.faces import FacesNeed
from bot.capabilities.marks import MaskNeed
from bot.capabilities.needs import Need, WordsNeed
from bot.media.fit import fit
from bot.store import collected
from bot.store.collected import NewCollected
from tests.capabilities.cast import ANIME, TWO, looked, people, png
from tests.capabilities.workshop import Workshop, picture_bytes

WORDS = "a red fox in the snow"
COLLECTION = 1


async def completed(capability: Capability, workshop: Workshop, **said: Any) -> dict[str, Any]:
    """Answer all that must be answered and was not said."""
    answers = {**capability.start({}), **said}
    workshop.pictures |= _crowds()
    for need in capability.needs:
        if need.name not in said:
            answers[need.name] = await _answer(need, answers, workshop)
    while (option := capability.missing_option(answers)) is not None:
        choice = (await capability.choices(option.name, answers, workshop.studio))[0]
        answers[option.name] = {"id": choice.id, "name": choice.name}
    assert capability.missing(answers) is None
    assert capability.errands(answers) == []
    return answers


async def _answer(need: Need, answers: Mapping[str, Any], workshop: Workshop) -> Any:
    match need:
        case WordsNeed():
            return WORDS
        case MaskNeed():
            return marks.settled(marks.closed(marks.of_grid(answers["photo"], [5, 6, 9, 10])))
        case FacesNeed():
            return await faces(need, answers, workshop)
        case CollectionNeed():
            return await collection(need, workshop)
        case _:
            return need.taken(answers, ANIME if answers.get("face") == "anime" else TWO)


async def faces(need: FacesNeed, answers: Mapping[str, Any], workshop: Workshop) -> Any:
    """Swap two people who are in the picture, after a look at it."""
    photos = {"photos": [answers["photo"]] * 2, "over": 0}
    found = (await looked(workshop, {**answers, need.name: photos}))[need.name]
    return {**found, "seen": {look: {**sight, "picks": [1, 2]} for look, sight in found["seen"].items()}}


@cache
def _crowds() -> dict[str, bytes]:
    return {TWO["file"]: png(people(2)), ANIME["file"]: png(people(2, anime=True))}


async def collection(need: CollectionNeed, workshop: Workshop) -> dict[str, Any]:
    """Collect as few pictures as there may be."""
    for number in range(need.least):
        fitted = fit(picture_bytes(300 + number, 300))
        digest = hashlib.sha256(fitted.data).hexdigest()
        name = await workshop.studio.inputs.collect(COLLECTION, digest, fitted)
        new = NewCollected(
            collection_id=COLLECTION, source={"file": f"photo-{number}"}, digest=digest, name=name, created_at=0.0
        )
        async with workshop.studio.store.write() as conn:
            await collected.add(conn, new)
    return Collection(COLLECTION, need.least, is_done=True).dump()
