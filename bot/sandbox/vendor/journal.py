"""What was sent to the stand-in: counts, and the last requests in full, for tests that look for leaks and repeats."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

MOST_KEYS = 1000
KEPT_BODY = 64 * 1024


class Journal:
    """Count requests by method and path, and keep the last `keep` of them."""

    def __init__(self, keep: int) -> None:
        self.counts: Counter[str] = Counter()
        self.last: deque[dict[str, Any]] = deque(maxlen=keep)

    def note(self, scope: Any, body: bytes, now: float) -> None:  # noqa: ANN401  an ASGI scope
        """Write a request down; bodies are cut at 64 KB."""
        key = f"{scope['method']} {_without_ids(scope['path'])}"
        self.counts[key if key in self.counts or len(self.counts) < MOST_KEYS else "other"] += 1
        self.last.append(
            {
                "time": now,
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode("latin-1"),
                "headers": _headers(scope["headers"]),
                "body": body[:KEPT_BODY].decode(errors="replace"),
            }
        )


def _without_ids(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2] if parts[1:2] == ["pictures"] else parts[:4])


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in raw]
