"""Train a LoRA: it learns the tones of its pictures."""

import asyncio

from bot.sandbox.vendor import words
from bot.sandbox.vendor.errors import INVALID, SENSITIVE, Refused
from bot.sandbox.vendor.fields import read_body
from bot.sandbox.vendor.imgenstd.catalogue import Model
from bot.sandbox.vendor.inputs import Source
from bot.sandbox.vendor.lora.request import Train
from bot.sandbox.vendor.painting.tones import Tones
from bot.sandbox.vendor.retouching.faces import find_faces
from bot.sandbox.vendor.sizes import brought_down
from bot.sandbox.vendor.tasks import Work, new_id
from bot.sandbox.vendor.vendor import Vendor

# Spelt as in the document.
NOBODY_SHOWN = (
    "Images were not avaliable for main object 'Human', pleases update your images or choose another main object"
)
CANCELLED = "cancelled"
_LOOKED_AT_SIDE = 640
_LOOKED_AT_ONCE = 8  # of 8 MB each
_EFFORT = 4.0  # a training takes longer than a picture
_EFFORT_PER_IMAGE = 0.05
_VIP_SHARE = 0.6


async def order_training(vendor: Vendor, body: bytes) -> Work:
    """Check an order and all its pictures, and learn from them; what became of it is in the work's detail."""
    asked = read_body(Train, body)
    base = _base(vendor, asked.base_model_id)
    if words.is_sensitive(_said(asked)):
        raise Refused(SENSITIVE)
    looked = await _look_at_all(vendor, asked)
    lora = _lora(asked, base, Tones.blended([tones for tones, _ in looked]))
    effort = (_EFFORT + _EFFORT_PER_IMAGE * len(asked.images)) * (_VIP_SHARE if asked.task_type == "VIP" else 1)
    work = Work(effort=effort, detail={"lora": lora, "message": ""}).fated(_said(asked))
    if all(shown for _, shown in looked):
        return work
    return Work(outcome="FAILED", effort=effort, detail={"lora": lora, "message": NOBODY_SHOWN})


def _base(vendor: Vendor, model_id: str) -> Model:
    model = vendor.catalogue.find(model_id, vendor.clock())
    if not model.loras:
        raise Refused(INVALID, f"base_model_id: {model.name} cannot be trained on")
    return model


def _said(asked: Train) -> str:
    return f"{asked.model_name} {asked.description} {asked.trigger_word}"


async def _look_at_all(vendor: Vendor, asked: Train) -> list[tuple[Tones, bool]]:
    """Look at every picture, few at a time; at the first that is refused, leave the rest."""
    turns = asyncio.Semaphore(_LOOKED_AT_ONCE)

    async def look(place: int, url: str) -> tuple[Tones, bool]:
        async with turns:
            return await _look(vendor, f"images.{place}", url, asked)

    looks = [asyncio.create_task(look(place, url), name="training picture") for place, url in enumerate(asked.images)]
    try:
        return await asyncio.gather(*looks)
    finally:
        for unfinished in looks:
            unfinished.cancel()


async def _look(vendor: Vendor, field: str, url: str, asked: Train) -> tuple[Tones, bool]:
    """Learn a picture's tones, and whether it shows what the training is about."""
    source = await vendor.sources.fetch(field, url)
    async with vendor.drawing:
        return await asyncio.to_thread(_learned, source, asked.main_object == "Human")


def _learned(source: Source, human: bool) -> tuple[Tones, bool]:  # noqa: FBT001  asyncio.to_thread passes by place
    picture = source.open(brought_down(source.size, _LOOKED_AT_SIDE))
    shown = not human or bool(find_faces(picture, "normal") or find_faces(picture, "anime"))
    return Tones.of(picture), shown


def _lora(asked: Train, base: Model, tones: Tones) -> Model:
    model_id = new_id()
    return Model(
        model_id,
        asked.model_name or f"LoRA {model_id[:6]}",
        asked.description,
        base.base_model_type,
        "LORA",
        asked.trigger_word,
        look=tones,
    )
