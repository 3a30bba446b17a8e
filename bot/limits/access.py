"""Who may use the bot at all, as the operator says: asked before any limit."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotAllowed
from bot.locales.text import text
from bot.settings import Settings
from bot.store import people


async def check(conn: AsyncConnection, person_id: int, settings: Settings) -> None:
    """Raise `NotAllowed` for whoever is banned or, where only those may use the bot, not let in."""
    if person_id in settings.owner_ids:
        return
    standing = await people.standing(conn, person_id)
    if standing.is_banned:
        raise NotAllowed(text("You cannot use this bot: its operator has banned you. Only the operator can lift that."))
    if settings.access == "allowlist" and not standing.is_allowed:
        raise NotAllowed(
            text(
                "This bot is only for people whom its operator has let in. "
                "Ask the operator to let you in; your number is <code>{number}</code>.",
                number=person_id,
            )
        )
