"""What falls between the viewer and the scene."""

from bot.sandbox.vendor.painting.canvas import Canvas
from bot.sandbox.vendor.painting.colours import WHITE, mix
from bot.sandbox.vendor.painting.scene import Scene


def paint_weather(canvas: Canvas, scene: Scene) -> None:
    """Let it snow, rain, or drop leaves."""
    if scene.has("snow"):
        for _ in range(round(170 * scene.detail)):
            x, y = canvas.chance.random() * canvas.width, canvas.chance.random() * canvas.height
            radius = canvas.unit * (0.0015 + 0.006 * canvas.chance.random() ** 3)
            canvas.disc(x, y, radius, radius, WHITE, canvas.chance.randint(120, 235))
    if scene.has("rain"):
        tint = mix(scene.palette.sky_low, WHITE, 0.5)
        for _ in range(round(220 * scene.detail)):
            x, y = canvas.chance.random() * canvas.width * 1.1, canvas.chance.random() * canvas.height
            long = canvas.unit * canvas.chance.uniform(0.02, 0.05)
            canvas.stroke([(x, y), (x - long * 0.28, y + long)], canvas.unit * 0.0016, tint, 120)
    if scene.has("autumn"):
        for _ in range(round(34 * scene.detail)):
            x, y = canvas.chance.random() * canvas.width, canvas.chance.random() * canvas.height
            size = canvas.unit * canvas.chance.uniform(0.006, 0.014)
            tint = canvas.chance.choice(((217, 114, 46), (194, 69, 45), (227, 164, 58)))
            lean = canvas.chance.uniform(-1, 1) * size
            canvas.blob([(x - size, y + lean), (x, y - size * 0.6), (x + size, y - lean), (x, y + size * 0.6)], tint)
