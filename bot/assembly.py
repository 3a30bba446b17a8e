"""Put the parts together: who is made of what, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from bot.capabilities.base import Studio
from bot.capabilities.catalogue import Catalogue
from bot.capabilities.inputs import Inputs
from bot.capabilities.makers import makers, polls
from bot.housekeeping import Housekeeping
from bot.media.links import Links
from bot.media.shelf import Shelf
from bot.miaohua.client import Miaohua
from bot.settings import Settings
from bot.store import inbox
from bot.store.engine import Store
from bot.telegram.delivery import Delivery
from bot.telegram.files import Files
from bot.telegram.progress import Progress
from bot.telegram.reception import Reception
from bot.telegram.services import App, Services
from bot.tracker.handover import Handover
from bot.tracker.loop import Tracker
from bot.tracker.polling import Polling
from bot.tracker.submission import Submission
from bot.tracker.timings import Timings
from bot.web.app import create_app
from bot.web.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs."""

    app: App
    services: Services
    tracker: Tracker
    progress: Progress
    housekeeping: Housekeeping
    reception: Reception
    web: Starlette


def assemble(settings: Settings, *, store: Store, client: Miaohua, pictures: httpx.AsyncClient, app: App) -> Parts:
    """Make every part of those that are open already; `pictures` fetches the vendor's results."""
    files, shelf = Files(app.bot), Shelf(settings.media_dir)
    links = Links(settings.public_url or "", settings.link_key)
    inputs = Inputs(store, shelf=shelf, links=links if settings.public_url else None, fetch=files.fetch, http=pictures)
    studio = Studio(client, Catalogue(client), inputs, settings.default_model)
    timings = Timings(store)
    tracker = _tracker(settings, store, studio, timings, Delivery(app.bot, store, http=pictures, shelf=shelf))
    housekeeping = Housekeeping(app.bot, store, shelf)
    reception = Reception(store, app)
    services = Services(
        settings=settings,
        store=store,
        studio=studio,
        timings=timings,
        wake=tracker.wake,
        http=pictures,
        fetch=files.fetch,
    )
    return Parts(
        app=app,
        services=services,
        tracker=tracker,
        progress=Progress(app.bot, store, timings),
        housekeeping=housekeeping,
        reception=reception,
        web=create_app(
            links=links,
            shelf=shelf,
            health=_Health(store),
            registry=housekeeping.registry,
            webhook=_webhook(settings, reception),
        ),
    )


def _tracker(settings: Settings, store: Store, studio: Studio, timings: Timings, outlet: Delivery) -> Tracker:
    made_by = makers(studio)
    return Tracker(
        store,
        submission=Submission(store, made_by, timings),
        polling=Polling(store, made_by, polls(studio.client), timings),
        handover=Handover(store, outlet),
        capacity=settings.vendor_concurrency,
    )


def _webhook(settings: Settings, reception: Reception) -> Webhook | None:
    if settings.telegram_mode != "webhook" or settings.telegram_webhook_secret is None:
        return None
    return Webhook(settings.telegram_webhook_secret.get_secret_value(), lambda update: reception.accept([update]))


@dataclass(frozen=True, slots=True)
class _Health:
    store: Store

    async def __call__(self) -> Mapping[str, object]:
        async with self.store.read() as conn:
            return {"ok": True, "updates_open": await inbox.count_open(conn)}
