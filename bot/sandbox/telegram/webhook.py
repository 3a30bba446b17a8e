"""Delivery of updates to the bot's own web server, one at a time and in order."""

import asyncio
import contextlib
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import structlog

from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.updates import Update, UpdateQueue

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ANSWER_SECONDS: Final = 30
_WAIT_SECONDS: Final = 3600  # between looks at the queue when nothing wakes us

log = structlog.get_logger()


@dataclass(slots=True)
class _Target:
    url: str
    secret: str | None
    max_connections: int
    last_error_date: int | None = None
    last_error_message: str | None = None


class Webhook:
    """Where updates are posted, if anywhere; what is not answered with 2xx is posted again."""

    def __init__(
        self, queue: UpdateQueue, retry_seconds: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._queue = queue
        self._retry_seconds = retry_seconds
        self._sleep = sleep
        self._target: _Target | None = None
        self._delivery: asyncio.Task[None] | None = None

    async def set(self, url: str, secret: str | None, max_connections: int) -> None:
        """Deliver to `url` from now on. Raises `Refused` for a bad secret or an address off this machine."""
        if not _is_loopback(url):
            raise bad_request("bad webhook: the sandbox delivers to addresses of this machine only")
        if secret is not None and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        await self.remove()
        self._target = _Target(url, secret, max_connections)
        self._queue.webhook_active = True
        self._queue.changed.wake()
        self._delivery = asyncio.create_task(self._deliver(self._target), name="webhook delivery")

    async def remove(self) -> None:
        """Deliver no more."""
        self._target = None
        self._queue.webhook_active = False
        if self._delivery is not None:
            self._delivery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._delivery
            self._delivery = None

    def info(self) -> dict[str, Any]:
        """Phrase a `WebhookInfo`."""
        body: dict[str, Any] = {"url": "", "has_custom_certificate": False}
        body["pending_update_count"] = self._queue.pending_count
        if self._queue.asked:
            body["allowed_updates"] = self._queue.asked
        if self._target is None:
            return body
        body |= {"url": self._target.url, "max_connections": self._target.max_connections, "ip_address": "127.0.0.1"}
        if self._target.last_error_date is not None:
            body["last_error_date"] = self._target.last_error_date
            body["last_error_message"] = self._target.last_error_message
        return body

    async def _deliver(self, target: _Target) -> None:
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
            while True:
                update = self._queue.head()
                if update is None:
                    await self._queue.changed.wait(_WAIT_SECONDS)
                elif await _post(client, target, update):
                    self._queue.done(update)
                else:
                    await self._sleep(self._retry_seconds)


async def _post(client: httpx.AsyncClient, target: _Target, update: Update) -> bool:
    headers = {"X-Telegram-Bot-Api-Secret-Token": target.secret} if target.secret else {}
    try:
        answer = await client.post(target.url, json=update.body, headers=headers)
    except httpx.HTTPError as error:
        problem = f"Connection failed: {type(error).__name__}"
    else:
        if answer.is_success:
            return True
        problem = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
    target.last_error_date = int(time.time())
    target.last_error_message = problem
    log.warning("webhook delivery failed", update_id=update.id, problem=problem)
    return False


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False
