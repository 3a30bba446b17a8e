"""How the needs of a capability are asked for: each kind of need has its screens, and takes its own answers.

A need's screens are `ask-NAME` and, where it has more than one, `ask-NAME-SCREEN`.
"""

from typing import Any

from bot.capabilities.base import Studio
from bot.capabilities.needs import Need, Source, WordsNeed
from bot.conversations.form import Form, Outdated
from bot.conversations.view import Buttons, View
from bot.errors import BadValue
from bot.locales.text import Text, text


class Asking:
    """Asks a plain question; a sent picture is the answer."""

    stays = False  # whether the rest of an album changes the message that asks, rather than bringing a new one each

    async def view(self, form: Form, need: Any, buttons: Buttons, studio: Studio) -> View:  # noqa: ANN401, ARG002
        """Draw the screen that the form is on; raise `Outdated` where there is none of that name."""
        return View(need.question, [way_out(form, need, buttons)], need.hint)

    async def begun(self, form: Form, need: Any, studio: Studio) -> Form:  # noqa: ANN401, ARG002  for those that ask
        """Take what came with the command, now that the form has its dialog."""
        return form

    async def typed(self, form: Form, need: Any, words: str, studio: Studio) -> Form:  # noqa: ANN401, ARG002
        """Take typed words as an answer; raise `BadValue` where they are none."""
        raise BadValue(text("I am waiting for a picture. Send one, or press Back."))

    async def sent(self, form: Form, need: Any, source: Source, studio: Studio) -> Form:  # noqa: ANN401, ARG002
        """Take a sent picture as an answer; raise `UserError` where it cannot be used."""
        return form.with_answer(need.name, need.taken(form.answers, source))

    async def pressed(self, form: Form, need: Any, argument: str, studio: Studio) -> Form:  # noqa: ANN401, ARG002
        """Take a button of this need; raise `Outdated` for one that does not fit the form as it is now."""
        raise Outdated(argument)


class AskingWords(Asking):
    """Asks for free text."""

    async def typed(self, form: Form, need: WordsNeed, words: str, studio: Studio) -> Form:  # noqa: ARG002
        """Take the words."""
        need.check(words)
        return form.with_answer(need.name, words.strip())

    async def sent(self, form: Form, need: WordsNeed, source: Source, studio: Studio) -> Form:  # noqa: ARG002
        """Say that words are wanted: no need takes pictures, or it would have been asked."""
        raise BadValue(text("I am waiting for words. Write them, or press Back."))


def in_group(studio: Studio) -> list[Text]:
    """Say how pictures are sent in a group, where bots see only what answers them."""
    if studio.audience.chat_id >= 0:
        return []
    return [text("In a group, send pictures as answers to this message: others I cannot see.")]


def way_out(form: Form, need: Need, buttons: Buttons) -> list[Any]:
    """Offer the way back where there is one, and the way out."""
    if need.is_met(form.answers) or not need.is_required:
        return [buttons.back("main"), buttons.cancel()]
    return [buttons.cancel()]
