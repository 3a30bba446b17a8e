"""The bot's own web application: updates in, pictures out, and how it is."""

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.media.links import MEDIA_PATH, Links
from bot.media.shelf import Shelf
from bot.web.pictures import Pictures
from bot.web.status import Health, Status
from bot.web.webhook import WEBHOOK_PATH, Webhook


def create_app(
    *, links: Links, shelf: Shelf, health: Health, registry: CollectorRegistry, webhook: Webhook | None = None
) -> Starlette:
    """Put the application together; `webhook` only where Telegram is to send updates here."""
    status = Status(health, registry)
    routes = [
        Route(f"{MEDIA_PATH}/{{token}}", Pictures(links, shelf).show, methods=["GET"]),  # and HEAD
        Route("/healthz", status.healthz, methods=["GET"]),
        Route("/metrics", status.metrics, methods=["GET"]),
    ]
    if webhook is not None:
        routes.append(Route(WEBHOOK_PATH, webhook.receive, methods=["POST"]))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _nothing_here})
    app.router.redirect_slashes = False
    return app


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Not Found", 404)
