"""What the bot says about itself: its menu of commands by scope and language, its name and descriptions."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.telegram.refusals import bad_request

_COMMAND: Final = re.compile(r"/?[a-z0-9_]{1,32}")
_MAX_COMMANDS: Final = 100
_MAX_DESCRIPTION: Final = 256
_SCOPES: Final = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
LENGTHS: Final[Mapping[str, int]] = {"name": 64, "description": 512, "short_description": 120}

Command = dict[str, str]


class Profile:
    """What was set, by language; an empty language is everybody else's."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.menu_button: dict[str, Any] = {"type": "default"}
        self._commands: dict[tuple[str, str], list[Command]] = {}

    def set_commands(self, commands: list[Any], scope: object, language: str) -> None:
        """Replace the commands of a scope and language. Raises `Refused` for what Telegram does not take."""
        if len(commands) > _MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self._commands[_scope_key(scope), language] = [_checked(command) for command in commands]

    def commands(self, scope: object, language: str) -> list[Command]:
        """Give the commands of exactly that scope and language."""
        return self._commands.get((_scope_key(scope), language), [])

    def delete_commands(self, scope: object, language: str) -> None:
        """Take the commands of a scope and language back."""
        self._commands.pop((_scope_key(scope), language), None)

    def shown_commands(self, language: str) -> list[Command]:
        """Give the commands that a client shows in a private chat: the narrowest scope wins, then the language."""
        scopes = [{"type": "all_private_chats"}, {"type": "default"}]
        keys = [(_scope_key(scope), code) for scope in scopes for code in (language, "")]
        return next((self._commands[key] for key in keys if self._commands.get(key)), [])

    def set_text(self, name: str, words: str, language: str) -> None:
        """Set the name or a description; empty takes it back. Raises `Refused` if it is too long."""
        if len(words) > LENGTHS[name]:
            raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
        self.texts[name, language] = words


def _checked(command: object) -> Command:
    match command:
        case {"command": str(name), "description": str(description)}:
            pass
        case _:
            raise bad_request("can't parse BotCommand: expected an Object with a command and a description")
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= _MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name.removeprefix("/"), "description": description}


def _scope_key(scope: object) -> str:
    if scope is None:
        scope = {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    fields = {name: scope.get(name) for name in ("type", *_SCOPES[scope["type"]])}
    return json.dumps({name: str(value) for name, value in fields.items()}, sort_keys=True)
