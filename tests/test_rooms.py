"""The rooms of bot/ stand in an order, and each imports only from those below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).parents[1] / "bot"

# Lowest first.
ROOMS = (
    "locales",
    "settings",
    "errors",
    "log",
    "waiting",
    "miaohua",
    "media",
    "store",
    "limits",
    "tracker",
    "capabilities",
    "conversations",
    "telegram",
    "web",
    "sandbox",
)

# What puts the rooms together stands beside them, above all: the application, the demo, the command line.
TOP = {path.stem for path in BOT.glob("*.py")} - {"__init__", *ROOMS}

# The stand-ins are written from the vendor's document alone: what they share with the client they cannot prove.
CLOSED = {"sandbox": {"miaohua"}}

FORBIDDEN_WORDS = ("FIXME", "TODO")


def modules() -> list[Path]:
    return sorted(path for path in BOT.rglob("*.py") if path != BOT / "__init__.py")


def height(room: str) -> int:
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)


def room_of(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """Give what is imported, as dotted names; a relative import begins with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            yield from (f"{source}.{alias.name}" for alias in node.names)


def faults(room: str, source: str) -> list[str]:
    found = []
    for name in imported(ast.parse(source)):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if not top:
            found.append(f"{name} is relative")
        elif top == "bot" and target not in {*ROOMS, *TOP}:
            found.append(f"{name} is in no room")
        elif top == "bot" and height(target) > height(room):
            found.append(f"{name} is above {room}")
        elif top == "bot" and target in CLOSED.get(room, ()):
            found.append(f"{name} is closed to {room}")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BOT)))
def test_a_module_stands_in_a_room_and_imports_only_downwards(path: Path) -> None:
    assert room_of(path) in {*ROOMS, *TOP}
    assert faults(room_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BOT)))
def test_a_module_is_finished_and_at_home_on_any_machine(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [word for word in FORBIDDEN_WORDS if word in source] == []


def test_there_are_rooms_to_look_at() -> None:
    assert {"log", "telegram", "locales"} <= {room_of(path) for path in modules()}


@pytest.mark.parametrize(
    ("room", "source", "fault"),
    [
        ("media", "from bot.telegram.pacing import Pacer", "bot.telegram.pacing.Pacer is above media"),
        ("media", "import bot.web.server", "bot.web.server is above media"),
        ("media", "def f():\n    from bot import app", "bot.app is above media"),
        ("media", "from . import masks", "..masks is relative"),
        ("media", "from .masks import grid", ".masks.grid is relative"),
        ("media", "from bot.kitchen import sink", "bot.kitchen.sink is in no room"),
        ("sandbox", "from bot.miaohua.client import Client", "bot.miaohua.client.Client is closed to sandbox"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str, fault: str) -> None:
    assert faults(room, source) == [fault]


@pytest.mark.parametrize("source", ["from bot.media.masks import grid", "from bot import errors", "import botany.web"])
def test_a_right_import_is_none(source: str) -> None:
    assert faults("media", source) == []
