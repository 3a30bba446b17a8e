"""Parts of a picture painted anew (the vendor's family `inpaint`)."""

from collections.abc import Sequence
from typing import ClassVar

from bot.capabilities import edit_options
from bot.capabilities.common_options import WATERMARKS
from bot.capabilities.marks import MASK
from bot.capabilities.masked import Masked, OfferedMask
from bot.capabilities.needs import Answers, Need, WordsNeed
from bot.capabilities.options import Option, Words, shorten
from bot.capabilities.photo import PHOTO
from bot.locales.text import Text, layout, text
from bot.miaohua.inpaint import Inpaint, InpaintRequest
from bot.miaohua.prompts import MAX_PROMPT_LENGTH


class Edit(Masked):
    """`/edit`: what is marked is painted anew, as the words say."""

    name = "edit"
    commands = ("edit", "inpaint")
    api = Inpaint
    family = Inpaint.name
    icon = "🪄"
    title: ClassVar[Text] = text("Edit")
    summary: ClassVar[Text] = text("A part of your picture painted anew")
    example = "/edit a red straw hat --strength 0.8"
    needs: ClassVar[tuple[Need, ...]] = (
        PHOTO,
        MASK,
        WordsNeed(
            name="prompt",
            label=text("✏️ Words"),
            question=text("What shall be there instead? Describe it in your own words."),
            hint=text("a red straw hat"),
            kind=Words(MAX_PROMPT_LENGTH),
        ),
    )
    options: ClassVar[tuple[Option, ...]] = edit_options.OPTIONS

    def kind(self, request: Answers) -> str:
        """Time depends on the model and the number of pictures."""
        return f"edit:{request['model']['id']}:{request['samples']}"[:160]

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        """Say prompt, seeds and model."""
        return layout(
            "<b>{prompt}</b>\n🌱 <code>{seeds}</code> · {model}",
            prompt=shorten(request["prompt"], 360),  # twice as long in Telegram's count if it is emoji
            seeds=", ".join(str(seed) for seed in seeds) or "?",
            model=shorten(request["model"]["name"], 40),
        )

    def masked(self, request: Answers, url: str, mask: OfferedMask) -> InpaintRequest:
        """Build the request."""
        return InpaintRequest.build(
            model_id=request["model"]["id"],
            samples=request["samples"],
            img_url=url,
            mask_img_url=mask.url,
            format=request["format"],
            prompt=request["prompt"],
            force_translation=request["translate"] or None,
            add_prompt=request["enhance"] or None,
            neg_prompt=request["negative"] or None,
            repaint_strength=request["strength"],
            cfg_scale=request["cfg"],
            seed=request["seed"],
            steps=request["steps"],
            watermark_config=WATERMARKS[request["logo"]],
        )
