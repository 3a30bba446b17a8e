"""`/start` and `/help`: what can be done, phrased from the capabilities' own declarations."""

from telegram import Update

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.options import Option
from bot.conversations.screens import joined
from bot.locales.text import Text, layout, text
from bot.telegram import messages
from bot.telegram.asker import asker_of
from bot.telegram.commands import command_of
from bot.telegram.services import Context

OTHER_COMMANDS: tuple[tuple[str, Text], ...] = (
    ("tasks", text("What is under way")),
    ("cancel", text("End the present question")),
    ("help", text("What I can do; /help imagine says more")),
)


async def start(update: Update, context: Context) -> None:
    """Greet, with one example that works."""
    asker = asker_of(update)
    if asker is not None:
        await messages.say(context.bot, asker, greeting())


async def unknown(update: Update, context: Context) -> None:
    """Answer a command that there is not."""
    asker = asker_of(update)
    if asker is not None:
        await messages.say(context.bot, asker, text("I do not know that command. /help says what I can do."))


async def show(update: Update, context: Context) -> None:
    """Say what there is; with a command's name behind it, say everything about that one."""
    asker, message = asker_of(update), update.message
    if asker is None or message is None:
        return
    command = command_of(message, context.bot.username)
    wanted = registry.BY_COMMAND.get(command.line.casefold().removeprefix("/").split(" ")[0]) if command else None
    await messages.say(context.bot, asker, details(wanted) if wanted else overview())


def greeting() -> Text:
    """Say who the bot is and how one begins."""
    return text(
        "Hello! I am a picture studio in your chat. Tell me what to draw:\n\n<code>{example}</code>\n\n"
        "Or send /{command} alone and choose as you go. /help says everything.",
        example="/imagine a red fox in the snow",
        command="imagine",
    )


def overview() -> Text:
    """List the commands."""
    lines = [
        layout("/{command} {icon} {summary}", command=one.commands[0], icon=one.icon, summary=one.summary)
        for one in registry.ALL
    ]
    lines += [layout("/{command} {summary}", command=command, summary=summary) for command, summary in OTHER_COMMANDS]
    return text(
        "{lines}\n\nAnswer a photo with a command, or write the command below a photo that you send: then I work "
        "from that photo.\nMore about one: <code>/help {command}</code>",
        lines=joined(lines),
        command=registry.ALL[0].commands[0],
    )


def details(capability: Capability) -> Text:
    """Say everything about one capability, its flags with what they allow."""
    return layout(
        "{icon} <b>{title}</b>: {summary}\n<code>{example}</code>\n\n{flags}",
        icon=capability.icon,
        title=capability.title,
        summary=capability.summary,
        example=capability.example,
        flags=joined([_flag(option) for option in capability.options if option.flags]),
    )


def _flag(option: Option) -> Text:
    names = " ".join(f"--{flag}" for flag in (*option.flags, *option.sets))
    return layout(
        "<code>{names}</code> {help}: <i>{allowed}</i>", names=names, help=option.help, allowed=option.kind.allowed()
    )
