"""How the bot presents itself in Telegram's clients: the lists of commands, in both languages."""

from collections.abc import Collection, Sequence

import structlog
from telegram import BotCommand, BotCommandScope, BotCommandScopeAllChatAdministrators, BotCommandScopeChat
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.locales.text import Lang, Text, text
from bot.telegram.help import OTHER_COMMANDS
from bot.telegram.services import Bot

log = structlog.get_logger()

# Telegram's codes; the empty one is for every language that has none of its own.
_CODES: tuple[tuple[str | None, Lang], ...] = ((None, "en"), ("zh", "zh_CN"))

ADMIN_COMMANDS: tuple[tuple[str, Text], ...] = (("stats", text("This group's figures")),)

OPERATOR_COMMANDS: tuple[tuple[str, Text], ...] = (
    ("stats", text("Figures: people, tasks, waits, errors")),
    ("quota", text("Pictures a day of one person: /quota @name 100")),
    ("ban", text("Shut somebody out")),
    ("unban", text("Lift a ban")),
    ("allow", text("Let somebody in")),
    ("disallow", text("Take that back")),
    ("broadcast", text("Write to every chat")),
)


async def publish(bot: Bot, owners: Collection[int] = ()) -> None:
    """Set the commands that clients offer: to all, to the admins of groups, and to each owner in private."""
    await _offer(bot, None)
    await _offer(bot, BotCommandScopeAllChatAdministrators(), ADMIN_COMMANDS)
    for owner in sorted(owners):
        try:
            await _offer(bot, BotCommandScopeChat(owner), OPERATOR_COMMANDS)
        except BadRequest as fault:  # an owner who has not written to the bot yet
            log.info("owner_commands_not_published", owner=owner, reason=fault.message)


async def _offer(bot: Bot, scope: BotCommandScope | None, more: Sequence[tuple[str, Text]] = ()) -> None:
    for code, lang in _CODES:
        await bot.set_my_commands(commands(lang, more), scope=scope, language_code=code)


def commands(lang: Lang, more: Sequence[tuple[str, Text]] = ()) -> list[BotCommand]:
    """List the commands with their descriptions, and `more` behind them."""
    listed = [(one.commands[0], one.summary) for one in registry.OFFERED]
    return [BotCommand(name, summary.plain(lang)) for name, summary in (*listed, *OTHER_COMMANDS, *more)]
