"""The pictures that are offered to the vendor, in an S3-compatible bucket.

    BucketUnreachable   no answer, a bad one, or not in time: worth another try
    BucketClosed        no such bucket, or wrong keys: somebody has to mend it

Importing this module takes some 25 ms, for its library: whoever may do without a bucket imports it late.
"""

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import SecretStr

from bot.errors import Unavailable
from bot.locales.text import text
from bot.media.encodings import CONTENT_TYPES
from bot.media.offers import NAME, holder_of, name_of
from bot.settings import Settings

if TYPE_CHECKING:  # the library has these names in its stubs alone
    from obstore import ObjectMeta
    from obstore.store import S3Credential

log = structlog.get_logger()

LONGEST_LINK: Final = 7 * 24 * 3600.0  # S3's own bound
PATIENCE = 25.0  # seconds of tries at one request; four orders' tries last longer than an outage of a minute
PUT_SECONDS = 60.0
REMOVE_SECONDS = 15.0
SWEEP_SECONDS = 60.0
SWEPT_AT_ONCE = 5000  # the rest goes the next time
_PAGE = 1000  # the most that S3 lists in one answer

_MISSING = "NoSuchBucket"
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")


class BucketUnreachable(OSError):
    """No answer, a bad one, or not in time. `s3_code` is S3's own code where it sent one, "" where not."""

    def __init__(self, what: str, code: str = "") -> None:
        super().__init__(code or what)
        self.s3_code = code


class BucketClosed(Unavailable):
    """The bucket is not there, or does not let us in; `s3_code` is S3's own code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            text(
                "Your picture cannot be handed to the image service: the storage that the operator has set up does not "
                "take it. Please tell the operator."
            )
        )
        self.s3_code = code

    @property
    def is_missing(self) -> bool:
        """Say whether there is no bucket of that name."""
        return self.s3_code == _MISSING


class Bucket:
    """A bucket, or a part of it by prefix, offered at presigned links (see `Offers`).

    `url` is `s3://bucket` or `s3://bucket/prefix`. Where the endpoint's host begins with the bucket's name, the
    bucket is addressed by the host, as some services ask, and else by the path. One request is tried for `patience`
    seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        endpoint: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.endpoint = urlsplit(url).netloc, endpoint
        self._clock = clock

        def credential() -> "S3Credential":  # given so, no session of the environment's is mixed in
            return {
                "access_key_id": access_key.get_secret_value(),
                "secret_access_key": secret_key.get_secret_value(),
                "token": None,
                "expires_at": None,
            }

        self._store = S3Store(
            self.name,
            prefix=urlsplit(url).path.strip("/") or None,
            config={
                "endpoint": endpoint,
                "region": region,
                "virtual_hosted_style_request": (urlsplit(endpoint).hostname or "").startswith(f"{self.name}."),
                "disable_bulk_delete": True,  # not every service has it
                "skip_signature": False,
            },
            client_options={
                "allow_http": True,
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=PUT_SECONDS),
            },
            retry_config={
                "max_retries": 100 if patience else 0,
                "retry_timeout": timedelta(seconds=patience),
                "backoff": {"init_backoff": timedelta(seconds=0.5), "max_backoff": timedelta(seconds=3)},
            },
            credential_provider=credential,
        )

    async def put(self, holder: str, index: int, data: bytes, extension: str) -> str:
        """Write a picture, whole or not at all, over an earlier one of that name; return the name.

        Raises `BucketUnreachable` and `BucketClosed`.
        """
        name = name_of(holder, index, extension)
        async with _within(PUT_SECONDS):
            await obstore.put_async(
                self._store,
                _key(name),
                data,
                attributes={"Content-Type": CONTENT_TYPES[extension]},
                use_multipart=False,
            )
        return name

    def link(self, name: str, expires_at: float) -> str:
        """Return the address at which anybody can fetch a picture until `expires_at`, for seven days at most."""
        seconds = min(max(expires_at - self._clock(), 1), LONGEST_LINK)
        return obstore.sign(self._store, "GET", _key(name), timedelta(seconds=math.ceil(seconds)))

    async def remove(self, holder: str) -> None:
        """Remove all pictures of a holder, or leave them to the sweep where the bucket does not answer."""
        try:
            await self.clear(holder)
        except (BucketUnreachable, BucketClosed) as fault:
            log.warning("pictures_not_removed", holder=holder, fault=type(fault).__name__, code=fault.s3_code)

    async def clear(self, holder: str) -> None:
        """Remove all pictures of a holder. Raises `BucketUnreachable` and `BucketClosed`."""
        async with _within(REMOVE_SECONDS):
            await self._delete(holder, lambda _: True)

    async def sweep(self, older_than: float, spared: AbstractSet[str] = frozenset()) -> int:
        """Remove what was last written before `older_than` (unix seconds), but for the pictures of `spared` holders.

        Returns how many pictures that were. Raises `BucketUnreachable` and `BucketClosed`.
        """
        before = datetime.fromtimestamp(older_than, UTC)
        async with _within(SWEEP_SECONDS):
            return await self._delete(
                None, lambda found: found["last_modified"] < before and _holder_at(found["path"]) not in spared
            )

    async def _delete(self, holder: str | None, is_due: "Callable[[ObjectMeta], bool]") -> int:
        deleted = 0
        async for page in obstore.list(self._store, holder, chunk_size=_PAGE):
            due = [found["path"] for found in page if _is_ours(found["path"]) and is_due(found)]
            if due:
                await obstore.delete_async(self._store, due)
            deleted += len(due)
            if deleted >= SWEPT_AT_ONCE:
                break
        return deleted


def bucket_of(settings: Settings, *, patience: float = PATIENCE) -> Bucket:
    """Make the bucket that the settings name; they must name one."""
    url, access_key, secret_key = (
        settings.media_bucket_url,
        settings.media_bucket_access_key,
        settings.media_bucket_secret_key,
    )
    if url is None or access_key is None or secret_key is None:
        raise ValueError("no bucket is set")
    region = settings.media_bucket_region
    return Bucket(
        url,
        endpoint=settings.media_bucket_endpoint or f"https://s3.{region}.amazonaws.com",
        region=region,
        access_key=access_key,
        secret_key=secret_key,
        patience=patience,
    )


def _key(name: str) -> str:
    # A holder's pictures are listed by what stands before the slash.
    return f"{holder_of(name)}/{name}"


def _holder_at(key: str) -> str:
    return key.partition("/")[0]


def _is_ours(key: str) -> bool:
    name = key.rpartition("/")[2]
    return NAME.fullmatch(name) is not None and key == _key(name)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """Bound the time, and turn what goes wrong into our two exceptions. Neither quotes what the bucket sent."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise BucketUnreachable(f"not within {seconds:g} s") from None
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise BucketClosed(_code(error) or "AccessDenied") from None
    except FileNotFoundError as error:
        raise BucketClosed(_code(error) or _MISSING) from None
    except BaseError as error:
        raise BucketUnreachable(type(error).__name__, _code(error)) from None


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""
