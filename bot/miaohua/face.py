"""Faces found, and swapped (the vendor's document, section 三).

A swap needs to know which face of which picture: faces are numbered by detection.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, TypeAdapter, field_validator, model_validator

from bot.miaohua.answers import Answer, numbered
from bot.miaohua.family import Family
from bot.miaohua.requests import Format, Id, ImageUrl, Number, Order, VendorRequest, Watermark, Whole, at_most
from bot.miaohua.tasks import Image, State, Task

FaceKind = Literal["normal", "anime"]

SWAP_MODELS: Mapping[FaceKind, str] = {"normal": "faceswap_v1", "anime": "faceswap_yw"}
"""The model that swaps faces which a kind of detection has found."""

MAX_PROMPT = 1000

_BOX = TypeAdapter(tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat])


class DetectRequest(Order):
    """Find the faces in a picture."""

    action = "detect"

    img_url: ImageUrl
    type: FaceKind = "normal"


class BaseImage(VendorRequest):
    """The picture whose faces are replaced."""

    url: ImageUrl


class ReferenceFace(VendorRequest):
    """Face `index` of the picture at `url`, put in the place of face `base_index` of the base picture."""

    url: ImageUrl
    index: Whole = Field(ge=0)
    base_index: Whole = Field(ge=0)


class SwapRequest(Order):
    """Replace up to four faces of a picture."""

    action = "imggen"

    model_id: Id
    base_img: BaseImage
    faces: tuple[ReferenceFace, ...] = Field(min_length=1, max_length=4)
    dino_scale: Number = Field(default=0.2, ge=0, le=1)
    """The larger, the more like the reference; the vendor advises against more than 0.4."""
    guidance_scale: Whole = Field(default=30, ge=10, le=100)
    """The smaller, the more like the reference."""
    prompt: Annotated[str, at_most(MAX_PROMPT)] | None = None
    format: Format = "JPG"
    watermark_config: Watermark | None = None


class Face(Answer):
    """A face and the box around it, in pixels from the picture's top left corner."""

    index: int = Field(ge=0)
    left: float
    top: float
    right: float
    bottom: float

    @model_validator(mode="before")
    @classmethod
    def _from_coords(cls, data: object) -> object:
        if not isinstance(data, dict) or "coords" not in data:
            return data
        x1, y1, x2, y2 = _BOX.validate_python(_corners(data["coords"]))
        box = {"left": min(x1, x2), "top": min(y1, y2), "right": max(x1, x2), "bottom": max(y1, y2)}
        return {"index": data.get("index"), **box}


class Detection(Answer):
    """How far a detection is, and what it has found. `state` is 0 while it runs, and 1 when it is done."""

    state: int = Field(ge=0, le=1)
    faces: tuple[Face, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing will change any more."""
        return self.state == 1

    @field_validator("faces", mode="before")
    @classmethod
    def _readable_ones(cls, faces: object) -> object:
        items = numbered(faces)
        return tuple(Face.read_each(items)) if isinstance(items, list) else items


class FaceSwap(Family[SwapRequest, Task]):
    """The calls of `/v1/face`. Swaps are read as tasks with one picture."""

    name = "face"
    reads = Task

    async def detect(self, request: DetectRequest) -> str:
        """Start a detection and return its id."""
        return await self._start(request)

    async def detection(self, task_id: str) -> Detection:
        """Ask about a detection."""
        return Detection.read(_bare(await self._api.call("GET", self._path("detect", task_id))))

    async def detections(self, task_ids: Iterable[str]) -> dict[str, Detection]:
        """Ask about at most 50 detections, one by one. One that fails is left out."""
        return await self._one_by_one(task_ids, self.detection)

    async def result(self, task_id: str) -> Task:
        """Ask about one swap. One that is done and has no picture has failed."""
        swap = _Swap.read(_bare(await self._api.call("GET", self._path("imggen", task_id))))
        if not swap.state:
            return Task(task_id=task_id, state=State.RUNNING)
        if not swap.image.url:
            return Task(task_id=task_id, state=State.FAILED, state_message="done without a picture")
        return Task(task_id=task_id, state=State.SUCCESS, images=(swap.image,))

    async def results(self, task_ids: Iterable[str]) -> dict[str, Task]:
        """Ask about at most 50 swaps, one by one: the vendor has no batches here. One that fails is left out."""
        return await self._one_by_one(task_ids, self.result)

    async def imggen_sync(self, request: SwapRequest) -> Image:
        """Order a swap and wait for it in one call; the picture's `url` is empty where it failed.

        This costs: see `Unanswered` before repeating it.
        """
        answer = await self._api.call("POST", self._path("imggen_sync"), json=request.payload())
        return _Swap.read(_bare(answer)).image


class _Swap(Answer):
    state: int = Field(ge=0, le=1)
    img_url: str = ""
    img_raw_url: str = ""

    @property
    def image(self) -> Image:
        return Image(small=self.img_url, raw=self.img_raw_url)


def _bare(answer: dict[str, Any]) -> dict[str, Any]:
    """Take an answer out of the `task` in which it may come."""
    task = answer.get("task")
    return task if isinstance(task, dict) else answer


def _corners(coords: object) -> list[object]:
    """List x and y of two opposite corners, in whichever way they are written: the document has no example."""
    match coords:
        case {"left": x1, "top": y1, "right": x2, "bottom": y2} | {"x1": x1, "y1": y1, "x2": x2, "y2": y2}:
            return [x1, y1, x2, y2]
        case [x1, y1, x2, y2]:
            return [x1, y1, x2, y2]
        case [first, second]:
            return [*_point(first), *_point(second)]
        case dict():
            return _named_corners({"".join(filter(str.isalpha, name.lower())): point for name, point in coords.items()})
    return []


def _named_corners(points: Mapping[str, object]) -> list[object]:
    match points:
        case {"topleft": first, "bottomright": second} | {"lefttop": first, "rightbottom": second}:
            return [*_point(first), *_point(second)]
    return []


def _point(point: object) -> list[object]:
    match point:
        case [x, y] | {"x": x, "y": y}:
            return [x, y]
    return []
