"""Inline mode: `@bot words` in any chat offers one's own pictures and presets, and nothing of anybody else's."""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultCachedPhoto,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.error import BadRequest

from bot.capabilities import registry
from bot.capabilities.needs import WordsNeed
from bot.capabilities.options import shorten
from bot.errors import NotAllowed
from bot.limits import access
from bot.locales.text import Lang, pick, text
from bot.settings import Settings
from bot.store import gallery, people, presets
from bot.store.gallery import Photo
from bot.store.presets import Preset
from bot.telegram import preset_names
from bot.telegram.services import Context
from bot.telegram.tasks_list import words as prompt_of

log = structlog.get_logger()

PER_ANSWER = 30
PRESETS_SHOWN = 10

# Telegram asks again after so many seconds: a picture that was made meanwhile is there.
CACHE_SECONDS = 5

MOST_WORDS = 8

Result = InlineQueryResultArticle | InlineQueryResultCachedPhoto


async def answer(update: Update, context: Context) -> None:
    """Answer what somebody types behind the bot's name."""
    query = update.inline_query
    if query is None:
        return
    services, owner_id = context.services, query.from_user.id
    offset = int(query.offset) if query.offset.isdecimal() else 0
    async with services.store.read() as conn:
        lang = pick(await people.lang(conn, owner_id) or query.from_user.language_code)
        may = await _may(conn, owner_id, services.settings)
        found = await _photos(conn, query, offset) if may else []
        own = await presets.of_owner(conn, owner_id) if may and not offset else []
    results = [*_articles(own, query.query), *(_photo(one, lang) for one in found[:PER_ANSWER])]
    try:
        await query.answer(
            results,
            cache_time=CACHE_SECONDS,
            is_personal=True,
            next_offset=str(offset + PER_ANSWER) if len(found) > PER_ANSWER else "",
            button=_begin(lang) if may and not results and not offset and not query.query else None,
        )
    except BadRequest as error:  # it is too old, or its pictures are another bot's: nobody can be told
        log.info("inline_query_not_answered", fault=error.message)


async def _may(conn: AsyncConnection, owner_id: int, settings: Settings) -> bool:
    try:
        await access.check(conn, owner_id, settings)
    except NotAllowed:
        return False
    return True


async def _photos(conn: AsyncConnection, query: InlineQuery, offset: int) -> list[Photo]:
    """Read one photo more than is shown, which says whether there is a next page."""
    typed = query.query.split()[:MOST_WORDS]
    return await gallery.photos(conn, query.from_user.id, typed, offset=offset, limit=PER_ANSWER + 1)


def _photo(photo: Photo, lang: Lang) -> InlineQueryResultCachedPhoto:
    """Offer a picture; its words are for whoever looks for it, and do not go along."""
    capability = registry.BY_NAME.get(photo.capability)
    said = prompt_of(capability, photo.request) if capability else ""
    return InlineQueryResultCachedPhoto(
        id=f"{photo.task_id}:{photo.index}",
        photo_file_id=photo.photo_id,
        title=capability.title.plain(lang) if capability else None,
        description=said or None,
    )


def _articles(own: Sequence[Preset], typed: str) -> list[InlineQueryResultArticle]:
    """Offer presets: those whose name has what is typed, or else all of them with that as the words."""
    words = " ".join(typed.split())
    usable = [one for one in own if one.capability in registry.BY_NAME]
    called = [one for one in usable if words.casefold() in one.name.casefold()]
    if called:
        return [_article(one, "") for one in called[:PRESETS_SHOWN]]
    return [_article(one, words) for one in usable if _takes_words(one)][:PRESETS_SHOWN]


def _article(preset: Preset, words: str) -> InlineQueryResultArticle:
    parts = [f"/{registry.BY_NAME[preset.capability].commands[0]}", words, preset_names.typed(preset.name)]
    command = " ".join(part for part in parts if part)
    return InlineQueryResultArticle(
        id=f"preset:{preset_names.key_of(preset.name)}",
        title=f"⭐ {preset.name}",
        description=shorten(command, 100),
        input_message_content=InputTextMessageContent(command),
    )


def _takes_words(preset: Preset) -> bool:
    return any(isinstance(need, WordsNeed) for need in registry.BY_NAME[preset.capability].needs)


def _begin(lang: Lang) -> InlineQueryResultsButton:
    return InlineQueryResultsButton(text("You have no pictures yet: make one").plain(lang), start_parameter="inline")
