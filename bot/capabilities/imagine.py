"""Pictures from words, and from words and a picture (the vendor's family `imgenstd`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bot.capabilities import imagine_options
from bot.capabilities.base import Capability, Choice, Studio
from bot.capabilities.checking import LATER, in_plain_words
from bot.capabilities.common_options import WATERMARKS
from bot.capabilities.imagine_models import check_traits, is_image_to_image, loras_for, model_for, with_loras
from bot.capabilities.needs import Answers, Need, Source, WordsNeed
from bot.capabilities.options import Kind, OneOf, Option, Words, shorten
from bot.capabilities.own_loras import usable
from bot.capabilities.photo import PHOTO
from bot.errors import BadValue
from bot.locales.text import Text, layout, text, verbatim
from bot.miaohua.family import Model
from bot.miaohua.imgenstd import PRE_PROCESSORS, ImageRequest, Imgenstd
from bot.miaohua.prompts import MAX_PROMPT_LENGTH
from bot.miaohua.traits import traits
from bot.store.task import Task
from bot.tracker.ports import Prepared

# Stands in for a LoRA or ControlNet that is not chosen yet, where a model is wanted that takes any.
_ANY = [{"name": ""}]


class Imagine(Capability):
    """`/imagine`: text to image, image to image, with LoRA and ControlNet."""

    name = "imagine"
    commands = ("imagine",)
    family = "imgenstd"
    patience = 900.0
    can_vary = True
    icon = "🎨"
    title: ClassVar[Text] = text("Imagine")
    summary: ClassVar[Text] = text("A picture from your words")
    example = "/imagine a red fox in the snow --ar 16:9 --n 2"
    needs: ClassVar[tuple[Need, ...]] = (
        WordsNeed(
            name="prompt",
            label=text("✏️ Words"),
            question=text("What shall I draw? Describe it in your own words."),
            hint=text("a red fox in the snow"),
            kind=Words(MAX_PROMPT_LENGTH),
        ),
        replace(PHOTO, label=text("🖼 Add a picture"), is_required=False),
    )
    options: ClassVar[tuple[Option, ...]] = imagine_options.OPTIONS

    def start(self, choices: Answers) -> dict[str, Any]:
        """Begin with the model that was used last, but do not insist on it where it cannot do what is asked."""
        answers = super().start(choices)
        if answers["model"]:
            answers["model"] = {**answers["model"], "soft": True}
        return answers

    def reopened(self, request: Answers) -> dict[str, Any]:
        """Leave steps and prompt strength to the model again where they were the model's own."""
        known = traits(request["model"]["name"])
        own = {"steps": known.steps, "cfg": known.cfg_scale}
        return {**request, **{name: None for name, value in own.items() if request[name] == value}}

    def varied(self, request: Answers, source: Source) -> dict[str, Any]:
        """Start from the picture, with the same words; with another model where that one takes no pictures."""
        return {
            **self.start({}),
            **request,
            "photo": dict(source),
            "controlnets": [],  # they would need their own picture
            "model": {**request["model"], "soft": True},
            "samples": 1,
            "seed": 0,
            "steps": None,
            "cfg": None,
        }

    def remember(self, answers: Answers, request: Answers) -> dict[str, Any]:
        """Remember the model that was asked for, not one that was chosen to suit this request."""
        chosen = answers["model"]
        kept = {"id": chosen["id"], "name": chosen["name"]} if chosen and chosen.get("soft") else None
        model = request["model"] if chosen and not chosen.get("soft") else kept
        return {**super().remember(answers, request), "model": model}

    async def choices(self, option: str, answers: Answers, studio: Studio) -> Sequence[Choice]:
        """List base models, or the LoRAs or ControlNets of the model in question."""
        if option == "model":
            return [Choice.of(model) for model in await studio.catalogue.checkpoints()]
        loras = await usable(studio) if answers["loras"] or option == "loras" else ()
        wanted = {**answers, option: answers[option] or _ANY}
        model = model_for(wanted, await studio.catalogue.checkpoints(), loras, studio)
        if option == "loras":
            return [Choice.of(lora) for lora in loras_for(model, loras)] if traits(model.name).loras else []
        return [Choice(cn.cn, cn.cn, cn.description or cn.name) for cn in await studio.catalogue.controlnets(model.id)]

    def fields(self, option: str, value: Answers) -> Mapping[str, Kind]:
        """Offer only what a ControlNet of that type knows."""
        known = dict(super().fields(option, value))
        if option == "controlnets":
            for name in {"low", "high"} if value["name"] != "canny" else ():
                del known[name]
            if value["name"] != "tile":
                del known["tile"]
            ways = PRE_PROCESSORS.get(value["name"], ())
            known["pre"] = OneOf({way: verbatim(way) for way in ways})
            if not ways:
                del known["pre"]
        return known

    def needs_link_for(self, answers: Answers) -> bool:
        """Need one for a picture that was sent."""
        return "file" in (answers.get("photo") or {})

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Choose the model, look up names, fill in what the model recommends, and check it all as the vendor will."""
        self.check(answers)
        self.check_link(answers, studio)
        if answers["controlnets"] and not answers.get("photo"):
            raise BadValue(
                text("ControlNet needs a picture to follow: answer a photo with the command, or send one with it.")
            )
        loras = await usable(studio) if answers["loras"] else ()
        model = model_for(answers, await studio.catalogue.checkpoints(), loras, studio)
        check_traits(model, answers)
        known = traits(model.name)
        request = {
            **answers,
            "model": {"id": model.id, "name": model.name},
            "steps": answers["steps"] or known.steps,
            "cfg": answers["cfg"] or known.cfg_scale,
            "loras": with_loras(answers, model, loras),
            "controlnets": [await _controlnet(chosen, model, studio) for chosen in answers["controlnets"]],
        }
        with in_plain_words():
            _vendor_request(request, photo_url=LATER)
        return request

    def pictures(self, request: Answers) -> int:
        """Cost as many as are asked for."""
        return int(request["samples"])

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the number of pictures."""
        return f"imagine:{request['model']['id']}:{request['samples']}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        """Say prompt, seeds, model and size."""
        width, height = request["size"]
        return layout(
            "<b>{prompt}</b>\n🌱 <code>{seeds}</code> · {model} · {width}×{height}",
            prompt=shorten(request["prompt"], 360),  # twice as long in Telegram's count if it is emoji: 1024 at most
            seeds=", ".join(str(seed) for seed in seeds) or "?",
            model=shorten(request["model"]["name"], 40),
            width=width,
            height=height,
        )

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Offer the photo where there is one, and build the request."""
        source = task.request.get("photo")
        offered = await studio.inputs.offer(task, 0, source) if source else None
        request = _vendor_request(task.request, photo_url=offered.url if offered else None)
        return Prepared(lambda: Imgenstd(studio.client).submit(request), notes=offered.changes if offered else ())


async def _controlnet(chosen: Mapping[str, Any], model: Model, studio: Studio) -> dict[str, Any]:
    offered = [controlnet.cn for controlnet in await studio.catalogue.controlnets(model.id)]
    if chosen["name"] not in offered:
        raise BadValue(
            text(
                "The model <b>{model}</b> has no ControlNet “{name}”. It has: {offered}",
                model=model.name,
                name=chosen["name"],
                offered=verbatim(" · ".join(offered) or "–"),
            )
        )
    return dict(chosen)


def _vendor_request(request: Answers, *, photo_url: str | None) -> ImageRequest:
    width, height = request["size"]
    fields: dict[str, Any] = {
        "model_id": request["model"]["id"],
        "prompt": request["prompt"],
        "neg_prompt": request["negative"] or None,
        "force_translation": request["translate"] or None,
        "add_prompt": request["enhance"] or None,
        "cfg_scale": request["cfg"],
        "samples": request["samples"],
        "height": height,
        "width": width,
        "seed": request["seed"],
        "steps": request["steps"],
        "format": request["format"],
        "watermark_config": WATERMARKS[request["logo"]],
        "controlnet_configs": [_controlnet_config(one, photo_url) for one in request["controlnets"]] or None,
        "lora_configs": [{"model_id": lora["id"], "merge_weight": lora.get("weight", 1.0)} for lora in request["loras"]]
        or None,
    }
    if is_image_to_image(request):
        fields["img_url"] = photo_url
        fields["image_strength"] = request["strength"]
    return ImageRequest.build(**{name: value for name, value in fields.items() if value is not None})


def _controlnet_config(chosen: Mapping[str, Any], photo_url: str | None) -> dict[str, Any]:
    names = {
        "weight": "weight",
        "pre": "pre_processor",
        "start": "guidance_start",
        "end": "guidance_end",
        "low": "canny_low_threshold",
        "high": "canny_high_threshold",
        "tile": "tile_down_sample_rate",
    }
    given = {names[key]: value for key, value in chosen.items() if key in names}
    return {"type": chosen["name"], "img_url": photo_url, **given}
