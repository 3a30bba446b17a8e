"""Put the parts together: who is made of what, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from bot.alerts import Alerts
from bot.capabilities.base import Studio
from bot.capabilities.catalogue import Catalogue
from bot.capabilities.inputs import Inputs
from bot.capabilities.makers import makers, polls
from bot.capabilities.needs import Brought
from bot.housekeeping import Housekeeping
from bot.media.links import Links
from bot.media.offers import Offers
from bot.media.shelf import Shelf
from bot.miaohua.client import Miaohua
from bot.settings import Settings
from bot.store import inbox
from bot.store.engine import Store
from bot.telegram import hearing
from bot.telegram.admins import Admins
from bot.telegram.delivery import Delivery
from bot.telegram.files import Files
from bot.telegram.operator.broadcasting import Broadcasting
from bot.telegram.progress import Progress
from bot.telegram.reception import Reception
from bot.telegram.services import App, Services
from bot.tracker.gate import Gate
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
    broadcasting: Broadcasting
    alerts: Alerts
    reception: Reception
    web: Starlette


def assemble(settings: Settings, *, store: Store, client: Miaohua, pictures: httpx.AsyncClient, app: App) -> Parts:
    """Make every part of those that are open already; `pictures` fetches the vendor's results."""
    files, links = Files(app.bot), Links(settings.public_url or "", settings.link_key)
    shelf = Shelf(settings.media_dir, links)
    offers = _offers(settings, shelf)
    is_public = settings.public_url or settings.media_bucket_url
    inputs = Inputs(store, offers=offers if is_public else None, fetch=files.fetch, http=pictures)
    studio = Studio(client, Catalogue(client), inputs, store, settings.default_model)
    timings = Timings(store)

    async def hear(brought: Brought) -> None:  # nothing is brought before the services are there
        await hearing.hear(services, app.bot, brought)

    outlet = Delivery(app.bot, store, http=pictures, shelf=offers, hear=hear)
    gate = Gate(settings.vendor_concurrency)
    tracker = _tracker(gate, store, studio, timings, outlet)
    housekeeping = Housekeeping(app.bot, store, offers, history_days=settings.history_days)
    housekeeping.watch(gate)
    reception = Reception(store, app)
    services = Services(
        settings=settings,
        store=store,
        studio=studio,
        timings=timings,
        admins=Admins(app.bot),
        wake=tracker.wake,
        http=pictures,
        fetch=files.fetch,
        is_down=lambda: gate.is_down,
    )
    return Parts(
        app=app,
        services=services,
        tracker=tracker,
        progress=Progress(app.bot, store, timings, is_down=services.is_down),
        housekeeping=housekeeping,
        broadcasting=Broadcasting(app.bot, store),
        alerts=Alerts(app.bot, store, settings.owner_ids),
        reception=reception,
        web=create_app(
            links=links,
            shelf=shelf,
            health=_Health(store),
            registry=housekeeping.registry,
            webhook=_webhook(settings, reception),
        ),
    )


def _tracker(gate: Gate, store: Store, studio: Studio, timings: Timings, outlet: Delivery) -> Tracker:
    made_by, withdraw = makers(studio), studio.inputs.withdraw
    return Tracker(
        store,
        submission=Submission(store, made_by, timings, gate, withdraw=withdraw),
        polling=Polling(store, made_by, polls(studio.client), timings),
        handover=Handover(store, outlet, withdraw=withdraw),
        gate=gate,
    )


def _offers(settings: Settings, shelf: Shelf) -> Offers:
    if settings.media_bucket_url is None:
        return shelf
    from bot.media.bucket import bucket_of  # noqa: PLC0415  takes time to load, which others need not spend

    return bucket_of(settings)


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
