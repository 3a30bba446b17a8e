"""Capabilities of the tests' own: one that sends errands, the errand, and one that takes no picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from bot.capabilities import registry
from bot.capabilities.base import Capability, Studio
from bot.capabilities.needs import Answers, Brought, Errand, Need, Source, WordsNeed
from bot.capabilities.options import Option, Switch, Words
from bot.capabilities.photo import PHOTO
from bot.conversations import askings
from bot.conversations.asking import Asking, way_out
from bot.conversations.form import Form, Outdated
from bot.conversations.view import Buttons, Drawn, View
from bot.locales.text import Text, layout, verbatim
from bot.store.task import Task
from bot.tracker.ports import Prepared
from tests.capabilities.workshop import picture_bytes

WORDS = WordsNeed(
    name="words", label=verbatim("Words"), question=verbatim("Which words?"), hint=verbatim("words"), kind=Words(100)
)


@dataclass(frozen=True, kw_only=True)
class FoundNeed(Need):
    """How many things are in the photo, by an errand; and why that is not known."""

    most: ClassVar[int] = 0

    def is_met(self, answers: Answers) -> bool:
        return answers.get(self.name) is not None

    def errands(self, answers: Answers) -> Sequence[Errand]:
        if not answers.get("photo") or self.is_met(answers):
            return ()
        return (Errand("search", {"photo": answers["photo"]}),)

    def heard(self, answers: Answers, brought: Brought) -> dict[str, Any]:
        if brought.reason is not None:
            return {**answers, self.name: 0, "fault": brought.reason.dump()}
        things = (brought.task.found or {}).get("things", len(brought.pictures))
        return {**answers, self.name: things}


@dataclass(frozen=True, kw_only=True)
class SeveralNeed(Need):
    """Three pictures."""

    most: ClassVar[int] = 3

    def is_met(self, answers: Answers) -> bool:
        return len(answers.get(self.name) or ()) >= self.most

    def taken(self, answers: Answers, source: Source) -> list[dict[str, Any]]:
        return [*(answers.get(self.name) or ()), dict(source)]


class AskingFound(Asking):
    """Waits with words alone, then shows the photo, with what was found in its words."""

    stays = True

    async def view(self, form: Form, need: FoundNeed, buttons: Buttons, studio: Studio) -> View:
        if not need.is_met(form.answers):
            return View(verbatim("I am looking."), [way_out(form, need, buttons)])
        found = form.answers[need.name]
        look = buttons.need(verbatim("Look again"), "again")
        more = buttons.need(verbatim("One more"), "more")

        async def draw() -> bytes:
            return picture_bytes(200 + int(found), 100)

        # Odd figures look like the even ones before them.
        picture = Drawn(f"found-{found // 2}", draw)
        rows = [[more, look], [buttons.go(verbatim("In words"), "main"), buttons.cancel()]]
        return View(layout("There are {found}.", found=found), rows, picture=picture)

    async def pressed(self, form: Form, need: FoundNeed, argument: str, studio: Studio) -> Form:
        if argument == "again":
            return form.with_answer(need.name, None)
        if argument != "more" or not need.is_met(form.answers):
            raise Outdated(argument)
        return replace(form, answers={**form.answers, need.name: form.answers[need.name] + 1})


class _Invented(Capability):
    family = "imgenstd"
    patience = 60.0
    icon = "🔎"
    summary: ClassVar[Text] = verbatim("x")
    example = "x"
    needs: ClassVar[tuple[Need, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()

    async def settle(self, answers: Answers, studio: Studio) -> dict[str, Any]:
        self.check(answers)
        return dict(answers)

    def pictures(self, request: Answers) -> int:
        return 0 if self.is_errand else 1

    def kind(self, request: Answers) -> str:
        return self.name

    def caption(self, request: Answers, seeds: Sequence[int]) -> Text:
        return self.title

    async def prepare(self, task: Task, studio: Studio) -> Prepared:
        raise NotImplementedError


class Searcher(_Invented):
    """`/find WORDS` in a photo."""

    name = "find"
    commands = ("find",)
    title: ClassVar[Text] = verbatim("Find")
    needs: ClassVar[tuple[Need, ...]] = (
        PHOTO,
        FoundNeed(name="found", label=verbatim("Found"), question=verbatim("?"), hint=verbatim("?")),
        WORDS,
    )
    options: ClassVar[tuple[Option, ...]] = (
        Option(name="all", label=verbatim("All"), help=verbatim("x"), kind=Switch(), flags=("all",), default=False),
    )


class Search(_Invented):
    """What a dialog of `/find` sends."""

    name = "search"
    commands = ()
    is_errand = True
    title: ClassVar[Text] = verbatim("Search")
    needs: ClassVar[tuple[Need, ...]] = (PHOTO,)


class Worded(_Invented):
    """`/say WORDS`."""

    name = "say"
    commands = ("say",)
    title: ClassVar[Text] = verbatim("Say")
    needs: ClassVar[tuple[Need, ...]] = (WORDS,)


class Gatherer(_Invented):
    """`/gather` takes three pictures, one after the other."""

    name = "gather"
    commands = ("gather",)
    title: ClassVar[Text] = verbatim("Gather")
    needs: ClassVar[tuple[Need, ...]] = (
        SeveralNeed(
            name="several", label=verbatim("Several"), question=verbatim("Three, please."), hint=verbatim("three")
        ),
    )


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bot have these capabilities, and ask for their needs, until the test is over."""
    invented = (Searcher(), Search(), Worded(), Gatherer())
    monkeypatch.setattr(registry, "ALL", (*registry.ALL, *invented))
    monkeypatch.setattr(registry, "OFFERED", tuple(one for one in registry.ALL if not one.is_errand))
    for one in invented:
        monkeypatch.setitem(registry.BY_NAME, one.name, one)
        for command in one.commands:
            monkeypatch.setitem(registry.BY_COMMAND, command, one)
    for need, asks in ((FoundNeed, AskingFound()), (SeveralNeed, Asking())):
        monkeypatch.setitem(askings.ASKINGS, need, asks)
