"""Sentences that are not yet in a language.

English sentences are the message ids; `zh_CN.po` beside this file holds the Chinese ones. A `Text` can wait in a
row (`dump`, `load`) until somebody's language is known.
"""

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

Lang = Literal["en", "zh_CN"]

LANGUAGES: Mapping[Lang, str] = {"en": "English", "zh_CN": "简体中文"}


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence: an English template with `{named}` places, and what fills them.

    A parameter may itself be a `Text`. Where `count` is set, `many` is the plural template.
    """

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)
    many: str | None = None
    count: int | None = None

    def html(self, lang: Lang) -> str:
        """Phrase it for a message in Telegram's HTML: parameters are escaped, the template's own tags stay."""
        filled = {name: _escaped(value, lang) for name, value in self.params.items()}
        return str(Markup(self._translated(lang)).format(**filled))  # noqa: S704  templates are ours; parameters are escaped

    def plain(self, lang: Lang) -> str:
        """Phrase it for a button, an alert or a command's description, where no tags are read."""
        filled = {name: _plain(value, lang) for name, value in self.params.items()}
        return self._translated(lang).format(**filled)

    def dump(self) -> dict[str, Any]:
        """Write it as JSON values."""
        params = {
            name: {"text": value.dump()} if isinstance(value, Text) else {"value": value}
            for name, value in self.params.items()
        }
        return {"template": self.template, "params": params, "many": self.many, "count": self.count}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """Read what `dump` wrote."""
        params = {
            name: cls.load(held["text"]) if "text" in held else held["value"] for name, held in data["params"].items()
        }
        return cls(data["template"], params, data["many"], data["count"])

    def _translated(self, lang: Lang) -> str:
        if not self.template:
            return ""  # which gettext takes for the catalogue's header
        catalogue = _catalogue(lang)
        if self.many is None or self.count is None:
            return catalogue.gettext(self.template)
        return catalogue.ngettext(self.template, self.many, self.count)


def text(template: str, **params: Any) -> Text:  # noqa: ANN401  whatever str() can phrase
    """Mark a sentence for translation and say what fills its places."""
    return Text(template, params)


def plural(one: str, many: str, count: int, **params: Any) -> Text:  # noqa: ANN401  as in text()
    """Mark a sentence that depends on a number; `{count}` stands for it."""
    return Text(one, {"count": count, **params}, many, count)


def layout(template: str, **params: Any) -> Text:  # noqa: ANN401  as in text()
    """Arrange parts that are phrased already: the same in every language."""
    return Text(template, params)


def verbatim(words: str) -> Text:
    """Wrap words that are the same in every language: a name, a prompt, a figure."""
    return Text("{words}", {"words": words})


def pick(language_code: str | None) -> Lang:
    """Choose among our languages by the code a Telegram client sends (an IETF tag, or nothing)."""
    return "zh_CN" if (language_code or "").lower().startswith("zh") else "en"


def _escaped(value: object, lang: Lang) -> Markup:
    return Markup(value.html(lang)) if isinstance(value, Text) else escape(value)  # noqa: S704  html() has escaped


def _plain(value: object, lang: Lang) -> object:
    return value.plain(lang) if isinstance(value, Text) else value


@cache
def _catalogue(lang: Lang) -> gettext.NullTranslations:
    if lang == "en":
        return gettext.NullTranslations()
    source = files("bot.locales").joinpath(f"{lang}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
