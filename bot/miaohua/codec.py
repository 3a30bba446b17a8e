"""From an HTTP answer to what it says: one pure function."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.miaohua import errors

MAX_RETRY_AFTER = 86_400
"""Seconds. A longer wait than a day is read as a day."""

_LONGEST_MESSAGE = 500
_MOST_DETAILS = 20

# What an HTTP status means where the vendor's own body does not say: only those that can be nothing but a refusal.
# A bare 500 is not among them, nor 502 or 504: something broke on the way, and nobody vouches that no task was made.
_BY_STATUS: Mapping[int, type[errors.ApiError]] = {
    401: errors.Unauthenticated,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    405: errors.Unimplemented,
    408: errors.TimedOut,
    409: errors.Conflict,
    410: errors.NotFound,
    429: errors.LimitExceeded,  # a gateway says 429 of haste; the vendor's daily limit comes with its body
    499: errors.Cancelled,
    501: errors.Unimplemented,
    503: errors.Unavailable,
}


def decode(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Read an answer; every answer of the vendor's is a JSON object.

    `headers` has lower-case names, or does not mind case. Raises `ApiError` where the vendor refused, `Unanswered`
    where the answer leaves open what happened. The code in the body wins over the HTTP status, also over a 200.
    """
    answer = _parse(body)
    retry_after = _retry_after(headers)
    error = answer.get("error") if answer is not None else None
    if isinstance(error, dict) and (code := _code(error)):
        raise _refusal(code, error, status, retry_after)
    if not _is_success(status):
        raise _bare(status, retry_after)
    if answer is None:
        raise errors.Unanswered(f"HTTP {status} and no JSON object", http_status=status, retry_after=retry_after)
    return answer


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _code(error: Mapping[str, Any]) -> int | None:
    code = error.get("code")
    if isinstance(code, str) and code.isdecimal() and len(code) < 10:  # noqa: PLR2004  any longer is no code
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _refusal(code: int, error: Mapping[str, Any], status: int, retry_after: float | None) -> errors.ApiError:
    details = error.get("details")
    return errors.kind_of(code)(
        code,
        http_status=status,
        message=str(error.get("message") or "")[:_LONGEST_MESSAGE],
        details=[str(detail)[:_LONGEST_MESSAGE] for detail in details[:_MOST_DETAILS]]
        if isinstance(details, list)
        else (),
        retry_after=retry_after,
    )


def _bare(status: int, retry_after: float | None) -> errors.MiaohuaError:
    kind = _BY_STATUS.get(status)
    if kind is None and 400 <= status < 500:  # noqa: PLR2004  the HTTP statuses that blame the request
        kind = errors.InvalidArgument
    if kind is None:
        return errors.Unanswered(
            f"HTTP {status} and no word from the vendor", http_status=status, retry_after=retry_after
        )
    return kind(kind.codes[0], http_status=status, message="no word from the vendor", retry_after=retry_after)


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004  HTTP's own figures


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read either form of Retry-After; a date is measured from the answer's own Date, so our clock is not asked."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(min(int(value[:10]), MAX_RETRY_AFTER))
    due, sent = _date(value), _date(headers.get("date", ""))
    if due is None or sent is None:
        return None
    return min(max((due - sent).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else None
