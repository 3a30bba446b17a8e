"""Landscapes, from the horizon to the feet of the viewer."""

from bot.sandbox.vendor.painting.canvas import Canvas, shade
from bot.sandbox.vendor.painting.colours import WHITE, Colour, colour, mix
from bot.sandbox.vendor.painting.scene import Scene
from bot.sandbox.vendor.painting.shapes import Point

_SAND = colour("e7bd7c")
_NIGHT_SHADE = {"night": 0.6, "dusk": 0.4}  # how far the sky darkens what lies below
_AUTUMN = (colour("d9722e"), colour("c2452d"), colour("e3a43a"), colour("9c5a2c"))
_PETALS = tuple(colour(code) for code in ("f26d7d", "f7b733", "fff1e6", "b28dff", "ff8fab", "ffd166"))


def paint_land(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Paint the land: far ridges first, then what the scene is of, then the ground in front."""
    palette = scene.palette
    if scene.has("mountain"):
        _mountains(canvas, scene, horizon)
    else:
        for step in range(2):
            tint = mix(palette.far, palette.sky_low, 0.45 - 0.3 * step)
            canvas.ground(canvas.crest(horizon * (1.0 + 0.04 * step), canvas.unit * 0.12, 0.5, 60), tint)
    if scene.has("city"):
        _city(canvas, scene, horizon)
    if scene.has("sea"):
        _sea(canvas, scene, horizon)
    elif scene.has("desert"):
        _dunes(canvas, scene, horizon)
    else:
        _meadows(canvas, scene, horizon)


def _mountains(canvas: Canvas, scene: Scene, horizon: float) -> None:
    palette = scene.palette
    for step in range(3):
        tint = mix(palette.far, mix(palette.sky_low, palette.land, step * 0.3), 0.42 - 0.12 * step)
        base = horizon * (1.02 + 0.03 * step)
        for _ in range(3 + step):
            x = canvas.chance.random() * canvas.width
            tall = canvas.unit * canvas.chance.uniform(0.24, 0.4) * (1 - 0.24 * step)
            _peak(canvas, (x, base - tall), base, tint, snowed=step < 2 or scene.has("snow"))  # noqa: PLR2004  the far two
        canvas.mist(palette.sky_low, base - canvas.unit * 0.12, base, 0.3)


def _peak(canvas: Canvas, top: Point, base: float, tint: Colour, *, snowed: bool) -> None:
    """Draw a mountain with a lit and a shaded side, and a jagged cap."""
    x, y = top
    tall, foot = base - y, base + (base - y) * 0.2
    left, right = tall * canvas.chance.uniform(0.8, 1.2), tall * canvas.chance.uniform(0.8, 1.2)
    fold = x + tall * canvas.chance.uniform(-0.12, 0.12)
    canvas.polygon([(x - left, foot), top, (x + right, foot)], tint)
    shaded = [top, (fold, y + tall * 0.55), (x + tall * 0.2, foot), (x + right, foot)]
    canvas.polygon(shaded, shade(tint, -0.16))
    if snowed:
        _cap(canvas, top, tall * canvas.chance.uniform(0.24, 0.34), (left / tall, right / tall), tint)


def _cap(canvas: Canvas, top: Point, deep: float, slopes: tuple[float, float], tint: Colour) -> None:
    """Lay snow on a peak, its lower edge in teeth."""
    left, right = (slope / 1.2 * deep for slope in slopes)
    teeth = ((-left, 0.0), (-left * 0.55, -0.22), (-left * 0.3, 0.16), (right * 0.08, -0.2), (right * 0.4, 0.1))
    ends = ((right * 0.6, -0.2), (right, 0.0))
    edge = [(top[0] + across, top[1] + deep * (1 + down)) for across, down in (*teeth, *ends)]
    lit = mix(WHITE, tint, 0.12)
    canvas.polygon([top, *edge], lit)
    canvas.polygon([top, *edge[3:]], mix(lit, tint, 0.35))


def _city(canvas: Canvas, scene: Scene, horizon: float) -> None:
    palette = scene.palette
    dark = scene.mood in {"night", "dusk"}
    for step in range(3):
        tint = mix(palette.far, mix(palette.land, (24, 28, 54), 0.55 if dark else 0.15), 0.2 + 0.32 * step)
        x = -canvas.unit * 0.05
        while x < canvas.width:
            wide = canvas.unit * canvas.chance.uniform(0.055, 0.12)
            tall = canvas.unit * canvas.chance.uniform(0.14, 0.42) * (1.12 - 0.25 * step)
            _tower(canvas, (x, horizon * 1.1 - tall), wide, tall + canvas.unit * 0.1, tint)
            _windows(canvas, (x, horizon * 1.1 - tall), wide, tall, palette.light, lit=dark, density=scene.detail)
            x += wide * canvas.chance.uniform(0.95, 1.25 + 0.2 * step)
        canvas.mist(palette.sky_low, horizon * 0.85, horizon * 1.12, 0.22)


def _tower(canvas: Canvas, corner: Point, wide: float, tall: float, tint: Colour) -> None:
    x, y = corner
    canvas.pencil.rectangle((x, y, x + wide, y + tall), tint)
    canvas.pencil.rectangle((x + wide * 0.72, y, x + wide, y + tall), shade(tint, -0.14))
    roof = canvas.chance.randrange(4)
    if roof == 0:
        canvas.stroke([(x + wide / 2, y), (x + wide / 2, y - tall * 0.12)], wide * 0.06, tint)
    elif roof == 1:
        canvas.polygon([(x, y), (x + wide / 2, y - wide * 0.5), (x + wide, y)], tint)
    elif roof == 2:  # noqa: PLR2004  the third kind of roof
        canvas.pencil.rectangle((x + wide * 0.2, y - wide * 0.18, x + wide * 0.8, y), tint)


def _windows(
    canvas: Canvas, corner: Point, wide: float, tall: float, light: Colour, *, lit: bool, density: float
) -> None:
    x, y = corner
    columns, rows = 4, max(2, round(tall / (wide * 0.24)))
    side = wide / (columns * 1.7)
    for column in range(columns):
        for row in range(1, rows):
            if canvas.chance.random() > (0.42 if lit else 0.5) * density:
                continue
            left, top = x + wide * (column + 0.35) / (columns + 0.1), y + tall * row / rows
            tint = (*light, canvas.chance.randint(150, 255)) if lit else (255, 255, 255, 60)
            canvas.pencil.rectangle((left, top, left + side, top + side * 1.25), tint)


def _sea(canvas: Canvas, scene: Scene, horizon: float) -> None:
    palette = scene.palette
    top = horizon * 1.06
    stops = mix(palette.water, palette.sky_low, 0.55), palette.water, shade(palette.water, -0.3)
    canvas.wash(stops, top, canvas.height)
    for _ in range(round(130 * scene.detail)):
        depth = canvas.chance.random() ** 1.6
        x, y = canvas.chance.random() * canvas.width, top + (canvas.height - top) * depth
        long = canvas.unit * (0.02 + 0.1 * depth) * canvas.chance.uniform(0.5, 1.4)
        tint = mix(palette.light, palette.sky_low, canvas.chance.random())
        canvas.pencil.rounded_rectangle((x, y, x + long, y + canvas.unit * (0.0012 + 0.004 * depth)), 3, (*tint, 110))
    if scene.stands:
        _shore(canvas, scene, horizon)


def _shore(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Lay ground in front of the water, for those who stand."""
    sand = mix(_SAND, scene.palette.sky_top, _NIGHT_SHADE.get(scene.mood, 0.08))
    ground = scene.palette.land if scene.has("snow", "mountain") else sand
    crest = canvas.crest(horizon + (canvas.height - horizon) * 0.62, canvas.unit * 0.05, 0.3, 60)
    canvas.ground([(x, y - canvas.unit * 0.008) for x, y in crest], mix(ground, WHITE, 0.5))
    canvas.ground(crest, ground, shade(ground, -0.2))


def _dunes(canvas: Canvas, scene: Scene, horizon: float) -> None:
    sand = mix(_SAND, scene.palette.sky_top, _NIGHT_SHADE.get(scene.mood, 0.1))
    for step in range(4):
        tint = mix(mix(sand, scene.palette.sky_low, 0.35 - 0.1 * step), shade(sand, -0.3), step * 0.16)
        base = horizon * 1.08 + (canvas.height - horizon) * 0.22 * step
        canvas.ground(canvas.crest(base, canvas.unit * 0.16, 0.3, 70), tint, shade(tint, -0.2))


def _meadows(canvas: Canvas, scene: Scene, horizon: float) -> None:
    palette = scene.palette
    for step in range(3):
        tint = mix(mix(palette.far, palette.land, 0.45 + 0.25 * step), palette.sky_low, 0.18 - 0.09 * step)
        base = horizon * 1.1 + (canvas.height - horizon) * 0.2 * step
        crest = canvas.crest(base, canvas.unit * 0.1, 0.35, 70)
        if scene.has("forest"):
            leaves = mix(palette.leaves, palette.far, 0.55 - 0.25 * step)
            _woods(canvas, scene, crest, canvas.unit * (0.15 + 0.07 * step), leaves)
        canvas.ground(crest, tint, shade(tint, -0.22))
    if scene.has("flower", "meadow") and not scene.has("snow"):
        _flowers(canvas, scene, horizon * 1.12)


def _woods(canvas: Canvas, scene: Scene, crest: list[Point], tall: float, tint: Colour) -> None:
    count = round(26 * scene.detail * canvas.width / canvas.height)
    for _ in range(count):
        x, y = canvas.chance.choice(crest)
        x += canvas.chance.uniform(-0.02, 0.02) * canvas.unit
        leaves = mix(canvas.chance.choice(_AUTUMN), tint, 0.3) if scene.has("autumn") else tint
        height, shading = tall * canvas.chance.uniform(0.7, 1.25), canvas.chance.uniform(-0.12, 0.1)
        pine(canvas, (x, y + tall * 0.12), height, shade(leaves, shading), snowed=scene.has("snow"))


def pine(canvas: Canvas, foot: Point, tall: float, tint: Colour, *, snowed: bool) -> None:
    """Draw a fir tree that stands on a point."""
    x, y = foot
    canvas.pencil.rectangle((x - tall * 0.025, y - tall * 0.2, x + tall * 0.025, y), shade(tint, -0.45))
    for low, high, wide in ((0.12, 0.55, 0.25), (0.34, 0.78, 0.2), (0.56, 1.0, 0.14)):
        half, top, bottom = tall * wide, y - tall * high, y - tall * low
        canvas.polygon([(x - half, bottom), (x, top), (x + half, bottom)], tint)
        canvas.polygon([(x, top), (x + half, bottom), (x, bottom)], shade(tint, -0.14))
        if snowed:
            edge = top + tall * 0.19
            canvas.polygon(
                [(x - half * 0.45, edge), (x, top), (x + half * 0.45, edge), (x, top + tall * 0.13)], WHITE, 225
            )


def _flowers(canvas: Canvas, scene: Scene, top: float) -> None:
    tints = (scene.tint, shade(scene.tint, 0.3), WHITE) if scene.tint else _PETALS
    count = round((120 if scene.has("flower") else 60) * scene.detail)
    spots = sorted(canvas.chance.random() ** 0.8 for _ in range(count))
    for depth in spots:
        x, y = canvas.chance.random() * canvas.width, top + (canvas.height - top) * (0.15 + 0.85 * depth)
        size = canvas.unit * (0.004 + 0.016 * depth)
        tint = mix(canvas.chance.choice(tints), scene.palette.sky_top, 0.4 if scene.mood == "night" else 0.05)
        canvas.stroke([(x, y), (x + size * 0.3, y + size * 2.6)], size * 0.28, shade(scene.palette.leaves, -0.1))
        for across, down in ((0, -1), (0.95, -0.3), (0.6, 0.8), (-0.6, 0.8), (-0.95, -0.3)):
            canvas.disc(x + size * across * 0.6, y + size * down * 0.6, size * 0.55, size * 0.55, tint)
        canvas.disc(x, y, size * 0.38, size * 0.38, mix(scene.palette.light, (240, 180, 40), 0.5))
