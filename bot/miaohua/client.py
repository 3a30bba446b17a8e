"""The transport: one call, one answer or one error."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
import structlog
from pydantic import SecretStr

from bot.miaohua.auth import Tokens
from bot.miaohua.codec import decode
from bot.miaohua.errors import MiaohuaError, NotSent, Unanswered, Unauthenticated

DEADLINE = 120.0
"""Seconds for a whole call. More than the waits for a connection together, so running out means: it was sent."""

MAX_ANSWER = 64 * 2**20
"""Bytes. The largest answers hold pictures as text."""

_TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=10)
_NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

_log = structlog.get_logger(__name__)


def http_client(*, connections: int = 20) -> httpx.AsyncClient:
    """Make the HTTP client that `Miaohua` needs; whoever makes it closes it.

    A proxy is taken from the environment, as the operator's other programs do, but never for this machine itself,
    where the stand-in lives.
    """
    return httpx.AsyncClient(
        timeout=_TIMEOUT,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5),
        mounts={f"all://{host}": None for host in _LOOPBACK},
        follow_redirects=False,
    )


class Miaohua:
    """The vendor's API, one call at a time.

    Nothing is repeated here but a call whose token was refused, once: whether anything else may be repeated depends
    on what it costs, and the callers know.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        clock: Callable[[], float] = time.time,
        deadline: float = DEADLINE,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._tokens = Tokens(access_key, secret_key, clock)
        self._deadline = deadline

    async def call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Ask for a path such as `/v1/imgenstd/models` and return the answer's JSON object.

        A GET may have a JSON body too. Raises `NotSent`, `Unanswered` or an `ApiError`.
        """
        request = self._http.build_request(
            method,
            self._base_url + path,
            params=params,
            json=json,
            headers={"Content-Type": "application/json"},  # the vendor asks for it on bodiless calls too
        )
        token = self._tokens.current()
        try:
            return await self._attempt(request, path, token)
        except Unauthenticated:
            token = self._tokens.renew(rejected=token)
        return await self._attempt(request, path, token)

    async def _attempt(self, request: httpx.Request, path: str, token: str) -> dict[str, Any]:
        request.headers["Authorization"] = f"Bearer {token}"
        log = _log.bind(method=request.method, path=path)
        started = time.perf_counter()
        try:
            response, body = await self._exchange(request)
            log.debug("miaohua.answered", status=response.status_code, ms=round((time.perf_counter() - started) * 1000))
            return decode(response.status_code, response.headers, body)
        except MiaohuaError as error:
            log.warning("miaohua.failed", error=str(error), trace_id=getattr(error, "trace_id", None))
            raise

    async def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._http.send(request, stream=True)
                try:
                    return response, await _read(response)
                finally:
                    await response.aclose()
        except _NEVER_CONNECTED as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        except (httpx.RequestError, OSError) as error:  # asyncio's TimeoutError and TLS errors are OSErrors
            raise Unanswered(f"{type(error).__name__}: {error}") from error


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MAX_ANSWER:
            raise Unanswered(f"an answer of more than {MAX_ANSWER} bytes", http_status=response.status_code)
    return bytes(body)
