"""What Telegram answers when it does not do what it was asked."""

from typing import Any


class Refused(Exception):
    """A request that is answered with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:  # noqa: ANN401  JSON values
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> dict[str, Any]:
        """Phrase it as the Bot API does."""
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(reason: str) -> Refused:
    """Refuse for something in the request."""
    return Refused(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refused:
    """Refuse because the bot may not do that there."""
    return Refused(403, f"Forbidden: {reason}")


def conflict(reason: str) -> Refused:
    """Refuse because another way of getting updates is in use."""
    return Refused(409, f"Conflict: {reason}")


def too_many_requests(seconds: int) -> Refused:
    """Refuse for the rate; `seconds` is when to try again."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def too_large() -> Refused:
    """Refuse an upload for its size."""
    return Refused(413, "Request Entity Too Large")


def migrated(new_chat_id: int) -> Refused:
    """Refuse because the group has become a supergroup."""
    reason = "Bad Request: group chat was upgraded to a supergroup chat"
    return Refused(400, reason, migrate_to_chat_id=new_chat_id)
