"""A customer of the stand-in: puts pictures on the web, orders, waits, and fetches what comes."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from PIL import Image, ImageChops, ImageDraw, ImageStat

from bot.sandbox.vendor.painting.people import draw_people

HOST = "http://127.0.0.1:9"

# By field: what is accepted, and what is refused.
Table = dict[str, tuple[list[Any], list[Any]]]


@dataclass
class Customer:
    api: httpx.AsyncClient
    clock: Any
    web: dict[str, bytes]

    def put(self, name: str, picture: Image.Image, kind: str = "PNG", **options: Any) -> str:
        """Publish a picture; return its address."""
        self.web[f"/{name}"] = encoded(picture, kind, **options)
        return f"{HOST}/{name}"

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self.api.post(f"/v1/{path}", json=body)

    async def get(self, path: str, body: object = None) -> Any:
        answer = await self.api.request("GET", f"/v1/{path}", json=body)
        return answer.json()

    async def order(self, path: str, body: dict[str, Any]) -> str:
        """Order something; return the task's id."""
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        task_id: str = answer.json()["task_id"]
        return task_id

    async def ordered(self, path: str, body: dict[str, Any], size: str = "raw") -> list[Image.Image]:
        """Order, wait, and fetch the pictures."""
        task_id = await self.order(path, body)
        self.clock.now += 100
        task = await self.get(f"{path.split('/', maxsplit=1)[0]}/result/{task_id}")
        assert task["state"] == "SUCCESS"
        return [await self.fetch(image[size]) for image in task["images"]]

    async def fetch(self, url: str) -> Image.Image:
        answer = await self.api.get(url)
        assert answer.status_code == 200, answer.text
        with Image.open(io.BytesIO(answer.content)) as picture:
            picture.load()
            return picture

    async def check_accepted(self, path: str, body: dict[str, Any], values: list[dict[str, Any]]) -> None:
        for fields in values:
            answer = await self.post(path, {**body, **fields})
            assert answer.status_code == 200, (fields, answer.text)

    async def check_refused(self, path: str, body: dict[str, Any], values: list[dict[str, Any]], code: int = 3) -> None:
        for fields in values:
            answer = await self.post(path, {**body, **fields})
            assert answer.status_code >= 400, fields
            assert answer.json()["error"]["code"] == code, (fields, answer.text)
        assert not (await self.api.get("/sandbox/orders")).json()

    async def check_table(self, path: str, body: dict[str, Any], table: Table, field: str) -> None:
        """Try one row: what is refused leaves no task, and the answer names the field."""
        accepted, refused = table[field]
        await self.check_refused(path, body, [{field: value} for value in refused])
        for value in refused:
            assert field in (await self.post(path, {**body, field: value})).json()["error"]["message"]
        await self.check_accepted(path, body, [{field: value} for value in accepted])

    async def check_required(self, path: str, body: dict[str, Any], fields: list[str]) -> None:
        for field in fields:
            answer = await self.post(path, {name: value for name, value in body.items() if name != field})
            assert answer.json()["error"]["code"] == 3, field
            assert field in answer.json()["error"]["message"]


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return held.getvalue()


def scenery(width: int = 320, height: int = 320) -> Image.Image:
    """A blue sky over a green meadow, and a red ball between."""
    picture = Image.new("RGB", (width, height), (120, 180, 230))
    picture.paste((90, 160, 80), (0, height * 2 // 3, width, height))
    ImageDraw.Draw(picture).ellipse(ball_box(width, height), (210, 50, 50))
    return picture


def ball_box(width: int, height: int) -> tuple[int, int, int, int]:
    return width * 3 // 8, height * 3 // 8, width * 5 // 8, height * 5 // 8


def mask_of(
    width: int = 320, height: int = 320, box: tuple[int, int, int, int] | None = None, margin: int = 6
) -> Image.Image:
    """White, and black where the ball is with a margin, or a box."""
    mask = Image.new("RGB", (width, height), "white")
    pencil = ImageDraw.Draw(mask)
    if box:
        pencil.rectangle(box, "black")
    else:
        left, top, right, bottom = ball_box(width, height)
        pencil.ellipse((left - margin, top - margin, right + margin, bottom + margin), "black")
    return mask


def apart(one: Image.Image, other: Image.Image, where: Image.Image | None = None) -> float:
    """Mean difference in levels, of the pixels that an L mask names."""
    found: list[float] = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")), where).mean
    return max(found)


def most_apart(one: Image.Image, other: Image.Image, where: Image.Image) -> int:
    """Greatest difference in levels among the pixels that an L mask names."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    difference.paste(0, (0, 0), ImageChops.invert(where))
    return max(high for _, high in difference.getextrema())  # type: ignore[misc]  # RGB has a pair a channel


def colour_at(picture: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    red, green, blue = picture.convert("RGB").crop((x, y, x + 1, y + 1)).tobytes()
    return red, green, blue


def mean_colour(picture: Image.Image) -> tuple[int, int, int]:
    return colour_at(picture.convert("RGB").resize((1, 1), Image.Resampling.BOX), 0, 0)


def usual_list(answer: Any) -> list[str]:
    """The ids of a list of models that are all on one page."""
    assert answer["have_next"] is False
    assert all(model["name"] and model["description"] for model in answer["data"])
    return [model["id"] for model in answer["data"]]


@cache
def people(count: int, size: tuple[int, int], *, anime: bool = False, seed: int = 0) -> Image.Image:
    """The stand-in's people, drawn once; not to be painted on."""
    return draw_people(count, anime=anime, size=size, seed=seed)
