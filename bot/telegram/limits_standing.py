"""What is left for somebody: of their own allowance, and of the groups' that they are in."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversations.view import joined
from bot.limits import allowance
from bot.limits.group_rules import GroupRules
from bot.limits.rules import Bounds, day_of, renews_at, resolve
from bot.locales.text import Text, layout, text, verbatim
from bot.locales.times import duration
from bot.store import group_allowances
from bot.store.group_allowances import EVERYBODY
from bot.telegram import intake
from bot.telegram.asker import Asker
from bot.telegram.services import Services

MOST_GROUPS = 10


async def own(conn: AsyncConnection, services: Services, asker: Asker) -> Text:
    """Say what somebody has used of the day and what they may, in the group where they ask and everywhere."""
    rules = await intake.group_rules(conn, asker)
    return await _used(conn, services, asker, await intake.bounds(conn, services.settings, asker, rules))


async def _used(conn: AsyncConnection, services: Services, asker: Asker, allowed: Bounds) -> Text:
    now, zone = services.clock(), services.settings.limits_timezone
    day = day_of(now, zone)
    standing = await allowance.standing_of(conn, asker.owner_id, day)
    lines = [
        text(
            "You, everywhere: {used} of {daily} pictures today, {running} of {most} tasks under way.",
            used=standing.used,
            daily=allowed.person.daily,
            running=standing.running,
            most=allowed.person.running,
        )
    ]
    if allowed.group is not None:
        here = await allowance.standing_in(conn, asker.chat_id, asker.owner_id, day)
        member = allowed.group.member
        lines.insert(
            0,
            text(
                "You, in this group: {used} of {daily} pictures today, {running} of {most} tasks under way.",
                used=here.used,
                daily=member.daily,
                running=here.running,
                most=member.running,
            ),
        )
        lines.append(await together(conn, asker.chat_id, day, allowed.group.daily))
    lines.append(
        text("There will be new ones in {wait}.", wait=duration(renews_at(now, zone) - now, is_rounded_up=True))
    )
    return joined(lines)


async def together(conn: AsyncConnection, chat_id: int, day: str, daily: int | None) -> Text:
    """Say what a group has used of the day."""
    used = await group_allowances.used(conn, chat_id, EVERYBODY, day)
    if daily is None:
        return text("This group, all together: {used} pictures today.", used=used)
    return text("This group, all together: {used} of {daily} pictures today.", used=used, daily=daily)


async def everywhere(conn: AsyncConnection, services: Services, asker: Asker) -> Text:
    """Say, in private, what somebody has used of the day, and in which groups."""
    day = day_of(services.clock(), services.settings.limits_timezone)
    shares = await group_allowances.of_member(conn, asker.owner_id, day, MOST_GROUPS)
    allowed = await intake.bounds(conn, services.settings, asker, GroupRules())
    lines = [
        text("🛡 <b>Your limits</b>"),
        await _used(conn, services, asker, allowed),
        text("Between two requests: {seconds} s.", seconds=f"{allowed.person.interval:g}"),
    ]
    for share in shares:
        bounds = resolve(allowed.person, chat_id=share.chat_id, rules=GroupRules.load(share.rules))
        lines.append(
            layout(
                "{title}: {used}/{daily}",
                title=share.title or text("a group"),
                used=share.used,
                daily=bounds.group.member.daily if bounds.group else bounds.person.daily,
            )
        )
    if shares:
        lines[3:3] = [verbatim(""), text("Of these, in groups today:")]
    return joined(lines)
