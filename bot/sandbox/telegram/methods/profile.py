"""Methods about what the bot says of itself."""

from collections.abc import Awaitable, Callable

from bot.sandbox.telegram.commands import Command
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import Json


async def set_my_commands(sandbox: Sandbox, params: Params) -> bool:
    """Replace the menu of a scope and language."""
    commands = params.array("commands")
    if commands is None:
        raise bad_request('can\'t find field "commands"')
    sandbox.profile.set_commands(commands, params.json("scope"), _language(params))
    return True


async def get_my_commands(sandbox: Sandbox, params: Params) -> list[Command]:
    """Tell the menu of a scope and language."""
    return sandbox.profile.commands(params.json("scope"), _language(params))


async def delete_my_commands(sandbox: Sandbox, params: Params) -> bool:
    """Take the menu of a scope and language back."""
    sandbox.profile.delete_commands(params.json("scope"), _language(params))
    return True


async def set_chat_menu_button(sandbox: Sandbox, params: Params) -> bool:
    """Set what the button beside the input does."""
    match params.json("menu_button"):
        case None:
            sandbox.profile.menu_button = {"type": "default"}
        case {"type": "default" | "commands" as kind}:
            sandbox.profile.menu_button = {"type": kind}
        case {"type": "web_app", "text": str(words), "web_app": {"url": str(url)}}:
            sandbox.profile.menu_button = {"type": "web_app", "text": words, "web_app": {"url": url}}
        case _:
            raise bad_request("can't parse menu button: unsupported type specified")
    return True


async def get_chat_menu_button(sandbox: Sandbox, _params: Params) -> Json:
    """Tell what the button beside the input does."""
    return sandbox.profile.menu_button


def setter(name: str) -> Callable[[Sandbox, Params], Awaitable[bool]]:
    """Make the method that sets the name or a description."""

    async def set_text(sandbox: Sandbox, params: Params) -> bool:
        sandbox.profile.set_text(name, params.text(name) or "", _language(params))
        return True

    return set_text


def getter(name: str) -> Callable[[Sandbox, Params], Awaitable[Json]]:
    """Make the method that tells the name or a description."""

    async def get_text(sandbox: Sandbox, params: Params) -> Json:
        held = sandbox.profile.texts
        return {name: held.get((name, _language(params))) or held.get((name, ""), "")}

    return get_text


def _language(params: Params) -> str:
    return params.text("language_code") or ""
