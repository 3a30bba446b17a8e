"""Fetch the vendor's result pictures.

    DownloadError
    ├── Gone          the link has expired
    ├── TooLarge      more bytes than are wanted
    └── Unreachable   no answer, a bad one, or not in time: worth another try

The links carry signatures in their queries: no message here holds more of them than the host.
"""

import asyncio
from dataclasses import dataclass

import httpx

ALIVE_SECONDS = 10.0

_GONE = frozenset((403, 404, 410))


class DownloadError(Exception):
    """A picture that could not be fetched."""


class Gone(DownloadError):
    """The link has expired, or never was."""


class TooLarge(DownloadError):
    """More bytes than are wanted."""


class Unreachable(DownloadError):
    """No answer, a bad one, or not in time."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a link held; the content type is bare and in lower case, "" where there was none."""

    data: bytes
    content_type: str


async def download(http: httpx.AsyncClient, url: str, *, limit: int, timeout: float) -> Downloaded:  # noqa: ASYNC109  one for the whole
    """Fetch at most `limit` bytes within `timeout` seconds. Raises a `DownloadError`."""
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(http, url, limit)
    except TimeoutError:
        raise Unreachable(f"not within {timeout:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(type(error).__name__) from None


async def is_alive(http: httpx.AsyncClient, url: str, *, limit: int) -> bool:
    """Say whether a link still leads to at most `limit` bytes, without fetching them.

    By GET, because signed links are often good for nothing else.
    """
    try:
        async with asyncio.timeout(ALIVE_SECONDS), http.stream("GET", url, follow_redirects=True) as response:
            return response.status_code == httpx.codes.OK and int(response.headers.get("content-length", 0)) <= limit
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False


async def _fetch(http: httpx.AsyncClient, url: str, limit: int) -> Downloaded:
    # Not compressed, or a few bytes could swell past the limit in one piece.
    headers = {"Accept-Encoding": "identity"}
    async with http.stream("GET", url, headers=headers, follow_redirects=True) as response:
        _check(response)
        pieces = bytearray()
        async for piece in response.aiter_bytes():
            pieces += piece
            if len(pieces) > limit:
                raise TooLarge(f"over {limit} bytes from {response.url.host}")
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(bytes(pieces), content_type)


def _check(response: httpx.Response) -> None:
    host = response.url.host
    if response.status_code in _GONE:
        raise Gone(f"{response.status_code} from {host}")
    if response.status_code != httpx.codes.OK:
        raise Unreachable(f"{response.status_code} from {host}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unreachable(f"compressed without being asked to, from {host}")
