"""Paint a picture after a prompt: the same prompt, model and seed give the same picture."""

import random
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from bot.sandbox.vendor.painting import marks
from bot.sandbox.vendor.painting.animals import paint_animal
from bot.sandbox.vendor.painting.canvas import Canvas
from bot.sandbox.vendor.painting.finish import finish
from bot.sandbox.vendor.painting.guides import Guide, follow_guide, follow_source
from bot.sandbox.vendor.painting.land import paint_land
from bot.sandbox.vendor.painting.looks import Look, apply_look
from bot.sandbox.vendor.painting.scene import Scene, compose
from bot.sandbox.vendor.painting.sky import paint_sky
from bot.sandbox.vendor.painting.things import paint_person, paint_things
from bot.sandbox.vendor.painting.weather import paint_weather
from bot.sandbox.vendor.sizes import Size, brought_down, scaled

DRAWN_SIDE = 2048  # of the canvas: twice a small picture, for smooth edges; a bigger one is drawn so and enlarged
_FEET = 0.9  # where the animals sit, from the top


@dataclass(frozen=True, slots=True)
class Commission:
    """What a picture is to be like; the ranges are those of the order."""

    prompt: str
    model_id: str
    width: int
    height: int
    neg_prompt: str = ""
    steps: int = 30
    cfg_scale: float = 7
    enriched: bool = False
    source: bytes | None = None
    freedom: float = 0.6
    guides: tuple[Guide, ...] = ()
    looks: tuple[tuple[Look, float], ...] = ()
    watermark: Literal["Default", "MakaLogo"] | None = None


def paint(commission: Commission, seed: int, side: int | None = None) -> Image.Image:
    """Paint one picture, with `side` so small that its longest side has that many pixels. Blocks."""
    size = brought_down((commission.width, commission.height), side)
    proof = _at_most_drawn(size, 1)
    picture = render(commission, seed, proof)
    marks.label(picture, seed, commission.prompt)
    marks.watermark(picture, commission.watermark)
    return picture if proof == size else picture.resize(size, Image.Resampling.BICUBIC)


def render(commission: Commission, seed: int, size: Size) -> Image.Image:
    """Paint one picture without words on it, in a size of at most 2048 px a side. Blocks."""
    drawn = _at_most_drawn(size, 2)
    chance = random.Random(f"{commission.model_id}|{seed}|{commission.prompt}")  # noqa: S311  it is to be repeatable
    detail = 0.6 + 0.4 * commission.steps / 30 + (0.3 if commission.enriched else 0)
    scene = compose(commission.prompt, commission.neg_prompt, chance, detail)
    picture = _draw(scene, Canvas(*drawn, chance))
    picture = (
        picture.reduce(2) if drawn == (size[0] * 2, size[1] * 2) else picture.resize(size, Image.Resampling.HAMMING)
    )
    for guide in commission.guides:
        picture = follow_guide(picture, guide)
    if commission.source:
        picture = follow_source(picture, commission.source, commission.freedom)
    for look, weight in commission.looks:
        picture = apply_look(picture, look, weight)
    return finish(picture, commission.cfg_scale, chance)


def _at_most_drawn(size: Size, times: float) -> Size:
    """Enlarge a size, to no more than the drawn side."""
    return scaled(size, min(times, DRAWN_SIDE / max(size)))


def _draw(scene: Scene, canvas: Canvas) -> Image.Image:
    horizon = canvas.height * canvas.chance.uniform(0.5, 0.6)
    paint_sky(canvas, scene, horizon)
    paint_land(canvas, scene, horizon)
    paint_things(canvas, scene, horizon)
    _people(canvas, scene)
    paint_weather(canvas, scene)
    return canvas.image


def _people(canvas: Canvas, scene: Scene) -> None:
    """Seat the animals and people side by side in front."""
    shown = [*scene.animals, *(["person"] if scene.has("person") else [])]
    foot = canvas.height * _FEET
    tall = min(canvas.unit * 0.56, canvas.height * 0.6) * (1 if len(shown) < 3 else 0.78)  # noqa: PLR2004  three are a crowd
    for place, name in enumerate(shown):
        apart = min(0.58 * tall, canvas.width * 0.8 / len(shown))
        x = canvas.width / 2 + (place - (len(shown) - 1) / 2) * apart + canvas.unit * canvas.chance.uniform(-0.06, 0.06)
        if name == "person":
            paint_person(canvas, (x, foot), tall * 1.1, scene.tint)
        else:
            paint_animal(canvas, name, (x, foot), tall, scene.tint)
