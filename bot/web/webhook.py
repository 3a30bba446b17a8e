"""Take in what Telegram sends."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

WEBHOOK_PATH: Final = "/telegram"
MAX_BODY_BYTES: Final = 1024 * 1024
ACCEPT_SECONDS: Final = 20  # for the body, and again for taking it in; Telegram gives up after about a minute
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  a name

log = structlog.get_logger()


class _Malformed(Exception):
    """Not an update."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The door for updates: confirms one only when `accept` has returned, so that Telegram repeats all others."""

    secret: str = field(repr=False)
    accept: Callable[[dict[str, Any]], Awaitable[None]]

    async def receive(self, request: Request) -> Response:
        """Answer 200 for an update taken in, 503 to have it again; 403 and 400 for what Telegram would not send."""
        if not self._is_telegram(request):
            return _answer(HTTPStatus.FORBIDDEN)
        try:
            update = await _read_update(request)
        except (_Malformed, ClientDisconnect, TimeoutError) as error:
            log.warning("update_malformed", reason=str(error) or type(error).__name__)
            return _answer(HTTPStatus.BAD_REQUEST)
        try:
            async with asyncio.timeout(ACCEPT_SECONDS):
                await self.accept(update)
        except Exception:  # whatever it was, the update is not lost: Telegram sends it again
            log.exception("update_not_accepted", update_id=update["update_id"])
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(HTTPStatus.OK)

    def _is_telegram(self, request: Request) -> bool:
        given = request.headers.get(_SECRET_HEADER, "")
        return hmac.compare_digest(given.encode(), self.secret.encode())


def _answer(status: HTTPStatus) -> Response:
    return PlainTextResponse(status.phrase, status)


async def _read_update(request: Request) -> dict[str, Any]:
    async with asyncio.timeout(ACCEPT_SECONDS):
        body = await _read_body(request)
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        raise _Malformed("no JSON") from None
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        raise _Malformed("no update_id")
    return update


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise _Malformed("too large")
    return bytes(body)
