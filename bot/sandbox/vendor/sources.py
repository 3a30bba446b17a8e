"""Input pictures are fetched when an order comes in, so that the caller hears at once what is wrong with them."""

import asyncio
import ipaddress
from urllib.parse import SplitResult, urlsplit

import httpx

from bot.sandbox.vendor.errors import INVALID, Refused
from bot.sandbox.vendor.inputs import GENERAL, Bounds, Source, check_picture

BIGGEST_BYTES = 8 * 1024 * 1024  # a picture must be smaller
FETCH_SECONDS = 10
_FETCHED_AT_ONCE = 8
_CHECKED_AT_ONCE = 2  # one of 36 megapixels takes 108 MB


class Sources:
    """Fetch the pictures that orders name."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._fetching = asyncio.Semaphore(_FETCHED_AT_ONCE)
        self._checking = asyncio.Semaphore(_CHECKED_AT_ONCE)

    async def fetch(self, field: str, url: str, bounds: Bounds = GENERAL) -> Source:
        """Bring a picture and check it.

        Raises `Refused` with code 3 that names the field: the address is not on this machine, nothing comes within
        10 s, or the picture is out of bounds (its sides, its format, 8 MB).
        """
        _check_address(field, url)
        async with self._fetching:
            content = await self._brought(field, url)
        return await self.check(field, content, bounds)

    async def check(self, field: str, content: bytes, bounds: Bounds = GENERAL) -> Source:
        """Check a picture that came with the order; raises `Refused` as `fetch` does."""
        async with self._checking:
            return await asyncio.to_thread(check_picture, field, content, bounds)

    async def _brought(self, field: str, url: str) -> bytes:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await self._download(field, url)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Refused(INVALID, f"{field}: cannot be fetched ({type(error).__name__})") from None

    async def _download(self, field: str, url: str) -> bytes:
        held = bytearray()
        client = httpx.AsyncClient(transport=self._transport, trust_env=False, timeout=FETCH_SECONDS)
        async with client, client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise Refused(INVALID, f"{field}: cannot be fetched (HTTP {response.status_code})")
            async for chunk in response.aiter_bytes():
                held += chunk
                if len(held) >= BIGGEST_BYTES:
                    raise Refused(INVALID, f"{field}: not smaller than 8 MB")
        return bytes(held)


def _check_address(field: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in {"http", "https"} and _on_this_machine(parts)
    except ValueError:
        reachable = False
    if not reachable:
        raise Refused(INVALID, f"{field}: must be a reachable http(s) address; the sandbox reaches this machine only")


def _on_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback
