"""The models of `imgenstd` and what each can do (the vendor's document, section 二.3, remarks)."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.vendor.errors import NOT_FOUND, Refused
from bot.sandbox.vendor.painting.looks import Look

ModelType = Literal["Checkpoint", "LORA"]

# Type: (name, description).
CONTROLNETS: Mapping[str, tuple[str, str]] = {
    "openpose": ("姿势控制", "提取人物的骨骼姿态,生成一幅相同姿势的图片。Keeps a person's pose."),
    "depth": ("深度控制", "保留深度图中的结构和层次细节。Keeps what is near and what is far."),
    "canny": ("边缘控制", "提取线稿,保留线稿中的设计细节。Keeps the outlines."),
    "softedge": ("柔性边缘控制", "会忽略一些次要细节,变化更大。Keeps soft outlines."),
    "normal": ("法线控制", "保留参考图中的一些三维信息。Keeps the relief of surfaces."),
    "scribble": ("涂鸦", "提取大致轮廓,再结合文本进行着色。Paints over a rough sketch."),
    "seg": ("语义分割", "分割画面内容,再结合文本进行重绘。Keeps which area is what."),
}
_ALL_CONTROLNETS = tuple(CONTROLNETS)


@dataclass(frozen=True, slots=True)
class Model:
    """A base model or a LoRA, and what the service lets it do."""

    id: str
    name: str
    description: str
    base_model_type: str
    model_type: ModelType = "Checkpoint"
    trigger_words: str = ""
    image_to_image: bool = False
    loras: bool = False
    controlnets: tuple[str, ...] = ()
    look: Look | None = None  # what a LoRA does to a picture

    def answer(self) -> dict[str, Any]:
        """Phrase it as the list of models does."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "base_model_type": self.base_model_type,
            "model_type": self.model_type,
            "trigger_words": self.trigger_words,
        }


def _lora(model_id: str, name: str, description: str, base: str, words: str, look: Look) -> Model:
    return Model(model_id, name, description, base, "LORA", words, look=look)


_MODELS = (
    Model(
        "cr0v1k3d0d02r73haq10", "秒画 V1.0", "理解力最强,擅长写实与中文语境。Understands long prompts best.", "MH-V1.0"
    ),
    Model(
        "cq9m05td0d02r73hb0g0",
        "秒画 0.5.0",
        "质感细腻,支持图生图。Fine texture; image to image.",
        "MH-0.5",
        image_to_image=True,
    ),
    Model("cqa05fbd0d02r73hb1a0", "秒画 0.5.0 极速版", "6 步出图。Six steps a picture.", "MH-0.5"),
    Model(
        "cq71d1kq0d02r73hadf0",
        "秒画 0.4.0",
        "支持图生图、LoRA 与七种控制。Image to image, LoRA and ControlNet.",
        "MH-0.4",
        image_to_image=True,
        loras=True,
        controlnets=_ALL_CONTROLNETS,
    ),
    Model(
        "cq7fast0d02r73hadg00",
        "秒画 0.4.0 极速版",
        "5 步出图,支持七种控制。Five steps a picture; ControlNet.",
        "MH-0.4",
        controlnets=_ALL_CONTROLNETS,
    ),
    _lora(
        "ctdaev4vgbeka9k7dq2g", "水墨 Ink wash", "留白与墨色。Ink on rice paper.", "MH-0.4", "shuimo, ink wash", "ink"
    ),
    _lora(
        "ctdaf0cvgbeka9k7dq30", "水彩 Watercolour", "湿画法的晕染。Wet paint on paper.", "MH-0.4", "watercolor", "water"
    ),
    _lora("ctdaf5kvgbeka9k7dq3g", "像素 Pixel art", "八位机风格。Like an old game.", "MH-0.4", "pixel art", "pixel"),
    _lora(
        "ctdafasvgbeka9k7dq40", "霓虹 Neon night", "赛博朋克灯光。Cyberpunk light.", "MH-0.4", "neon, cyberpunk", "neon"
    ),
    _lora("ctdafg4vgbeka9k7dq4g", "胶片 Warm film", "暖色老胶片。Warm old film stock.", "MH-0.4", "film grain", "film"),
    _lora(
        "ctdb1hkvgbeka9k7dq50", "漫画 Halftone comic", "网点与粗线。Dots and bold lines.", "MH-0.5", "comic", "comic"
    ),
    _lora(
        "ctdb1msvgbeka9k7dq5g", "剪纸 Paper cut", "层层彩纸。Layers of coloured paper.", "MH-0.5", "papercut", "paper"
    ),
)

MODELS: Mapping[str, Model] = {model.id: model for model in _MODELS}
MOST_TRAINED = 100


class Catalogue:
    """The models that are always there, and the last hundred LoRAs that were trained, each from a moment on."""

    def __init__(self) -> None:
        self._trained: OrderedDict[str, tuple[Model, float]] = OrderedDict()

    def add(self, lora: Model, ready_at: float) -> None:
        """Let a LoRA be there from a moment on (unix seconds)."""
        self._trained[lora.id] = lora, ready_at
        if len(self._trained) > MOST_TRAINED:
            self._trained.popitem(last=False)

    def remove(self, model_id: str) -> None:
        """Forget a trained LoRA, if it is known."""
        self._trained.pop(model_id, None)

    def all(self, now: float) -> list[Model]:
        """List the models that are there."""
        return [*MODELS.values(), *(lora for lora, ready_at in self._trained.values() if ready_at <= now)]

    def find(self, model_id: str, now: float) -> Model:
        """Find a model that is there; raises `Refused` with code 5."""
        for model in self.all(now):
            if model.id == model_id:
                return model
        raise Refused(NOT_FOUND, f"model {model_id} not found")
