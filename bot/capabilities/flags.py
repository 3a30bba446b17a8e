"""Read what is typed behind a command: a prompt and flags, in any order.

Phones turn `--` into a dash, Chinese keyboards into two: all are read. A flag's value is the next word (or words in
quotes, and what a colon ties to them); that of a free text goes on to the next flag.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.capabilities.options import Option, shorten
from bot.errors import BadValue
from bot.locales.text import text, verbatim

_FLAG = re.compile(r"(?:(?<=\s)|^)(?:--|[—–]{1,2}|－－)([A-Za-z][A-Za-z0-9-]*)(?:([=＝])|(?=\s|$))")
_LEADING = re.compile(r"\s*(?:\"([^\"]*)\"([:：]\S*)?|“([^”]*)”([:：]\S*)?|(\S+))")


@dataclass(frozen=True, slots=True)
class Line:
    """A command's line, read."""

    words: str
    values: Mapping[str, Any]


def read(line: str, options: Sequence[Option]) -> Line:
    """Split a line into the prompt and the options' values.

    Raises `BadValue` for an unknown flag, with those there are, and for a bad value, with what is allowed.
    """
    by_flag = _by_flag(options)
    found = list(_FLAG.finditer(line))
    words = [line[: found[0].start()] if found else line]
    values: dict[str, Any] = {}
    ends = [flag.start() for flag in found[1:]] + [len(line)]
    for flag, end in zip(found, ends, strict=False):
        segment = line[flag.end() : end]
        option = _option(flag[1].lower(), by_flag)
        raw, rest = _value(option, flag[1].lower(), segment, tied=flag[2] is not None)
        words.append(rest)
        _set(values, option, option.parse(raw, flag=flag[1].lower()))
    return Line(" ".join(part.strip() for part in words if part.strip()), values)


def _by_flag(options: Sequence[Option]) -> dict[str, Option]:
    return {flag: option for option in options for flag in (*option.flags, *option.sets)}


def _option(flag: str, by_flag: Mapping[str, Option]) -> Option:
    if flag in by_flag:
        return by_flag[flag]
    near = difflib.get_close_matches(flag, by_flag, n=1)
    flags = verbatim(" ".join(f"--{known}" for known in by_flag))
    if near:
        raise BadValue(
            text(
                "There is no <b>--{flag}</b>. Did you mean <b>--{near}</b>? There are: {flags}",
                flag=shorten(flag, 40),
                near=near[0],
                flags=flags,
            )
        )
    raise BadValue(text("There is no <b>--{flag}</b>. There are: {flags}", flag=shorten(flag, 40), flags=flags))


def _value(option: Option, flag: str, segment: str, *, tied: bool) -> tuple[str, str]:
    """Say which part of the text behind a flag (`tied` by an equals sign) is its value, and which is the prompt's."""
    if flag in option.sets:
        return option.sets[flag], segment
    if option.kind.takes == "rest":
        return segment, ""
    leading = _LEADING.match(segment)
    token = "".join(filter(None, leading.groups())) if leading else ""
    if option.kind.takes == "nothing" and not tied and token.lower() not in {"on", "off"}:
        return "", segment
    return token, segment[leading.end() :] if leading else ""


def _set(values: dict[str, Any], option: Option, value: Any) -> None:  # noqa: ANN401  a JSON value
    if option.most == 1:
        values[option.name] = value
        return
    values.setdefault(option.name, []).append(value)
    if len(values[option.name]) > option.most:
        raise BadValue(
            text("<b>--{flag}</b> can be given {most} times at most.", flag=option.flags[0], most=option.most)
        )
