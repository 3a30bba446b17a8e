"""`/start` and `/help`: what can be done, phrased from the capabilities' own declarations."""

from telegram import Update

from bot.capabilities import registry
from bot.capabilities.base import Capability
from bot.capabilities.common_options import PRESET
from bot.capabilities.options import Option
from bot.conversations.view import joined
from bot.locales.text import Text, layout, text, verbatim
from bot.telegram import intake, messages
from bot.telegram.asker import asker_of, meet
from bot.telegram.commands import command_of
from bot.telegram.services import Context

OTHER_COMMANDS: tuple[tuple[str, Text], ...] = (
    ("tasks", text("What is under way")),
    ("history", text("Your pictures, to go on from")),
    ("models", text("Models and styles; choose your default")),
    ("presets", text("Options that you saved, to begin with")),
    ("settings", text("Model, size, format, language")),
    ("limits", text("What is left for you; admins set a group's limits")),
    ("cancel", text("End the present question")),
    ("privacy", text("What I keep, and for how long")),
    ("forget", text("Delete everything that I keep about you")),
    ("help", text("What I can do; /help imagine says more")),
)


async def start(update: Update, context: Context) -> None:
    """Greet, with one example that works."""
    services = context.services
    asker = await asker_of(update, services.store)
    if asker is None:
        return
    async with services.store.write() as conn:
        await meet(conn, asker, services.clock())
    await intake.admit(services, asker)
    await messages.say(context.bot, asker, greeting())


async def unknown(update: Update, context: Context) -> None:
    """Answer a command that there is not."""
    asker = await asker_of(update, context.services.store)
    if asker is not None:
        await messages.say(context.bot, asker, text("I do not know that command. /help says what I can do."))


async def unusable(update: Update, context: Context) -> None:
    """Answer a video, a voice message, a sticker: nothing can be made from them."""
    asker = await asker_of(update, context.services.store)
    if asker is not None:
        sentence = text("I work with photos and words. Send me a photo, or /imagine with what I shall draw.")
        await messages.say(context.bot, asker, sentence)


async def show(update: Update, context: Context) -> None:
    """Say what there is; with a command's name behind it, say everything about that one."""
    asker, message = await asker_of(update, context.services.store), update.message
    if asker is None or message is None:
        return
    command = command_of(message, context.bot.username)
    wanted = registry.BY_COMMAND.get(command.line.casefold().removeprefix("/").split(" ")[0]) if command else None
    is_public = context.services.studio.inputs.is_public
    await messages.say(context.bot, asker, details(wanted) if wanted else overview(is_public=is_public))


def greeting() -> Text:
    """Say who the bot is and how one begins."""
    return text(
        "Hello! I am a picture studio in your chat. Tell me what to draw:\n\n<code>{example}</code>\n\n"
        "Or send /{command} alone and choose as you go. /help says everything.",
        example="/imagine a red fox in the snow",
        command="imagine",
    )


def overview(*, is_public: bool) -> Text:
    """List the commands; without a public link for pictures, say which of them are off, and why."""
    lines = [
        layout("/{command} {icon} {summary}", command=one.commands[0], icon=one.icon, summary=one.summary)
        for one in registry.OFFERED
    ]
    lines += [layout("/{command} {summary}", command=command, summary=summary) for command, summary in OTHER_COMMANDS]
    ways = text(
        "Answer a photo with a command, or write the command below a photo that you send: then I work from that "
        "photo. Send a photo alone in our private chat, and I ask what to do with it.\n"
        "More about one: <code>/help {command}</code>",
        command=registry.OFFERED[0].commands[0],
    )
    return joined([*lines, verbatim(""), ways, *([] if is_public else [verbatim(""), _off()])])


def _off() -> Text:
    commands = verbatim(" ".join(f"/{one.commands[0]}" for one in registry.OFFERED if one.needs_link))
    return text(
        "Not possible here yet: {commands} on pictures that you send. The image service has to fetch them, and this "
        "bot has no public address: its operator can set PUBLIC_URL or MEDIA_BUCKET_URL.",
        commands=commands,
    )


def details(capability: Capability) -> Text:
    """Say everything about one capability, its flags with what they allow."""
    return layout(
        "{icon} <b>{title}</b> {names}\n{summary}\n<code>{example}</code>\n\n{flags}",
        icon=capability.icon,
        title=capability.title,
        names=verbatim(" ".join(f"/{command}" for command in capability.commands)),
        summary=capability.summary,
        example=capability.example,
        flags=joined([_flag(option) for option in (*capability.options, PRESET) if option.flags]),
    )


def _flag(option: Option) -> Text:
    names = " ".join(f"--{flag}" for flag in (*option.flags, *option.sets))
    return layout(
        "<code>{names}</code> {help}: <i>{allowed}</i>", names=names, help=option.help, allowed=option.kind.allowed()
    )
