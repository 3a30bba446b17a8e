"""An S3 server on a port of this machine: moto's, behind a gate that checks signatures as S3 does, which moto does not.

Signatures are computed by botocore, from the keys below. Both run in this process.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeBucket, s3_backends
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from werkzeug import Request, Response

from bot.media.bucket import Bucket

ACCESS_KEY, SECRET_KEY, REGION = "the-access-key-of-the-bucket", "the-secret-key-of-the-bucket", "us-east-1"


@dataclass
class S3:
    """The server. `now` is its clock; the next `outage` requests are answered 503."""

    url: str = ""
    now: Callable[[], float] = time.time
    outage: int = 0

    def make_bucket(self) -> str:
        """Make an empty bucket of a new name."""
        name = f"pictures-{uuid4().hex}"
        _backend().create_bucket(name, REGION)
        return name

    def keys(self, bucket: str) -> list[str]:
        """List what is in a bucket."""
        return sorted(_held(bucket).keys)

    def place(self, bucket: str, *keys: str) -> None:
        """Put something into a bucket that is not the bot's."""
        for key in keys:
            _backend().put_object(bucket, key, b"not the bot's")

    def age(self, bucket: str, key: str, written_at: float) -> None:
        """Let an object have been written at some other time."""
        _held(bucket).keys[key].last_modified = datetime.fromtimestamp(written_at, UTC)

    def bucket(self, url: str, **more: Any) -> Bucket:
        """Open a bucket as the bot does, without patience."""
        keys = {"access_key": SecretStr(ACCESS_KEY), "secret_key": SecretStr(SECRET_KEY)}
        return Bucket(url, **{"endpoint": self.url, "region": REGION, "patience": 0.0, **keys, **more})


@contextmanager
def s3_server() -> Iterator[S3]:
    server, s3 = ThreadedMotoServer("127.0.0.1", 0, verbose=False), S3()
    server.start()
    assert server._server is not None
    server._server.app = _Gate(server._server.app, s3)
    s3.url = "http://{}:{}".format(*server.get_host_and_port())
    try:
        yield s3
    finally:
        server.stop()
        server._server.server_close()


def _backend() -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _held(bucket: str) -> FakeBucket:
    held = _backend().buckets[bucket]
    assert isinstance(held, FakeBucket)
    return held


@dataclass
class _Gate:
    """Refuses what is not signed with the keys, or no longer (AWS Signature Version 4)."""

    app: Callable[..., Iterable[bytes]]
    s3: S3

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if self.s3.outage:
            self.s3.outage -= 1
            return Response("<Error><Code>SlowDown</Code></Error>", 503)(environ, start_response)
        code = self._in_query(request) if "X-Amz-Signature" in request.args else self._in_header(request)
        if code:
            return Response(f"<Error><Code>{code}</Code></Error>", 403)(environ, start_response)
        return self.app(environ, start_response)

    def _in_query(self, request: Request) -> str:
        signed_at = datetime.strptime(request.args["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if self.s3.now() >= signed_at.timestamp() + int(request.args["X-Amz-Expires"]):
            return "AccessDenied"
        query = request.query_string.decode().split("&")
        unsigned = "&".join(part for part in query if not part.startswith("X-Amz-Signature="))
        expected = _signature(S3SigV4QueryAuth, request, unsigned, request.args["X-Amz-Date"], ["host"])
        return "" if request.args["X-Amz-Signature"] == expected else "SignatureDoesNotMatch"

    def _in_header(self, request: Request) -> str:
        _, _, given = request.headers.get("Authorization", "").partition("AWS4-HMAC-SHA256 ")
        if not given:
            return "AccessDenied"
        parts = dict(part.strip().split("=", 1) for part in given.split(","))
        if not parts["Credential"].startswith(f"{ACCESS_KEY}/"):
            return "InvalidAccessKeyId"
        signed, when = parts["SignedHeaders"].split(";"), request.headers["X-Amz-Date"]
        expected = _signature(S3SigV4Auth, request, request.query_string.decode(), when, signed)
        return "" if parts["Signature"] == expected else "SignatureDoesNotMatch"


def _signature(kind: Any, request: Request, query: str, timestamp: str, headers: list[str]) -> str:
    auth = kind(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION)
    url = f"{request.host_url.rstrip('/')}{request.path}" + (f"?{query}" if query else "")
    asked = AWSRequest(request.method, url, {name: request.headers[name] for name in headers})
    asked.context["timestamp"] = timestamp
    return str(auth.signature(auth.string_to_sign(asked, auth.canonical_request(asked)), asked))
