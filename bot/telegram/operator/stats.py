"""`/stats`: the operator's figures, in private; in a group, that group's, for its admins."""

from datetime import date, datetime, time, timedelta

import structlog
from telegram import InputMediaPhoto, Message, Update
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from bot.errors import NotAllowed
from bot.limits.rules import day_of
from bot.locales.text import text
from bot.media import charts
from bot.store import figures
from bot.telegram import dialogs, intake, messages
from bot.telegram.asker import Asker, asker_of
from bot.telegram.operator import stats_view as view
from bot.telegram.own_pages import out_of_date
from bot.telegram.services import Bot, Context, Services
from bot.telegram.turns import Priority

log = structlog.get_logger()

USUAL = 7
MOST_ACTIVE = 5


async def show(update: Update, context: Context) -> None:
    """Show the figures of the last days."""
    asker = await asker_of(update, context.services.store)
    if asker is None:
        return
    await _check(context.services, asker)
    await messages.gesture(context.bot, asker.chat_id, asker.thread_id, ChatAction.UPLOAD_PHOTO)
    report = await _report(context.services, asker, USUAL)
    picture = await _drawn(report, asker)
    if picture is None:
        await messages.say(context.bot, asker, view.words(report, asker.lang), view.buttons(USUAL))
        return
    await context.bot.send_photo(
        asker.chat_id,
        picture,
        filename="stats.png",
        caption=view.words(report, asker.lang).html(asker.lang),
        parse_mode=ParseMode.HTML,
        message_thread_id=asker.thread_id,
        reply_parameters=messages.reply_to(asker.message_id),
        reply_markup=messages.keyboard(view.buttons(USUAL), asker.lang),
        rate_limit_args=Priority.MESSAGE,
    )


async def press(update: Update, context: Context) -> None:
    """Show the figures of other days in the same message."""
    query, asker = update.callback_query, await asker_of(update, context.services.store)
    if query is None or query.data is None or asker is None:
        return
    await _check(context.services, asker)
    await dialogs.acknowledged(query)  # before the drawing, which takes a moment
    days = int(query.data.rpartition(":")[2])
    report = await _report(context.services, asker, days)
    # A message with a picture has to get another, and one of text cannot get any.
    has_picture = isinstance(query.message, Message) and bool(query.message.photo)
    picture = await _drawn(report, asker) if has_picture else None
    if picture is not None:
        await _redraw(context.bot, asker, report, picture)
    elif has_picture:
        await messages.say(context.bot, asker, view.words(report, asker.lang), view.buttons(days))
    else:
        rows = view.buttons(days)
        await messages.edit(
            context.bot,
            asker.chat_id,
            asker.message_id or 0,
            view.words(report, asker.lang),
            asker.lang,
            *rows,
            priority=Priority.MESSAGE,
        )


async def _redraw(bot: Bot, asker: Asker, report: view.Report, picture: bytes) -> None:
    caption = view.words(report, asker.lang).html(asker.lang)
    try:
        await bot.edit_message_media(
            InputMediaPhoto(picture, caption=caption, parse_mode=ParseMode.HTML, filename="stats.png"),
            chat_id=asker.chat_id,
            message_id=asker.message_id,
            reply_markup=messages.keyboard(view.buttons(report.days), asker.lang),
            rate_limit_args=Priority.MESSAGE,
        )
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            raise


async def _check(services: Services, asker: Asker) -> None:
    if asker.owner_id in services.settings.owner_ids:
        return
    if asker.is_private:
        raise out_of_date()
    await intake.admit(services, asker)
    if not await services.admins.has(asker.chat_id, asker.owner_id):
        raise NotAllowed(text("Only the admins of this group can see its figures."))


async def _report(services: Services, asker: Asker, days: int) -> view.Report:
    zone = services.settings.limits_timezone
    today = date.fromisoformat(day_of(services.clock(), zone))
    span = [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(days))]
    since = datetime.combine(date.fromisoformat(span[0]), time(), zone).timestamp()
    async with services.store.read() as conn:
        if asker.is_private:
            return view.Report(
                days,
                await figures.read(conn, span),
                people=await figures.people_here(conn, since),
                groups=await figures.groups_here(conn, span),
            )
        members = await figures.members_here(conn, asker.chat_id, since)
        active = await figures.most_active(conn, asker.chat_id, since, MOST_ACTIVE)
        read = await figures.read(conn, span, asker.chat_id)
        return view.Report(days, read, title=asker.chat_title, members=members, active=active)


async def _drawn(report: view.Report, asker: Asker) -> bytes | None:
    """Draw the figures; None where that cannot be, and the words are to do."""
    if not charts.is_possible():
        return None
    try:
        return await charts.draw(*(view.chart(report, lang) for lang in dict.fromkeys((asker.lang, "en"))))
    except charts.NoChart as fault:
        log.warning("no_chart", reason=str(fault))
        return None
