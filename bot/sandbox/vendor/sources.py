"""Input pictures: fetched when an order comes in, so that the caller hears at once what is wrong with them."""

import asyncio
import io
import ipaddress
from urllib.parse import SplitResult, urlsplit

import httpx
from PIL import Image, ImageOps

from bot.sandbox.vendor.errors import INVALID, Refused

BIGGEST_BYTES = 8 * 1024 * 1024  # a picture must be smaller
SHORTEST_SIDE = 256
LONGEST_SIDE = 6000
FETCH_SECONDS = 10
KEPT_SIDE = 1280  # enough to be recognised in a drawing
_FORMATS = ("JPEG", "PNG", "WEBP")


class Sources:
    """Fetch the pictures that an order names."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport

    async def fetch(self, field: str, url: str) -> bytes:
        """Bring a picture, checked and brought down to at most 1280 px a side, as JPEG bytes.

        Raises `Refused` with code 3 that names the field: the address is not on this machine, nothing comes within
        10 s, or the picture is out of the vendor's bounds (256..6000 px a side, jpg, png or webp, below 8 MB).
        """
        _check_address(field, url)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                content = await self._download(field, url)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Refused(INVALID, f"{field}: cannot be fetched ({type(error).__name__})") from None
        return await asyncio.to_thread(_checked, field, content)

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


def _checked(field: str, content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if min(picture.size) < SHORTEST_SIDE or max(picture.size) > LONGEST_SIDE:
                raise Refused(INVALID, f"{field}: must be 256x256 to 6000x6000 px, is {picture.width}x{picture.height}")
            picture.load()
            return _kept(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(INVALID, f"{field}: must be a picture in jpg, jpeg, png or webp") from None


def _kept(picture: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    held = io.BytesIO()
    upright.save(held, "JPEG", quality=90)
    return held.getvalue()
