"""A style or a person of one's own: LoRA training (the vendor's family `lora`)."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.capabilities import train_options
from bot.capabilities.base import Capability, Choice, Studio
from bot.capabilities.catalogue import chosen_of
from bot.capabilities.checking import LATER, in_plain_words
from bot.capabilities.collection import CollectionNeed, worked_from
from bot.capabilities.inputs import LINK_MARGIN
from bot.capabilities.needs import Answers, Need, WordsNeed
from bot.capabilities.options import Characters, Option
from bot.errors import NotFound, Unavailable
from bot.locales.text import Text, layout, text
from bot.miaohua import errors as vendor
from bot.miaohua.bounds import longest_of
from bot.miaohua.lora import LoraTraining, TrainRequest
from bot.store import collected, loras
from bot.store.loras import Lora
from bot.store.task import Task
from bot.tracker.ports import Made, Prepared

log = structlog.get_logger()

PHOTOS = CollectionNeed(
    name=collected.ANSWER,
    label=text("🖼 Pictures"),
    question=text(
        "Send me the pictures to learn from, at least {least}, as photos, as files or as albums. Best are 15 to 30 "
        "that differ: other places, other light, other sides. For a person, every picture must show that person.",
        least=CollectionNeed.least,
    ),
    hint=text("pictures"),
)


class Train(Capability):
    """`/train`: what it makes is a LoRA, for `/imagine`, and no picture."""

    name = loras.TRAINING
    commands = ("train",)
    family = LoraTraining.name
    patience = 3 * 24 * 3600.0
    needs_link = True
    is_cancellable_at_vendor = True
    icon = "🎓"
    title: ClassVar[Text] = text("Train")
    summary: ClassVar[Text] = text("Teach me a person or a style from your pictures, and imagine with it")
    example = "/train my cat --style --trigger mycat"
    needs: ClassVar[tuple[Need, ...]] = (
        PHOTOS,
        WordsNeed(
            name="name",
            label=text("✏️ Name"),
            question=text("What shall it be called? You choose it by this name in /imagine."),
            hint=text("my cat"),
            kind=Characters(longest_of(TrainRequest, "model_name")),
        ),
    )
    options: ClassVar[tuple[Option, ...]] = train_options.OPTIONS

    async def choices(self, option: str, answers: Answers, studio: Studio) -> Sequence[Choice]:  # noqa: ARG002  all the same
        """List the base models that can be trained on."""
        return [Choice.of(model) for model in await studio.catalogue.trainable()]

    def remarks(self, answers: Answers) -> Sequence[Text]:
        """Say how many pictures there are, and what they must show."""
        count = layout("🖼 {count}", count=PHOTOS.show(answers))
        if answers["subject"] != "Human":
            return [count]
        rule = text(
            "For a person, every picture must show that person, or the training fails. For anything else choose a "
            "style, with the button “It learns”."
        )
        return [count, rule]

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        """Look up the base model, and check it all as the vendor will."""
        self.check(answers)
        self.check_link(answers, studio)
        base = chosen_of(await studio.catalogue.trainable(), answers["base"], self.option("base").label)
        request = {
            **answers,
            "photos": PHOTOS.held(answers).plain.dump(),
            "name": " ".join(answers["name"].split()),
            "base": {"id": base.id, "name": base.name or base.id, "type": base.base_model_type},
        }
        with in_plain_words():
            _order(request, [LATER])
        return request

    def pictures(self, request: Answers) -> int:  # noqa: ARG002  all the same
        """Cost one: it brings no picture, yet it is an order that the operator pays for."""
        return 1

    def kind(self, request: Answers) -> str:
        """Time depends on the base model, on whose turn it is, and roughly on how many pictures there are."""
        size = int(request["photos"]["count"]).bit_length()
        return f"train:{request['speed']}:{size}:{request['base']['id']}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:  # noqa: ARG002  there are none
        """Say the name."""
        return layout("{icon} <b>{name}</b>", icon=self.icon, name=request["name"])

    async def ordered(self, conn: AsyncConnection, task: Task) -> None:
        """Keep the pictures for the task; one at a time works from them."""
        if await collected.is_worked_from(conn, task.request["photos"]["id"]):
            raise worked_from()
        if await collected.set_ordered(conn, task.request["photos"]["id"], task.id) < PHOTOS.least:
            raise _no_pictures()

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        """Give a link to every picture, good for as long as the vendor may take."""
        async with studio.store.read() as conn:
            names = await collected.names(conn, task.request["photos"]["id"])
        if len(names) < PHOTOS.least:
            raise _no_pictures()
        until = task.deadline_at + self.patience + LINK_MARGIN
        order = _order(task.request, [studio.inputs.link(name, until) for name in names])
        return Prepared(lambda: LoraTraining(studio.client).submit(order))

    async def cancel(self, task: Task, studio: Studio) -> bool:
        """Take a training back that waits at the vendor. Raises `Unavailable` where the vendor does not answer."""
        if task.vendor_id is None:
            return False
        try:
            return await LoraTraining(studio.client).cancel(task.vendor_id)
        except vendor.MiaohuaError as error:
            log.warning("training_not_cancelled", task=task.id, error=str(error))
            if isinstance(error, vendor.ApiError) and not error.again:
                return False
            raise Unavailable(
                text(
                    "The image service does not answer, so I cannot tell whether the training is cancelled. Please try "
                    "again in a minute."
                )
            ) from None

    async def keep(self, conn: AsyncConnection, task: Task, made: Made) -> None:
        """Write the LoRA down as its owner's."""
        await loras.insert(
            conn,
            Lora(
                id=made.found["lora_id"],
                owner_id=task.owner_id,
                task_id=task.id,
                name=task.request["name"],
                base_model_type=task.request["base"]["type"],
                trigger_words=_trigger(task.request, made.found),
                created_at=time.time(),
            ),
        )

    def finished(self, task: Task) -> Text:
        """Say that it can be used, and how."""
        name, trigger = task.request["name"], _trigger(task.request, task.found or {})
        if not trigger:
            return text("🎓 <b>{name}</b> is ready. Choose it as the LoRA of an /imagine.", name=name)
        return text(
            "🎓 <b>{name}</b> is ready. Choose it as the LoRA of an /imagine, and put <code>{trigger}</code> into your "
            "words: that calls it.",
            name=name,
            trigger=trigger,
        )

    def trial(self, task: Task) -> dict[str, Any]:
        """Imagine the trigger word with it, on the model that it was trained on where that can be had."""
        found, request = task.found or {}, task.request
        return {
            "prompt": _trigger(request, found),
            "loras": [{"id": found["lora_id"], "name": request["name"], "weight": 1.0}],
            "model": {"id": request["base"]["id"], "name": request["base"]["name"], "soft": True},
        }


def _order(request: Answers, links: Sequence[str]) -> TrainRequest:
    return TrainRequest.build(
        base_model_id=request["base"]["id"],
        model_name=request["name"],
        description=request["description"] or None,
        trigger_word=request["trigger"] or None,
        main_object=request["subject"],
        task_type=request["speed"],
        images=tuple(links),
    )


def _trigger(request: Answers, found: Answers) -> str:
    return str(found.get("trigger_words") or request["trigger"])


def _no_pictures() -> NotFound:
    return NotFound(
        text("The pictures of this training are no longer here. Please begin anew with /train and send them again.")
    )
