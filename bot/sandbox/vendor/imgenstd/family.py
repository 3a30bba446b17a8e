"""The family `imgenstd`: text to image, image to image, LoRA, ControlNet (the vendor's document, section 二)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.routing import Route

from bot.sandbox.vendor import words
from bot.sandbox.vendor.errors import INVALID, SENSITIVE, Refused
from bot.sandbox.vendor.fields import Page, Strict, read_body, read_query
from bot.sandbox.vendor.imgenstd.catalogue import CONTROLNETS, Model
from bot.sandbox.vendor.imgenstd.request import ControlNetConfig, Imgen
from bot.sandbox.vendor.models import cut_page
from bot.sandbox.vendor.painting.guides import Guide
from bot.sandbox.vendor.painting.painter import Commission, paint
from bot.sandbox.vendor.shape import Family, endpoint, standard_routes
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.sandbox.vendor.vendor import Vendor

_USUAL_STEPS = 30
_DEFAULT_PAGE = 10
_KEPT_SIDE = 1280  # px: enough to be recognised in a drawing


class ModelsQuery(Strict):
    """The query of `GET /v1/imgenstd/models`; a size of 0, its default, stands for 10."""

    size: int = Field(default=0, ge=0, le=100)
    offset: int = Field(default=0, ge=0)
    mtp: Literal["ALL", "LORA", "Checkpoint"] = "ALL"


def imgenstd_routes(vendor: Vendor) -> list[Route]:
    """Build the family's calls."""

    def models(query: Mapping[str, str]) -> dict[str, Any]:
        asked = read_query(ModelsQuery, query)
        known = vendor.catalogue.all(vendor.clock())
        found = [model.answer() for model in known if asked.mtp in {"ALL", model.model_type}]
        return cut_page(found, asked.size or _DEFAULT_PAGE, asked.offset)

    async def model_cn(request: Request) -> Any:  # noqa: ANN401  JSON
        asked = read_query(Page, request.query_params)
        model = vendor.catalogue.find(request.path_params["model_id"], vendor.clock())
        if model.model_type == "LORA":
            raise Refused(INVALID, "请使用相应基础模型查询")
        found = [{"cn": cn, "name": CONTROLNETS[cn][0], "description": CONTROLNETS[cn][1]} for cn in model.controlnets]
        return cut_page(found, asked.size, asked.offset)

    return [
        *standard_routes(vendor, Family("imgenstd", models, _order)),
        endpoint(vendor, "/v1/imgenstd/model_cn/{model_id}", model_cn),
    ]


async def _order(vendor: Vendor, body: bytes) -> Work:
    """Check an order against its fields, then its models, its words, and its pictures."""
    asked = read_body(Imgen, body)
    loras = _check_models(vendor, asked)
    if words.is_sensitive(asked.prompt):
        raise Refused(SENSITIVE)
    source, guides = await _fetch(vendor, asked)
    return _work(asked, _commission(asked, loras, source, guides))


def _check_models(vendor: Vendor, asked: Imgen) -> list[Model]:
    """Check what the base model is able to do; return the LoRAs."""
    now = vendor.clock()
    base = vendor.catalogue.find(asked.model_id, now)
    if base.model_type != "Checkpoint":
        raise Refused(INVALID, "model_id must be a base model")
    if asked.img_url and not base.image_to_image:
        raise Refused(INVALID, f"{base.name} does not support img_url")
    if asked.lora_configs and not base.loras:
        raise Refused(INVALID, f"{base.name} does not support lora_configs")
    for control in asked.controlnet_configs:
        if control.type not in base.controlnets:
            raise Refused(INVALID, f"{base.name} does not support controlnet {control.type}")
    loras = [vendor.catalogue.find(lora.model_id, now) for lora in asked.lora_configs]
    for lora in loras:
        if lora.model_type != "LORA" or lora.base_model_type != base.base_model_type:
            raise Refused(INVALID, f"{lora.name} is no LoRA of {base.base_model_type}")
    return loras


async def _fetch(vendor: Vendor, asked: Imgen) -> tuple[bytes | None, list[bytes]]:
    """Bring the source picture and those of the ControlNets, all at once."""
    named = [
        (f"controlnet_configs.{place}.img_url", control.img_url)
        for place, control in enumerate(asked.controlnet_configs)
    ]
    if asked.img_url:
        named.append(("img_url", asked.img_url))
    brought = await asyncio.gather(*(_reference(vendor, field, url) for field, url in named))
    source = brought.pop() if asked.img_url else None
    return source, brought


async def _reference(vendor: Vendor, field: str, url: str) -> bytes:
    source = await vendor.sources.fetch(field, url)
    async with vendor.drawing:
        return await asyncio.to_thread(source.reference, _KEPT_SIDE)


def _commission(asked: Imgen, loras: list[Model], source: bytes | None, guides: list[bytes]) -> Commission:
    weights = (config.merge_weight for config in asked.lora_configs)
    return Commission(
        prompt=asked.prompt,
        neg_prompt=asked.neg_prompt,
        model_id=asked.model_id,
        width=asked.width,
        height=asked.height,
        steps=asked.steps,
        cfg_scale=asked.cfg_scale,
        enriched=asked.add_prompt,
        source=source,
        freedom=asked.image_strength,
        guides=tuple(map(_guide, asked.controlnet_configs, guides)),
        looks=tuple((lora.look, weight) for lora, weight in zip(loras, weights, strict=True) if lora.look),
        watermark=asked.watermark,
    )


def _guide(config: ControlNetConfig, picture: bytes) -> Guide:
    thresholds = (config.canny_low_threshold, config.canny_high_threshold)
    return Guide(config.type, picture, config.weight, thresholds, inverted=config.pre_processor == "invert")


def _work(asked: Imgen, commission: Commission) -> Work:
    pictures = number_pictures(asked.samples, asked.seed)
    work = Work(
        pictures,
        lambda index, side: paint(commission, pictures[index].seed, side),
        asked.format,
        effort=(0.4 + 0.6 * asked.steps / _USUAL_STEPS) * (0.8 + 0.2 * asked.samples),
        held=sum(len(guide.picture) for guide in commission.guides) + len(commission.source or b""),
    )
    return work.fated(asked.prompt)
