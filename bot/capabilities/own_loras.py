"""Who may use which LoRA: one that was trained here is its owner's, and of the groups that its owner shared it with.

The vendor has them all in one list, for whoever asks with the operator's keys. One whose training we have not heard
the end of is known there by its name alone: what has that name is nobody's but its owner's.
"""

from collections.abc import Sequence

from bot.capabilities.base import Studio
from bot.miaohua.family import Model
from bot.store import loras
from bot.store.loras import Lora


async def usable(studio: Studio) -> Sequence[Model]:
    """List the LoRAs that the audience may use: those trained here, newest first, and then the vendor's.

    The former are read from our own rows, so that one is there as soon as it is trained, whatever the vendor lists.
    """
    who = studio.audience
    async with studio.store.read() as conn:
        seen = await loras.seen_by(conn, who.owner_id, who.chat_id)
        hidden = await loras.hidden_from(conn, who.owner_id, who.chat_id)
        awaited = await loras.awaited_by_others(conn, who.owner_id)
    ours = {lora.id for lora in seen} | hidden
    listed = await studio.catalogue.loras()
    described = {model.id: model for model in listed}
    return [
        *(described.get(lora.id) or _model(lora) for lora in seen),
        *(model for model in listed if model.id not in ours and loras.digest_of(model.name) not in awaited),
    ]


def _model(lora: Lora) -> Model:
    return Model(
        id=lora.id,
        name=lora.name,
        base_model_type=lora.base_model_type,
        model_type="LORA",
        trigger_words=lora.trigger_words,
    )
