"""How the bot presents itself in Telegram's clients: the list of commands, in both languages."""

from telegram import BotCommand

from bot.capabilities import registry
from bot.locales.text import Lang
from bot.telegram.help import OTHER_COMMANDS
from bot.telegram.services import Bot

# Telegram's codes; the empty one is for every language that has none of its own.
_CODES: tuple[tuple[str | None, Lang], ...] = ((None, "en"), ("zh", "zh_CN"))


async def publish(bot: Bot) -> None:
    """Set the commands that clients offer."""
    for code, lang in _CODES:
        await bot.set_my_commands(commands(lang), language_code=code)


def commands(lang: Lang) -> list[BotCommand]:
    """List the commands with their descriptions."""
    listed = [(one.commands[0], one.summary) for one in registry.ALL]
    return [BotCommand(name, summary.plain(lang)) for name, summary in (*listed, *OTHER_COMMANDS)]
