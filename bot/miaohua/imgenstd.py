"""Text to image, image to image, LoRA and ControlNet: the vendor's document, section 二."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from bot.miaohua.answers import Answer
from bot.miaohua.family import Family, Model, read_pages
from bot.miaohua.requests import (
    Flag,
    Format,
    Id,
    ImageUrl,
    NegativePrompt,
    Number,
    Order,
    Prompt,
    Samples,
    Side,
    VendorRequest,
    Watermark,
    Whole,
    refused,
)
from bot.miaohua.tasks import Task

ModelKind = Literal["ALL", "LORA", "Checkpoint"]

ControlNetType = Literal[
    "canny",
    "depth",
    "ip2p",
    "lineart",
    "lineart_anime",
    "mlsd",
    "normal",
    "openpose",
    "scribble",
    "shuffle",
    "softedge",
    "tile",
    "seg",
    "brightness",
    "reference_only",
    "ip_adapter_faceid",
]

PRE_PROCESSORS: Mapping[str, tuple[str, ...]] = {
    "canny": ("canny", "invert", "pass"),
    "openpose": ("openpose", "openpose_face", "openpose_faceonly", "openpose_full", "openpose_hand", "pass"),
    "lineart": ("lineart_coarse", "lineart_realistic", "pass", "lineart_standard"),
    "lineart_anime": ("lineart_anime", "lineart_anime_denoise", "pass"),
    "tile": ("tile_colorfix", "tile_colorfix_sharp", "pass", "tile_resample"),
    "ip_adapter_faceid": ("face_id_plus", "plus_vith"),
}
"""The types that have pre-processors, the default one first. `pass`: the picture is pre-processed already."""


def _one_spelling(value: object) -> object:
    """Spell it as the vendor's requests do; its tables have it both ways."""
    return "lineart_anime" if value == "lineartanime" else value


class ControlNet(VendorRequest):
    """A picture that guides the composition. Which types a base model takes: `Imgenstd.model_controlnets`."""

    type: Annotated[ControlNetType, BeforeValidator(_one_spelling)]
    img_url: ImageUrl
    weight: Number = Field(default=1, gt=0, le=2)
    pre_processor: str | None = None
    guidance_start: Number = Field(default=0, ge=0, le=1)
    guidance_end: Number = Field(default=1, ge=0, le=1)
    canny_low_threshold: Whole = Field(default=100, ge=1, le=255)
    canny_high_threshold: Whole = Field(default=200, ge=1, le=255)
    tile_down_sample_rate: Number = Field(default=1, ge=1, le=8)

    @field_validator("pre_processor")
    @classmethod
    def _of_this_type(cls, value: str, info: ValidationInfo) -> str:
        known = PRE_PROCESSORS.get(info.data.get("type", ""), ())
        if value not in known:
            raise refused(", ".join(known) or "—")
        return value

    @field_validator("guidance_end")
    @classmethod
    def _after_start(cls, value: float, info: ValidationInfo) -> float:
        start = info.data.get("guidance_start", 0)
        if value < start:
            raise refused(f"{start:g}–1")
        return value

    @field_validator("canny_low_threshold", "canny_high_threshold")
    @classmethod
    def _only_canny(cls, value: int, info: ValidationInfo) -> int:
        _refuse_unless("canny", info)
        return value

    @field_validator("tile_down_sample_rate")
    @classmethod
    def _only_tile(cls, value: float, info: ValidationInfo) -> float:
        _refuse_unless("tile", info)
        return value


def _refuse_unless(kind: str, info: ValidationInfo) -> None:
    if info.data.get("type") != kind:
        raise refused(f"type = {kind}")


class Lora(VendorRequest):
    """A fine-tuned model on top of the base model; both must be of one base type."""

    model_id: Id
    merge_weight: Number = Field(default=1, gt=0, lt=2)


class ImageRequest(Order):
    """Pictures from words, and from `img_url` where one is given. Sizes are pixels."""

    model_id: Id
    prompt: Prompt
    neg_prompt: NegativePrompt | None = None
    force_translation: Flag = False
    """True always translates the prompts; false leaves it to the model (V1.0 and V0.6.0 do not translate)."""
    add_prompt: Flag = False
    """Let the vendor enrich the prompt."""
    cfg_scale: Number = Field(default=7, ge=1, le=20)
    samples: Samples = 1
    height: Side = 960
    width: Side = 960
    seed: Whole = Field(default=0, ge=0, lt=99_999_999)
    """0 is random; with n samples the seeds are seed, seed + 1, ..."""
    steps: Whole = Field(default=30, gt=0, le=70)
    format: Format = "JPG"
    img_url: ImageUrl | None = None
    image_strength: Number = Field(default=0.6, ge=0, le=1)
    """The larger, the freer."""
    watermark_config: Watermark | None = None
    controlnet_configs: tuple[ControlNet, ...] = Field(default=(), max_length=3)
    lora_configs: tuple[Lora, ...] = ()


class ControlNetModel(Answer):
    """A ControlNet type that a base model supports; `cn` is what a `ControlNet.type` is."""

    cn: str = Field(min_length=1)
    name: str = ""
    description: str = ""


class Imgenstd(Family[ImageRequest, Task]):
    """The calls of `/v1/imgenstd`."""

    name = "imgenstd"
    reads = Task

    async def models(self, mtp: ModelKind = "ALL") -> tuple[Model, ...]:
        """List base models, LoRAs, or both."""
        return await read_pages(self._api, self._path("models"), Model, mtp=mtp)

    async def model_controlnets(self, model_id: str) -> tuple[ControlNetModel, ...]:
        """List what a base model supports. Asked with a LoRA's id, the vendor answers an error."""
        return await read_pages(self._api, self._path("model_cn", model_id), ControlNetModel)
