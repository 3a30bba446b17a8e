"""What an `imgenstd` order may hold (the vendor's document, section 二.3)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.sandbox.vendor.fields import Format, Name, NotBlank, Prompt, Samples, Share, Side, Strict, Watermarked

Type = Literal[
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

PRE_PROCESSORS: dict[str, tuple[str, ...]] = {
    "canny": ("canny", "invert"),
    "openpose": ("openpose", "openpose_face", "openpose_faceonly", "openpose_full", "openpose_hand"),
    "lineart": ("lineart_coarse", "lineart_realistic", "lineart_standard"),
    "lineart_anime": ("lineart_anime", "lineart_anime_denoise"),
    "tile": ("tile_colorfix", "tile_colorfix_sharp", "tile_resample"),
    "ip_adapter_faceid": ("face_id_plus", "plus_vith"),
}

Threshold = Annotated[int, Field(ge=1, le=255)]


class ControlNetConfig(Strict):
    """One entry of `controlnet_configs`."""

    type: Type
    img_url: Name
    weight: float = Field(default=1, gt=0, le=2)
    pre_processor: str = ""
    guidance_start: Share = 0
    guidance_end: Share = 1
    canny_low_threshold: Threshold = 100
    canny_high_threshold: Threshold = 200
    tile_down_sample_rate: float = Field(default=1, ge=1, le=8)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        allowed = ("", "pass", *PRE_PROCESSORS.get(self.type, ()))
        if self.pre_processor not in allowed:
            raise ValueError(f"pre_processor of {self.type} must be one of {', '.join(allowed[1:])}")
        if self.guidance_start > self.guidance_end:
            raise ValueError("guidance_start must not be greater than guidance_end")
        return self


class LoraConfig(Strict):
    """One entry of `lora_configs`."""

    model_id: Name
    merge_weight: float = Field(default=1, gt=0, lt=2)


class Imgen(Watermarked):
    """The body of `POST /v1/imgenstd/imgen`."""

    model_id: Name
    prompt: Annotated[Prompt, NotBlank]
    neg_prompt: Prompt = ""
    force_translation: bool = False
    add_prompt: bool = False
    cfg_scale: float = Field(default=7, ge=1, le=20)
    samples: Samples = 1
    height: Side = 960
    width: Side = 960
    seed: int = Field(default=0, ge=0, lt=99999999)
    steps: int = Field(default=30, gt=0, le=70)
    format: Format = "JPG"
    img_url: str = ""
    image_strength: Share = 0.6
    controlnet_configs: list[ControlNetConfig] = Field(default=[], max_length=3)
    lora_configs: list[LoraConfig] = Field(default=[])
