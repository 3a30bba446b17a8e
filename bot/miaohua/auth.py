"""The token that every call carries."""

import json
from collections.abc import Callable

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm
from pydantic import SecretStr

LIFETIME = 1800
"""Seconds that a token is good for; the vendor's own examples use the same."""

_EARLIER = 5  # seconds: the vendor's clock may be a little behind ours
_MARGIN = 60  # seconds before its end that a token is no longer handed out, so that none expires on the way


class _KeyOfAnyLength(HMACAlgorithm):
    """HMAC without PyJWT's warning about short keys: how long a secret key is, the vendor has decided."""

    def check_key_length(self, key: bytes) -> None:  # noqa: ARG002  the length is what is not looked at
        return None


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _KeyOfAnyLength(HMACAlgorithm.SHA256))


def sign_token(*, access_key: str, secret_key: str, now: float) -> str:
    """Sign a token as the vendor's document asks (section 一): HS256 over issuer, expiry and start."""
    claims = {"iss": access_key, "exp": int(now) + LIFETIME, "nbf": int(now) - _EARLIER}
    return _jws.encode(json.dumps(claims).encode(), secret_key, algorithm="HS256")


class Tokens:
    """One token, used until shortly before it expires.

    Nothing here waits, so any number of calls at once share one signature.
    """

    def __init__(self, access_key: SecretStr, secret_key: SecretStr, clock: Callable[[], float]) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._clock = clock
        self._token = ""
        self._good_until = 0.0

    def current(self) -> str:
        """Return a token that is good for at least a minute more."""
        if not self._token or self._clock() >= self._good_until:
            self._sign()
        return self._token

    def renew(self, rejected: str) -> str:
        """Return another token than the one that the vendor refused, signed afresh unless somebody already did."""
        if self._token == rejected:
            self._sign()
        return self._token

    def _sign(self) -> None:
        now = self._clock()
        self._token = sign_token(
            access_key=self._access_key.get_secret_value(),
            secret_key=self._secret_key.get_secret_value(),
            now=now,
        )
        self._good_until = now + LIFETIME - _MARGIN
