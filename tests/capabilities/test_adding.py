"""An eleventh capability, added as `bot/capabilities/ADDING.md` says: one class, and a line in the registry."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from bot.capabilities import registry
from bot.capabilities.common_options import FILE, FORMAT, LOGO, MODEL, WATERMARKS
from bot.capabilities.from_photo import FromPhoto, Size
from bot.capabilities.needs import Answers
from bot.capabilities.options import Option
from bot.conversations.form import Form
from bot.conversations.screens import view
from bot.locales.text import Text, layout, text
from bot.media.fit import VENDOR
from bot.miaohua.sup_res import SupRes, SupResRequest
from bot.telegram.help import details, overview
from tests.capabilities.workshop import PHOTO, Workshop

GUIDE = Path(registry.__file__).with_name("ADDING.md")


class Poster(FromPhoto):
    """`/poster`: a picture made large enough to print."""

    name = "poster"
    commands = ("poster",)
    api, family = SupRes, SupRes.name
    bounds = replace(VENDOR, max_side=2000)
    is_instant = True
    icon = "🖼"
    title: ClassVar[Text] = text("Poster")
    summary: ClassVar[Text] = text("Your picture large enough to print")
    example = "/poster --png"
    options: ClassVar[tuple[Option, ...]] = (FORMAT, LOGO, MODEL, FILE)

    def kind(self, request: Answers) -> str:
        return f"poster:{request['model']['id']}"

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        return layout("{icon} {model}", icon=self.icon, model=request["model"]["name"])

    def order(self, request: Answers, url: str, size: Size | None = None) -> SupResRequest:
        return SupResRequest.build(
            model_id=request["model"]["id"],
            img_url=url,
            hd_ratio=3,
            format=request["format"],
            watermark_config=WATERMARKS[request["logo"]],
        )


@pytest.fixture
def poster(monkeypatch: pytest.MonkeyPatch) -> Poster:
    added = Poster()
    monkeypatch.setattr(registry, "OFFERED", (*registry.OFFERED, added))
    monkeypatch.setitem(registry.BY_NAME, "poster", added)
    monkeypatch.setitem(registry.BY_COMMAND, "poster", added)
    return added


async def test_the_vendor_takes_its_order(poster: Poster, workshop: Workshop) -> None:
    answers = {**poster.start({}), **poster.read("--png"), **poster.placed([], [PHOTO])}
    form = Form.opened(poster, answers)
    assert form.is_complete
    body = await workshop.order(poster, await poster.settle(form.given, workshop.studio))
    assert (body["hd_ratio"], body["format"]) == (3, "PNG")


async def test_it_has_a_panel_and_help(poster: Poster, workshop: Workshop) -> None:
    asked = Form.opened(poster, poster.start({}))
    assert asked.screen == "ask-photo"
    panel = await view(asked.with_answer("photo", PHOTO), 1, workshop.studio)
    assert any(button.data == "d:1:run" for row in panel.rows for button in row)
    assert "--png" in details(poster).html("en")
    assert "/poster" in overview(is_public=True).html("en")


def test_the_guide_names_what_there_is() -> None:
    guide = GUIDE.read_text()
    for path in re.findall(r"`((?:bot|tests)/[\w/]+\.\w+)`", guide):
        assert (GUIDE.parents[2] / path).exists(), path
    kinds = (*FromPhoto.__mro__, Option)
    members = {name for kind in kinds for name in [*dir(kind), *getattr(kind, "__annotations__", ())]}
    for declared in re.findall(r"^\| `(?:Option\.)?(\w+)`", guide, re.MULTILINE):
        assert declared in members, declared
