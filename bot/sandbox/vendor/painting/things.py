"""What stands or floats in a landscape: trees, houses, boats, balloons, people."""

import math

from bot.sandbox.vendor.painting.canvas import Canvas, shade
from bot.sandbox.vendor.painting.colours import INK, WHITE, Colour, colour, mix
from bot.sandbox.vendor.painting.land import pine
from bot.sandbox.vendor.painting.scene import Scene
from bot.sandbox.vendor.painting.shapes import Point, placed, shape

_WALLS = tuple(map(colour, ("f3e3c7", "e9c9b0", "d9e2e4", "f0d9d2")))
_ROOFS = tuple(map(colour, ("b5483a", "7a4b5a", "44607a", "a3663a")))
_GAY = tuple(map(colour, ("e4572e", "f3a712", "29a19c", "7a5fc9", "e85d88")))
_HAIR = tuple(map(colour, ("2b2430", "5a3a2a", "9c6238", "3b3150")))
_SKIN = tuple(map(colour, ("f6d3b8", "e3b08c", "b97f5c", "8a5a3f")))
_WOOD = colour("6b4630")
_BLOSSOM = colour("f6a9c0")
_MAPLE = colour("d9722e")
_TOUCHES = 46  # of the brush, for a tree's crown

_BALLOON = shape("0,100 78,68 100,0 62,-72 20,-116 -20,-116 -62,-72 -100,0 -78,68")
_MAINSAIL = shape("3,98 34,55 46,16 3,14")
_JIB = shape("-3,86 -24,45 -30,18 -3,14")
_HULL = shape("-52,10 56,10 38,-8 -36,-8")
_GUNWALE = shape("-52,10 56,10 53,6 -49,6")
_ROOF = shape("-51,44 0,86 51,44")
_ROOF_SNOW = shape("-51,44 0,88 51,44 44,44 0,77 -44,44")
_TRUNK = shape("-3,60 3,60 3.5,10 8,0 -8,0 -3.5,10")
_HAIR_BEHIND = shape("-13,78 -17,94 0,102 17,94 13,78 15,60 0,56 -15,60")
_FRINGE = shape("-13,80 -12.5,93 0,98.5 12.5,93 13,80 8,88 -4,88.5")
_COAT = shape("-9,66 9,66 15,42 21,12 0,8 -21,12 -15,42")
_ARM = shape("10,60 17.5,44 16.5,32")


def paint_things(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Paint what the prompt names, further things first."""
    chance, depth = canvas.chance, canvas.height - horizon
    if scene.has("balloon"):
        for size in (0.09, 0.15):
            middle = canvas.width * chance.uniform(0.15, 0.85), horizon * chance.uniform(0.22, 0.5)
            _balloon(canvas, middle, canvas.unit * size, scene.tint or chance.choice(_GAY))
    if scene.has("boat"):
        foot = canvas.width * chance.uniform(0.3, 0.7), horizon + depth * 0.38
        _boat(canvas, foot, canvas.unit * 0.3, scene)
    if scene.has("house"):
        foot = (
            canvas.width * chance.choice((0.24, 0.3, 0.7, 0.76)),
            horizon + depth * (0.74 if scene.has("sea") else 0.5),
        )
        _house(canvas, foot, canvas.unit * 0.3, scene)
    if scene.has("tree"):
        foot = canvas.width * chance.choice((0.2, 0.26, 0.74, 0.8)), horizon + depth * 0.76
        _tree(canvas, foot, canvas.unit * 0.5, scene)


def _balloon(canvas: Canvas, middle: Point, radius: float, body: Colour) -> None:
    x, y = middle
    for narrowing, stripe in ((1.0, body), (0.62, mix(WHITE, body, 0.12)), (0.22, body)):
        canvas.blob(placed(_BALLOON, middle, radius, narrowing), stripe)
    basket = radius * 0.17
    for side in (-1, 1):
        rope = [(x + side * radius * 0.18, y + radius * 1.15), (x + side * basket, y + radius * 1.5)]
        canvas.stroke(rope, radius * 0.025, INK)
    canvas.plate((x - basket, y + radius * 1.48, x + basket, y + radius * 1.74), radius * 0.05, _WOOD)


def _boat(canvas: Canvas, foot: Point, size: float, scene: Scene) -> None:
    x, y = foot
    hull = scene.tint or canvas.chance.choice(_GAY)
    canvas.disc(x, y + size * 0.06, size * 0.62, size * 0.05, shade(scene.palette.water, -0.4), 110)
    canvas.stroke([(x, y), (x, y - size)], size * 0.025, _WOOD)
    canvas.blob(placed(_MAINSAIL, foot, size), mix(WHITE, scene.palette.light, 0.25))
    canvas.blob(placed(_JIB, foot, size), mix(WHITE, hull, 0.25))
    canvas.polygon(placed(_HULL, foot, size), hull)
    canvas.polygon(placed(_GUNWALE, foot, size), mix(WHITE, hull, 0.2))


def _house(canvas: Canvas, foot: Point, size: float, scene: Scene) -> None:
    x, y = foot
    dark = scene.mood in {"night", "dusk"}
    wall = mix(scene.tint or canvas.chance.choice(_WALLS), scene.palette.sky_top, 0.4 if dark else 0.06)
    roof = mix(canvas.chance.choice(_ROOFS), scene.palette.sky_top, 0.3 if dark else 0.0)
    canvas.disc(x, y, size * 0.6, size * 0.05, INK, 60)
    canvas.plate((x + size * 0.17, y - size * 0.86, x + size * 0.28, y - size * 0.46), 0, shade(roof, -0.25))
    canvas.plate((x - size * 0.42, y - size * 0.46, x + size * 0.42, y), 0, wall)
    canvas.polygon(placed(_ROOF, foot, size), roof)
    if scene.has("snow"):
        canvas.polygon(placed(_ROOF_SNOW, foot, size), WHITE)
    canvas.plate((x - size * 0.07, y - size * 0.27, x + size * 0.07, y), size * 0.03, shade(roof, -0.35))
    pane = scene.palette.light if dark else mix(scene.palette.sky_top, WHITE, 0.3)
    for side in (-1, 1):
        middle = x + side * size * 0.25, y - size * 0.27
        if dark:
            canvas.glow(*middle, size * 0.3, scene.palette.light, 0.45)
        _window(canvas, middle, size * 0.08, pane, shade(wall, -0.35))


def _window(canvas: Canvas, middle: Point, half: float, pane: Colour, frame: Colour) -> None:
    x, y = middle
    canvas.plate((x - half, y - half, x + half, y + half), 0, pane)
    canvas.stroke([(x, y - half), (x, y + half)], half * 0.15, frame)
    canvas.stroke([(x - half, y), (x + half, y)], half * 0.15, frame)


def _tree(canvas: Canvas, foot: Point, tall: float, scene: Scene) -> None:
    x, y = foot
    if scene.has("snow", "mountain"):
        pine(canvas, foot, tall, shade(scene.palette.leaves, -0.1), snowed=scene.has("snow"))
        return
    canvas.blob(placed(_TRUNK, foot, tall), mix(_WOOD, scene.palette.land, 0.2))
    crown = _crown(scene)
    for touch in range(_TOUCHES):
        turn, reach = canvas.chance.uniform(0, math.tau), canvas.chance.random() ** 0.6 * tall * 0.26
        radius = tall * canvas.chance.uniform(0.05, 0.1)
        across, up = math.cos(turn) * reach * 1.15, tall * (0.7 + 0.001 * touch) - math.sin(turn) * reach * 0.85
        canvas.disc(x + across, y - up, radius, radius, shade(crown, -0.22 + 0.42 * touch / _TOUCHES))


def _crown(scene: Scene) -> Colour:
    leaves = _BLOSSOM if scene.has("flower") else _MAPLE if scene.has("autumn") else scene.palette.leaves
    return mix(scene.tint, leaves, 0.2) if scene.tint else leaves


def paint_person(canvas: Canvas, foot: Point, tall: float, tint: Colour | None) -> None:
    """Paint a person in a long coat, seen from the front."""
    coat = tint or canvas.chance.choice(_GAY)
    hair, skin = canvas.chance.choice(_HAIR), canvas.chance.choice(_SKIN)

    def at(across: float, up: float) -> Point:
        return foot[0] + across * tall, foot[1] - up * tall

    canvas.disc(*foot, tall * 0.22, tall * 0.03, INK, 70)
    for side in (-1, 1):
        canvas.plate((*at(0.055 * side - 0.03, 0.16), *at(0.055 * side + 0.03, 0.0)), tall * 0.02, shade(hair, -0.3))
    canvas.blob(placed(_HAIR_BEHIND, foot, tall), hair)
    canvas.blob(placed(_COAT, foot, tall), coat)
    for side in (-1, 1):
        canvas.stroke(placed(_ARM, foot, tall, side), tall * 0.062, shade(coat, -0.14))
        canvas.disc(*at(0.165 * side, 0.3), tall * 0.03, tall * 0.03, skin)
    canvas.disc(*at(0, 0.81), tall * 0.118, tall * 0.128, skin)
    canvas.blob(placed(_FRINGE, foot, tall), hair)
    canvas.plate((*at(-0.1, 0.69), *at(0.1, 0.635)), tall * 0.028, mix(WHITE, coat, 0.35))
    for side in (-1, 1):
        canvas.disc(*at(0.045 * side, 0.8), tall * 0.012, tall * 0.016, INK)
        canvas.disc(*at(0.075 * side, 0.765), tall * 0.02, tall * 0.013, mix(skin, (255, 90, 90), 0.3))
    canvas.pencil.arc((*at(-0.025, 0.775), *at(0.025, 0.745)), 20, 160, INK, max(1, round(tall * 0.008)))
