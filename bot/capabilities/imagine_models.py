"""Which model an `/imagine` is made with, and which LoRAs go with that."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.capabilities.base import Studio
from bot.capabilities.catalogue import find, first, matching, name_of
from bot.capabilities.common_options import MODEL
from bot.capabilities.needs import Answers
from bot.errors import BadValue
from bot.locales.text import Text, text
from bot.miaohua.family import Model
from bot.miaohua.traits import Traits, traits


def model_for(answers: Answers, models: Sequence[Model], loras: Sequence[Model], studio: Studio) -> Model:
    """Find the model that was asked for, else one that can do it all: the last one, the operator's, any.

    Raises `BadValue` for one that there is not, and `Unavailable` where there is none at all.
    """
    chosen = answers["model"] or {}
    if _is_asked_for(answers):
        return find(models, name_of(chosen), MODEL.label)

    def rank(model: Model) -> tuple[bool, ...]:
        known = traits(model.name)
        return (
            _lacks(known, answers) is not None,
            not all(matching(loras_for(model, loras), name_of(lora)) for lora in answers["loras"]),
            not _knows(known, answers["controlnets"]),
            model.id != chosen.get("id"),
            studio.default_model not in {model.id, model.name},
        )

    return first(sorted(models, key=rank))


def check_traits(model: Model, answers: Answers) -> None:
    """Raise `BadValue` where the model cannot do what is asked."""
    lacking = _lacks(traits(model.name), answers)
    if lacking is not None:
        raise BadValue(
            text(
                "The model <b>{model}</b> cannot do this: {lacking}. Choose another with --model, or leave it out, "
                "and I choose one that can.",
                model=model.name,
                lacking=lacking,
            )
        )


def loras_for(model: Model, loras: Sequence[Model]) -> Sequence[Model]:
    """List the LoRAs that go with a model."""
    base = model.base_model_type
    return [lora for lora in loras if not base or lora.base_model_type in {"", base}]


def with_loras(answers: Answers, model: Model, offered: Sequence[Model]) -> list[dict[str, Any]]:
    """Look up the chosen LoRAs among those that go with the model; raise `BadValue` for one that does not."""
    return [_lora(chosen, model, offered, is_asked_for=_is_asked_for(answers)) for chosen in answers["loras"]]


def _lora(chosen: Mapping[str, Any], model: Model, offered: Sequence[Model], *, is_asked_for: bool) -> dict[str, Any]:
    if chosen.get("id") and all(lora.id != chosen["id"] for lora in offered):
        raise BadValue(
            text(
                "You cannot use the LoRA “{lora}” here: it is somebody else's, or no longer there. Its owner can share "
                "it with this group; or choose another LoRA.",
                lora=chosen["name"],
            )
        )
    fitting, name = loras_for(model, offered), name_of(chosen)
    others = () if matching(fitting, name) else matching(offered, name)
    if others:
        raise BadValue(_foreign(find(others, name, text("LoRA")), model, is_asked_for=is_asked_for))
    if not fitting:
        raise BadValue(text("There is no LoRA for the model <b>{model}</b>.", model=model.name))
    found = find(fitting, name, text("LoRA"))
    return {**chosen, "id": found.id, "name": found.name}


def is_image_to_image(answers: Answers) -> bool:
    """Say whether the photo is the starting point."""
    # With ControlNets the photo is what they follow; it is the starting point, too, only where a strength is given.
    return bool(answers.get("photo")) and (not answers["controlnets"] or answers["strength"] is not None)


def _is_asked_for(answers: Answers) -> bool:
    return bool(answers["model"]) and not answers["model"].get("soft")


def _lacks(known: Traits, answers: Answers) -> Text | None:
    if answers["loras"] and not known.loras:
        return text("LoRA")
    if is_image_to_image(answers) and not known.image:
        return text("pictures as a starting point")
    if answers["controlnets"] and known.controlnets is not None and not known.controlnets:
        return text("ControlNet")
    if not known.text and not is_image_to_image(answers):
        return text("pictures from words alone")
    return None


def _knows(known: Traits, controlnets: Sequence[Mapping[str, Any]]) -> bool:
    return known.controlnets is None or all(chosen["name"] in known.controlnets for chosen in controlnets)


def _foreign(lora: Model, model: Model, *, is_asked_for: bool) -> Text:
    names = {"lora": lora.name, "type": lora.base_model_type}
    if is_asked_for:
        return text(
            "The LoRA <b>{lora}</b> goes with models of the type {type}, and <b>{model}</b> is of the type {other}. "
            "Choose another model, or leave --model out; or choose another LoRA.",
            model=model.name,
            other=model.base_model_type,
            **names,
        )
    return text(
        "The LoRA <b>{lora}</b> goes with models of the type {type}, and there is none that can do all that is asked "
        "here. Choose another LoRA, or leave something out.",
        **names,
    )
