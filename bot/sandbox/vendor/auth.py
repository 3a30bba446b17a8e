"""Bearer tokens (the vendor's document, section 一)."""

from collections.abc import Mapping
from typing import Any

import jwt

from bot.sandbox.vendor.errors import UNAUTHENTICATED, Refused

LONGEST_SECONDS = 24 * 3600

# Times are checked against the stand-in's own clock, so not by the library.
_OPTIONS: Any = {
    "require": ["iss", "exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_iss": False,
}


def check(authorization: str | None, *, access_key: str, secret_key: str, now: float) -> None:
    """Let a request pass whose token was signed with the secret key and is valid now.

    Raises `Refused` with code 16 otherwise, and where the token lives for more than a day.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(UNAUTHENTICATED, "Authorization must be: Bearer $YOUR_TOKEN")
    try:
        claims = jwt.decode(token, secret_key, algorithms=["HS256"], options=_OPTIONS)
    except jwt.PyJWTError as error:
        raise Refused(UNAUTHENTICATED, f"invalid token: {error}") from None
    if claims["iss"] != access_key:
        raise Refused(UNAUTHENTICATED, "invalid token: unknown access key")
    _check_times(claims, now)


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, begins = claims["exp"], claims.get("nbf", 0)
    if type(expires) is not int or type(begins) is not int:
        raise Refused(UNAUTHENTICATED, "invalid token: exp and nbf must be integers")
    if expires <= now:
        raise Refused(UNAUTHENTICATED, "invalid token: expired")
    if expires > now + LONGEST_SECONDS:
        raise Refused(UNAUTHENTICATED, "invalid token: exp is more than a day ahead")
    if begins > now:
        raise Refused(UNAUTHENTICATED, "invalid token: not valid yet")
