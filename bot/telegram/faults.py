"""Telegram's refusals of a background message, in the tracker's words."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError, TimedOut

from bot.store import chats, tasks
from bot.store.engine import Store
from bot.telegram.pacing import seconds_to_wait
from bot.tracker.ports import NotNow, Undeliverable

log = structlog.get_logger()

# Refusals that no repetition heals. Telegram tells them apart by their words alone.
_FINAL = (
    "chat not found",
    "chat_write_forbidden",
    "not enough rights",
    "user_is_blocked",
    "user is deactivated",
    "chat_restricted",
    "chat_send_photos_forbidden",
    "chat_send_docs_forbidden",
)

_TOPIC_SHUT = ("topic_deleted", "topic_closed", "message thread not found")

# After a time-out Telegram may still be at work on what it was sent: ask again only when that is surely over.
AFTER_TIMEOUT = 30.0


@asynccontextmanager
async def translated(store: Store, chat_id: int) -> AsyncIterator[None]:
    """Turn Telegram's errors into `NotNow` and `Undeliverable`; write down chats that have moved or blocked the bot.

    A time-out can mean that the message arrived. It is sent again all the same: twice is better than never.
    """
    try:
        yield
    except RetryAfter as error:
        raise NotNow(seconds_to_wait(error)) from None
    except ChatMigrated as error:
        await move_chat(store, chat_id, error.new_chat_id)
        raise NotNow(0) from None
    except Forbidden as error:
        async with store.write() as conn:
            await chats.block(conn, chat_id, time.time())
        raise Undeliverable(error.message) from None
    except BadRequest as error:
        log.warning("message_refused", chat=chat_id, reason=error.message)
        if is_topic_shut(error) or any(words in error.message.lower() for words in _FINAL):
            raise Undeliverable(error.message) from None
        raise
    except TimedOut:
        raise NotNow(AFTER_TIMEOUT) from None
    except TelegramError as error:
        log.warning("telegram_unreachable", fault=type(error).__name__)
        raise NotNow from None


def is_topic_shut(error: BadRequest) -> bool:
    """Say whether Telegram refused a message because its topic is closed, or there is none any more."""
    return any(words in error.message.lower() for words in _TOPIC_SHUT)


async def move_chat(store: Store, old: int, new: int) -> None:
    """Take everything along that belongs to a group that became a supergroup."""
    async with store.write() as conn:
        await tasks.move_chat(conn, old, new)
    log.info("chat_moved", old=old, new=new)


def may_have_arrived(fault: TelegramError) -> bool:
    """Say whether what was sent may be there all the same: it left, and only the answer is missing."""
    # A connection that was not made, or not free, has carried nothing.
    return isinstance(fault, TimedOut) and not isinstance(fault.__cause__, httpx.ConnectTimeout | httpx.PoolTimeout)
