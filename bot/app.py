"""The composition root: opens what is to be opened once, runs the parts side by side, closes in reverse."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.assembly import Parts, assemble
from bot.miaohua.client import Miaohua, http_client
from bot.settings import Settings, SettingsError
from bot.store.engine import Store
from bot.store.lock import single_instance
from bot.telegram import application, panels, profile
from bot.telegram.polling import Poller
from bot.telegram.services import App
from bot.waiting import pause
from bot.web.server import serve
from bot.web.webhook import WEBHOOK_PATH

log = structlog.get_logger()

RECONNECT_EVERY = 10.0


async def run(settings: Settings, stop: asyncio.Event, started: asyncio.Event | None = None) -> None:
    """Run the bot until `stop` is set; `started` is set as soon as it listens.

    Raises `SettingsError` where a setting proves wrong, `AlreadyRunning` where another process has the database,
    `OSError` where the web part's port is taken.
    """
    async with AsyncExitStack() as opened:
        store = await Store.open(settings.database_url)
        opened.push_async_callback(store.close)
        await opened.enter_async_context(single_instance(store))
        client = Miaohua(
            await opened.enter_async_context(http_client()),
            base_url=settings.miaohua_api_url,
            access_key=settings.miaohua_access_key,
            secret_key=settings.miaohua_secret_key,
        )
        pictures = await opened.enter_async_context(http_client())

        async def settle(update: object) -> None:  # no update is handled before the parts are there
            await parts.reception.settle(update)

        app = application.build(settings, after=settle)
        if not await _connect(app, stop):
            return
        opened.push_async_callback(app.shutdown)
        parts = assemble(settings, store=store, client=client, pictures=pictures, app=app)
        address = await opened.enter_async_context(serve(parts.web, settings.web_host, settings.web_port))
        log.info("started", bot=app.bot.username, web=address, mode=settings.telegram_mode)
        await _work(settings, parts, stop, started)
    log.info("stopped")


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


async def _connect(app: App, stop: asyncio.Event) -> bool:
    """Introduce the bot to Telegram; say whether that came about before the stop."""
    try:
        return await _insist(app.initialize, stop)
    except InvalidToken:
        raise SettingsError("TELEGRAM_BOT_TOKEN: Telegram does not know this token.") from None


async def _insist(ask: Callable[[], Awaitable[object]], stop: asyncio.Event) -> bool:
    """Ask Telegram as often as it takes; say whether it answered before the stop. Raises `InvalidToken`."""
    while not stop.is_set():
        try:
            await ask()
        except InvalidToken:
            raise
        except TelegramError as fault:
            log.warning("telegram_unreachable", fault=repr(fault), again_in=RECONNECT_EVERY)
            await pause(stop, RECONNECT_EVERY)
        else:
            return True
    return False


async def _work(settings: Settings, parts: Parts, stop: asyncio.Event, started: asyncio.Event | None) -> None:
    app = parts.app
    app.bot_data = parts.services
    application.add_handlers(app)
    await _publish(parts)
    await parts.tracker.recover()
    await app.start()
    try:
        await parts.reception.replay()
        await panels.resume(parts.services, app.bot)
        async with asyncio.TaskGroup() as loops:
            loops.create_task(parts.tracker.run(stop), name="tracker")
            loops.create_task(parts.progress.run(stop), name="progress")
            loops.create_task(parts.housekeeping.run(stop), name="housekeeping")
            loops.create_task(parts.broadcasting.run(stop), name="broadcasting")
            loops.create_task(parts.alerts.run(stop), name="alerts")
            loops.create_task(_receive(settings, parts, stop), name="reception")
            if started is not None:
                started.set()
    finally:
        await app.stop()


async def _receive(settings: Settings, parts: Parts, stop: asyncio.Event) -> None:
    if settings.telegram_mode == "polling":
        await Poller(parts.app.bot, parts.reception.accept, application.ALLOWED_UPDATES).run(stop)
        return
    await _insist(partial(_set_webhook, parts.app, settings), stop)
    await stop.wait()


async def _set_webhook(app: App, settings: Settings) -> None:
    secret = settings.telegram_webhook_secret
    await app.bot.set_webhook(
        f"{settings.public_url}{WEBHOOK_PATH}",
        allowed_updates=application.ALLOWED_UPDATES,
        secret_token=secret.get_secret_value() if secret else None,
        drop_pending_updates=False,
    )


async def _publish(parts: Parts) -> None:
    try:
        await profile.publish(parts.app.bot, parts.services.settings.owner_ids)
    except TelegramError as fault:  # the list of commands is a courtesy
        log.warning("commands_not_published", fault=type(fault).__name__)
