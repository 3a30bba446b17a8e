"""Log lines: an event name and its fields, ours and every library's. Secrets are taken out of the finished line."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "***"

# These write the addresses and the bodies of requests, the bot's token among them, or a line for every statement.
_TALKATIVE = ("httpx", "httpcore", "telegram", "aiosqlite", "PIL", "filelock")

_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

_SECRET_SHAPES = re.compile(
    r"""
      (?:https?:[^\s"'<>]*?)? (?:/|%2f)file (?:\\*/|%2f)bot [\d*] [^\s"'<>]*    # a link to a file at Telegram
    | (?<!\d) \d{6,} (?: : | %(?:25)*3a) [a-z0-9_-]{30,}                  # a bot token
    | \bbearer (?:\s|%20|\+)+ [a-z0-9._~+/%=-]{8,}                        # an Authorization header
    | (?-i:eyJ) [a-z0-9_-]{8,} (?: \.[a-z0-9_=-]* )*                      # a JSON Web Token
    | (?<=://) [^\s/@:"']* : [^\s/@"']+ (?=@)                             # name and password in an address
    """,
    re.VERBOSE | re.IGNORECASE,
)


def configure(
    *, level: str, fmt: Literal["console", "json"], secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Send every log line of the process to `stream` (standard error) in one form, without the secrets.

    Warnings and uncaught exceptions become log lines too. May be called again; the last call holds.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_formatter(fmt, redactor(secrets), colors=handler.stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what masks the secrets, also as repr(), JSON and URLs write them, and all that looks like one."""
    longest_first = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    known = re.compile("|".join(map(_spellings, longest_first)) or "(?!)")
    return lambda line: _SECRET_SHAPES.sub(MASK, known.sub(MASK, line))


def _spellings(secret: str) -> str:
    return r"\\*".join(map(_ways_to_write, secret))


def _ways_to_write(char: str) -> str:
    octets = char.encode("utf-8", "surrogatepass")
    escapes = ["".join(f"\\x{octet:02x}" for octet in octets), ascii(char)[1:-1], json.dumps(char)[1:-1]]
    ways = [
        r"\\" + r"\\+".join(map(re.escape, escape[1:].split("\\"))) for escape in escapes if escape.startswith("\\")
    ]
    ways.append("".join(rf"%(?:25)*{octet:02x}" for octet in octets))
    if char == " ":
        ways.append(r"\+")
    return f"(?:(?i:{'|'.join(ways)})|{re.escape(char)})"


def _formatter(fmt: str, redact: Callable[[str], str], *, colors: bool) -> logging.Formatter:
    if fmt == "json":
        tail: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_dumps)]
        return _Redacting(lambda line: _redact_json(line, redact), tail)
    plain = structlog.dev.plain_traceback
    return _Redacting(redact, [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)])


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _dumps(fields: EventDict, **_: object) -> str:
    try:
        return json.dumps(fields, default=repr, allow_nan=False)
    except (TypeError, ValueError):  # a key that is no string, a figure that is no number, a circle
        return json.dumps({str(name): repr(value) for name, value in fields.items()})


def _redact_json(line: str, redact: Callable[[str], str]) -> str:
    """Redact what the strings of a JSON line say, so that it stays JSON."""
    return _JSON_STRING.sub(lambda match: json.dumps(redact(json.loads(match[0]))), line)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Any:  # noqa: ANN401  the hook's type
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger(__name__).critical("uncaught_exception", exc_info=(kind, error, trace))


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """Redacts as the very last step, when tracebacks and all are text."""

    def __init__(self, redact: Callable[[str], str], processors: list[Processor]) -> None:
        super().__init__(processors=[self.remove_processors_meta, *processors], foreign_pre_chain=_common())
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(super().format(record))


class _Handler(logging.StreamHandler[TextIO]):
    """Keeps a line that cannot be written to itself: the standard library would print its arguments as they are."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the base class's name
        fields = {"name": record.name, "levelname": "ERROR", "levelno": logging.ERROR, "msg": "unwritable_log_line"}
        with suppress(Exception):  # the stream itself may be gone, and no log line is worth a failure
            self.stream.write(self.format(logging.makeLogRecord(fields)) + self.terminator)
