"""Tell the operator's tools how the bot is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

HEALTH_SECONDS: Final = 5

log = structlog.get_logger()

Health = Callable[[], Awaitable[Mapping[str, object]]]


@dataclass(frozen=True, slots=True)
class Status:
    """The health check, and the figures."""

    health: Health
    registry: CollectorRegistry

    async def healthz(self, _request: Request) -> Response:
        """Answer with the health report as JSON: 200 where its "ok" is true, else 503.

        A check that fails, or takes over `HEALTH_SECONDS`, is not ok.
        """
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                report = dict(await self.health())
        except Exception:  # a check that cannot be made is the news
            log.exception("health_check_failed")
            report = {"ok": False}
        status = HTTPStatus.OK if report.get("ok") is True else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(report, status, headers={"Cache-Control": "no-store"})

    async def metrics(self, _request: Request) -> Response:
        """Answer with every metric of the registry in Prometheus' text format."""
        return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
