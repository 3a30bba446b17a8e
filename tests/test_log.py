import asyncio
import gc
import io
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.log import MASK, configure, redactor

TOKEN = "123456789:AAH-4b_cdefghijklmnopqrstuvwxyz0123"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrZXkifQ.c2lnbmF0dXJl"

Format = Literal["console", "json"]
formats = pytest.mark.parametrize("fmt", ["console", "json"])
# Not what a line always holds (the mask, a level, a key), and long enough to be no accident.
secrets = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=8, max_size=24).filter(
    lambda secret: len(set(secret)) > 4 and not any(secret in word for word in ("timestamp", "exception", "critical"))
)


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def logs(fmt: Format, *hidden: str, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure(level=level, fmt=fmt, secrets=hidden, stream=stream)
    return stream


def only(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    fields: dict[str, Any] = json.loads(line)
    return fields


def test_a_line_is_an_event_and_its_fields() -> None:
    stream = logs("json")
    structlog.get_logger("bot.tracker").warning("task_failed", task=7, prompt="a 狐狸")
    fields = only(stream)
    assert fields.pop("timestamp").endswith("Z")
    expected = {"event": "task_failed", "task": 7, "prompt": "a 狐狸", "level": "warning", "logger": "bot.tracker"}
    assert fields == expected


def test_a_librarys_line_takes_the_same_form() -> None:
    stream = logs("json")
    logging.getLogger("uvicorn.error").info("Started %s", "here")
    fields = only(stream)
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {"event": "Started here", "level": "info", "logger": "uvicorn.error"}


@formats
def test_context_is_in_every_line(fmt: Format) -> None:
    stream = logs(fmt)
    with structlog.contextvars.bound_contextvars(update=4711):
        structlog.get_logger().info("ours")
        logging.getLogger("library").info("theirs")
    assert stream.getvalue().count("4711") == 2


def test_the_level_counts() -> None:
    stream = logs("console", level="ERROR")
    structlog.get_logger().warning("unheard")
    logging.getLogger("telegram").warning("unheard")
    structlog.get_logger().error("heard")
    assert "unheard" not in stream.getvalue()
    assert "heard" in stream.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "telegram.ext.ExtBot", "aiosqlite", "PIL.Image"])
def test_talkative_libraries_only_warn(name: str) -> None:
    stream = logs("console", level="DEBUG")
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("a warning")
    assert "chatter" not in stream.getvalue()
    assert "a warning" in stream.getvalue()


def test_a_second_call_replaces_the_first() -> None:
    first, second = logs("console"), logs("console")
    structlog.get_logger().info("once")
    assert not first.getvalue()
    assert second.getvalue().count("once") == 1


def test_a_warning_is_a_line() -> None:
    stream = logs("json")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"old {TOKEN}", stacklevel=1)
    assert f"old {MASK}" in only(stream)["event"]


@formats
def test_an_uncaught_exception_is_a_line_without_secrets(fmt: Format) -> None:
    stream = logs(fmt, "hunter2-hunter2")
    error = ValueError("hunter2-hunter2")
    sys.excepthook(ValueError, error, None)
    assert "uncaught_exception" in stream.getvalue()
    assert f"ValueError: {MASK}" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


async def test_an_exception_nobody_awaited_is_logged() -> None:
    stream = logs("json")

    async def fail() -> None:
        raise ValueError(f"no {TOKEN}")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    fields = only(stream)
    assert fields["logger"] == "asyncio"
    assert f"ValueError: no {MASK}" in fields["exception"]


@formats
def test_a_line_that_cannot_be_formatted_shows_nothing(fmt: Format, capsys: pytest.CaptureFixture[str]) -> None:
    stream = logs(fmt)
    logging.getLogger("library").warning("%d pictures", TOKEN)
    assert "unwritable_log_line" in stream.getvalue()
    assert TOKEN not in stream.getvalue() + "".join(capsys.readouterr())


def test_a_closed_stream_stops_nothing() -> None:
    stream = logs("console")
    stream.close()
    structlog.get_logger().info("unheard")


@pytest.mark.parametrize("odd", [float("nan"), {(1, 2): 3}, object(), b"\xff", "\ud800", {"deep": [TOKEN]}])
def test_any_value_makes_a_line_of_json(odd: object) -> None:
    stream = logs("json")
    structlog.get_logger().info("odd", value=odd)
    fields = json.loads(stream.getvalue(), parse_constant=pytest.fail)
    assert fields["event"].strip("'") == "odd"
    assert TOKEN not in stream.getvalue()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"https://api.telegram.org/bot{TOKEN}/getMe", f"https://api.telegram.org/bot{MASK}/getMe"),
        (f"got https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg now", f"got {MASK} now"),
        (r"https:\/\/api.telegram.org\/file\/bot1:x\/photos", MASK),
        ("file_path='/file/bot1:x/photos/1.jpg'", f"file_path='{MASK}'"),
        (quote(f"https://api.telegram.org/file/bot{TOKEN}/1.jpg", safe=""), f"https%3A%2F%2Fapi.telegram.org{MASK}"),
        (quote(TOKEN), MASK),
        (quote(quote(TOKEN)), MASK),
        ("Authorization: Bearer abc.def-ghi_123", f"Authorization: {MASK}"),
        (f"signed {JWT}, sent", f"signed {MASK}, sent"),
        ("postgresql+asyncpg://bot:pass@host/db", f"postgresql+asyncpg://{MASK}@host/db"),
        ("at 12:30 in chat -1001234567890: nothing", "at 12:30 in chat -1001234567890: nothing"),
        ("https://example.org/file/bottle.jpg", "https://example.org/file/bottle.jpg"),
    ],
)
def test_what_looks_like_a_secret_is_masked(said: str, left: str) -> None:
    assert redactor(())(said) == left


@settings(deadline=None)
@given(secret=secrets)
@example(secret="0000123Ã")
def test_however_it_is_written_a_secret_is_masked(secret: str) -> None:
    redact = redactor([secret])
    quoted = quote(secret, safe="")
    written = [
        secret,
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        repr(secret.encode())[2:-1],
        quote(secret),
        quoted,
        quote(quoted),
        re.sub("%..", lambda match: match[0].lower(), quoted),
        quote_plus(secret),
    ]
    for form in written:
        assert redact(f"<{form}>").replace("\\", "") == f"<{MASK}>"


@formats
@settings(deadline=None, max_examples=40)
@given(secret=secrets, other=secrets, field=st.sampled_from(["value", "list", "key", "object"]))
@example(secret='quote"s-and\\', other='\\"\\\\"back', field="list")
def test_wherever_it_is_put_a_secret_is_masked(fmt: Format, secret: str, other: str, field: str) -> None:
    class Thing:
        def __repr__(self) -> str:
            return f"Thing({secret!r})"

    stream = logs(fmt, secret, other)
    value = {"value": secret, "list": [secret, {"x": other}], "key": {secret: 1}, "object": Thing()}[field]
    log = structlog.get_logger()
    event = f"said {secret}"
    log.info(event, value=value)
    logging.getLogger("library").info("they said %s and %r", secret, other)
    try:
        _fail(KeyError(secret), ValueError(other))
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed")
    _assert_clean(fmt, stream.getvalue(), secret, other)


def _fail(cause: Exception, error: Exception) -> None:
    try:
        raise cause
    except type(cause) as caught:
        raise error from caught


def _assert_clean(fmt: Format, output: str, *hidden: str) -> None:
    said = [json.dumps(json.loads(line), ensure_ascii=False) for line in output.splitlines()] if fmt == "json" else []
    for secret in hidden:
        forms = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        for text in [output, *said]:
            assert not [form for form in forms if form in text]


def test_no_secrets_hide_nothing() -> None:
    assert redactor(["", ""])("a plain line") == "a plain line"


def test_the_longer_of_two_secrets_goes_whole() -> None:
    assert redactor(["abcd", "abcdefgh"])("<abcdefgh>") == f"<{MASK}>"


def test_long_lines_take_no_time() -> None:
    redact = redactor(["a\\b\\c", TOKEN])
    for filler in ("\\" * 20_000, "1" * 20_000, "http:" * 1_000, "%25" * 5_000):
        assert redact(filler) == filler
