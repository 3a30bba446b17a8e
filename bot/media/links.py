"""Signed links that let the vendor fetch a picture of ours for a while."""

import hashlib
import math
import time
from collections.abc import Callable

from itsdangerous import BadData, URLSafeSerializer

MEDIA_PATH = "/media"


class BadLink(Exception):
    """A link that we did not sign, or that has expired."""


class Links:
    """Sign and verify links to files by plain name, such as "t17-0.jpg"; `key` must outlive restarts."""

    def __init__(self, base_url: str, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._serializer = URLSafeSerializer(
            key, salt="media link", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def sign(self, name: str, expires_at: float) -> str:
        """Return the file's public address, good until `expires_at` (unix seconds)."""
        token = self._serializer.dumps([name, math.ceil(expires_at)])
        return f"{self._base_url}{MEDIA_PATH}/{token}"

    def verify(self, token: str) -> str:
        """Return the name that was signed. Raises `BadLink`."""
        try:
            name, expires_at = self._serializer.loads(token)
        except BadData:
            raise BadLink("not signed by us") from None
        if self._clock() >= expires_at:
            raise BadLink("expired")
        return str(name)
