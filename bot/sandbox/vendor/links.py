"""Signed links to finished pictures: they expire and cannot be guessed."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Literal, get_args

PictureSize = Literal["small", "raw"]
PICTURE_SIZES: tuple[str, ...] = get_args(PictureSize)


class Links:
    """Make and check links; their key lives as long as the process."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._key = secrets.token_bytes(32)

    def sign(self, path: str, now: float) -> str:
        """Add an expiry and a signature to a path."""
        expires = str(int(now + self._seconds))
        return f"{path}?expires={expires}&signature={self._signature(path, expires)}"

    def check(self, path: str, query: Mapping[str, str], now: float) -> str:
        """Say what is wrong with a link; empty: nothing."""
        expires = query.get("expires", "")
        given = query.get("signature", "").encode()
        if not hmac.compare_digest(given, self._signature(path, expires).encode()):
            return "SignatureDoesNotMatch"
        return "Expired" if now >= int(expires) else ""

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
