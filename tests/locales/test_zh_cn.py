"""The Chinese catalogue and the sentences in the code: the same ones, with the same places and tags."""

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

BOT = Path(__file__).parents[2] / "bot"

# Rooms that say nothing to users: the stand-ins speak as Telegram and the vendor do, and SQL has a text(), too.
SILENT = {"sandbox", "store"}

KEYWORDS = {"text": None, "plural": (1, 2)}

Sentence = str | tuple[str, ...]


def sentences() -> dict[Sentence, list[str]]:
    """Find every sentence of the code, and where it stands."""
    found: defaultdict[Sentence, list[str]] = defaultdict(list)
    extracted = extract_from_dir(
        BOT,
        method_map=[("**.py", "python")],
        keywords=KEYWORDS,
        directory_filter=lambda path: Path(path).name not in {*SILENT, "__pycache__"},
    )
    for file, line, sentence, *_ in extracted:
        found[sentence].append(f"bot/{file}:{line}")
    return dict(found)


def catalogue(source: bytes) -> Catalog:
    return read_po(BytesIO(source), locale="zh_CN", abort_invalid=True)


def chinese() -> Catalog:
    return catalogue(files("bot.locales").joinpath("zh_CN.po").read_bytes())


def faults(code: dict[Sentence, list[str]], held: Catalog) -> list[str]:
    """Say what is wrong between the code's sentences and a catalogue's."""
    entries = {entry.id: entry for entry in held if entry.id}
    found = [f"missing: {sentence!r} in {places}" for sentence, places in code.items() if sentence not in entries]
    found += [f"unused: {sentence!r}" for sentence in entries if sentence not in code]
    found += [f"left over: {entry.id!r}" for entry in held.obsolete.values()]
    for entry in entries.values():
        found += [f"{reason}: {entry.id!r}" for reason in wrong(entry)]
    return found


def wrong(entry: Message) -> Iterator[str]:
    originals, translations = forms(entry.id), forms(entry.string)
    if not all(translations):
        yield "empty"
        return
    if entry.fuzzy:
        yield "fuzzy"
    if isinstance(entry.id, str) != isinstance(entry.string, str):
        yield "singular and plural"
    # The plural template may say {count} where the singular says "one".
    if any(places(words) != places(originals[-1]) for words in translations):
        yield "other places"
    if any(tags(words) != tags(originals[-1]) for words in translations):
        yield "other tags"
    if any(sign.isspace() for words in translations for sign in (words[0], words[-1])):
        yield "blanks around it"


def forms(words: str | Sequence[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or [""])


def places(template: str) -> set[str]:
    parsed = string.Formatter().parse(template)
    return {name + (f":{spec}" if spec else "") for _, name, spec, _ in parsed if name is not None}


def tags(template: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z][^>]*>", template))


def test_every_sentence_is_in_chinese_and_every_entry_is_said() -> None:
    code = sentences()
    assert len(code) > 150
    assert faults(code, chinese()) == []


def test_the_entries_are_in_order() -> None:
    ids = [forms(entry.id)[0] for entry in chinese() if entry.id]
    assert ids == sorted(ids)


def test_sentences_are_marked_where_they_stand() -> None:
    """`text(words)` would be found by nobody."""
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in BOT.rglob("*.py")
        if path.relative_to(BOT).parts[0] not in SILENT
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        if not isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []


HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
FOX = {"a <b>{fox}</b>": ["here"]}
FOXES = {("{count} fox", "{count} foxes"): ["here"]}


@pytest.mark.parametrize(
    ("code", "entries", "fault"),
    [
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "<b>{fox}</b>狐"', None),
        (FOXES, 'msgid "{count} fox"\nmsgid_plural "{count} foxes"\nmsgstr[0] "{count}只狐"', None),
        (FOX, "", "missing"),
        ({}, 'msgid "a fox"\nmsgstr "狐"', "unused"),
        ({}, '#~ msgid "a fox"\n#~ msgstr "狐"', "left over"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr ""', "empty"),
        (FOX, '#, fuzzy\nmsgid "a <b>{fox}</b>"\nmsgstr "<b>{fox}</b>"', "fuzzy"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "<b>{hare}</b>"', "other places"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "<b>狐</b>"', "other places"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "<i>{fox}</i>"', "other tags"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "{fox}"', "other tags"),
        (FOX, 'msgid "a <b>{fox}</b>"\nmsgstr "<b>{fox}</b>\\n"', "blanks around it"),
        (FOXES, 'msgid "{count} fox"\nmsgid_plural "{count} foxes"\nmsgstr[0] "狐"', "other places"),
        (FOXES, 'msgid "{count} fox"\nmsgstr "{count}狐"', "missing"),
    ],
)
def test_what_is_wrong_is_found(code: dict[Sentence, list[str]], entries: str, fault: str | None) -> None:
    found = [one.partition(":")[0] for one in faults(code, catalogue((HEADER + entries + "\n").encode()))]
    assert found[:1] == ([fault] if fault else [])
