"""Everything above the horizon."""

import colorsys
import math

from bot.sandbox.vendor.painting.canvas import Canvas, shade
from bot.sandbox.vendor.painting.colours import WHITE, Colour, colour, mix
from bot.sandbox.vendor.painting.scene import Scene

_AURORA = (colour("4be3a4"), colour("58c9e8"), colour("9a6bf0"))


def paint_sky(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Paint the sky down to the horizon, and the lights in it."""
    palette = scene.palette
    middle = mix(palette.sky_top, palette.sky_low, 0.45)
    canvas.wash((palette.sky_top, middle, palette.sky_low), 0, horizon * 1.12)
    if scene.has("stars"):
        _stars(canvas, scene, horizon)
    if scene.has("aurora"):
        _aurora(canvas, horizon)
    if scene.has("rainbow"):
        _rainbow(canvas, horizon)
    if scene.has("moon"):
        _moon(canvas, scene, horizon)
    elif scene.has("sun"):
        _sun(canvas, scene, horizon)
    if scene.has("clouds"):
        _clouds(canvas, scene, horizon)
    if scene.has("birds"):
        _birds(canvas, scene, horizon)


def _stars(canvas: Canvas, scene: Scene, horizon: float) -> None:
    for _ in range(round(150 * scene.detail)):
        x, y = canvas.chance.random() * canvas.width, canvas.chance.random() ** 1.4 * horizon
        radius = canvas.unit * canvas.chance.choice((0.0009, 0.0012, 0.0018, 0.0028))
        canvas.disc(x, y, radius, radius, WHITE, canvas.chance.randint(110, 240))


def _place(canvas: Canvas) -> float:
    """Choose a side for the great light, clear of the middle."""
    side = canvas.chance.choice(((0.14, 0.32), (0.68, 0.86)))
    return canvas.width * canvas.chance.uniform(*side)


def _sun(canvas: Canvas, scene: Scene, horizon: float) -> None:
    low = scene.mood in {"dusk", "dawn"}
    x = _place(canvas)
    y = horizon * (canvas.chance.uniform(0.68, 0.84) if low else canvas.chance.uniform(0.2, 0.36))
    radius = canvas.unit * (0.085 if low else 0.062)
    light = scene.palette.light
    canvas.glow(x, y, radius * 7, light, 0.75)
    canvas.disc(x, y, radius * 1.35, radius * 1.35, light, 60)
    canvas.disc(x, y, radius, radius, mix(light, WHITE, 0.35))


def _moon(canvas: Canvas, scene: Scene, horizon: float) -> None:
    x, y = _place(canvas), horizon * canvas.chance.uniform(0.2, 0.4)
    radius = canvas.unit * canvas.chance.uniform(0.055, 0.08)
    light = scene.palette.light
    canvas.glow(x, y, radius * 6, light, 0.5)
    canvas.disc(x, y, radius, radius, light)
    for across, down, size in ((-0.35, -0.2, 0.2), (0.3, 0.25, 0.26), (0.25, -0.45, 0.13), (-0.25, 0.5, 0.12)):
        spot = radius * size
        canvas.disc(x + radius * across, y + radius * down, spot, spot, mix(light, scene.palette.sky_low, 0.28))


def _aurora(canvas: Canvas, horizon: float) -> None:
    for tint in _AURORA:
        phase, base = canvas.chance.uniform(0, math.tau), horizon * canvas.chance.uniform(0.35, 0.6)
        columns = 90
        for column in range(columns):
            share = column / columns
            foot = base + horizon * 0.12 * math.sin(share * 5 + phase)
            tall = horizon * (0.28 + 0.12 * math.sin(share * 13 + phase * 2))
            left, right = share * canvas.width, (column + 1) / columns * canvas.width - 1
            for part in range(6):
                top = foot - tall * (part + 1) / 6
                canvas.pencil.rectangle((left, top, right, foot - tall * part / 6), (*tint, 34 - part * 5))


def _rainbow(canvas: Canvas, horizon: float) -> None:
    x, radius, band = canvas.width * canvas.chance.uniform(0.35, 0.65), horizon * 0.9, canvas.unit * 0.016
    for step in range(7):
        red, green, blue = colorsys.hsv_to_rgb(step / 8.5, 0.6, 1)
        outer = radius - step * band
        box = (x - outer * 1.1, horizon * 1.05 - outer, x + outer * 1.1, horizon * 1.05 + outer)
        tint = (round(red * 255), round(green * 255), round(blue * 255), 130)
        canvas.pencil.arc(box, 180, 360, tint, round(band * 1.05))


def _clouds(canvas: Canvas, scene: Scene, horizon: float) -> None:
    stormy = scene.has("rain")
    body = mix(WHITE, scene.palette.sky_low, 0.25) if not stormy else mix(scene.palette.sky_top, WHITE, 0.3)
    for _ in range(round((7 if stormy else 4) * scene.detail)):
        x, y = canvas.chance.random() * canvas.width, horizon * canvas.chance.uniform(0.08, 0.5)
        _cloud(canvas, x, y, canvas.unit * canvas.chance.uniform(0.05, 0.1), body)


def _cloud(canvas: Canvas, x: float, y: float, size: float, tint: Colour) -> None:
    for body, sink in ((shade(tint, -0.1), 0.14), (tint, 0.0)):
        for across, radius in ((-1.5, 0.45), (-0.8, 0.75), (0.1, 1.0), (0.95, 0.7), (1.6, 0.42)):
            top, floor = y - size * radius * 1.3 + size * sink, y + size * sink
            left, right = x + size * (across - radius), x + size * (across + radius)
            canvas.pencil.pieslice((left, top, right, 2 * floor - top), 180, 360, body)


def _birds(canvas: Canvas, scene: Scene, horizon: float) -> None:
    tint = mix(scene.palette.far, (20, 22, 40), 0.6)
    x, y = canvas.width * canvas.chance.uniform(0.3, 0.7), horizon * canvas.chance.uniform(0.25, 0.5)
    for _ in range(round(6 * scene.detail) + 2):
        left, top = (
            x + canvas.unit * canvas.chance.uniform(-0.2, 0.2),
            y + canvas.unit * canvas.chance.uniform(-0.1, 0.1),
        )
        span = canvas.unit * canvas.chance.uniform(0.012, 0.024)
        for side in (-1, 1):
            box = (left + min(0, side * span * 2), top, left + max(0, side * span * 2), top + span * 1.4)
            canvas.pencil.arc(box, 190, 350, (*tint, 255), max(1, round(span * 0.22)))
