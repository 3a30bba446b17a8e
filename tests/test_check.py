"""`python -m bot check` between both stand-ins, each on a port of its own."""

import shutil
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx._transports import default
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.check import check
from bot.media.links import Links
from bot.media.shelf import Shelf
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.telegram.state import Options
from bot.sandbox.vendor import vendor as stand_in
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.faults import Fault
from bot.sandbox.vendor.vendor import Vendor
from bot.settings import Settings, load
from bot.store.engine import Store
from bot.web.app import create_app as create_web
from bot.web.server import serve
from tests.e2e.studio import free_port
from tests.media.s3 import ACCESS_KEY, S3, SECRET_KEY, s3_server


@dataclass
class Place:
    """Where everything is well, until a test changes a setting."""

    vendor: Vendor
    usual: dict[str, Any]
    said: list[str] = field(default_factory=list)

    def settings(self, **changed: Any) -> Settings:
        return load(_env_file=None, **{**self.usual, **changed})

    async def check(self, **changed: Any) -> bool:
        return await check(self.settings(**changed), self.said.append)

    async def finds(self, **changed: Any) -> str:
        """Check what does not work; return the one sentence that says so."""
        assert not await self.check(**changed)
        assert len(self.said) == 4
        [sentence] = [line for line in self.said if line.startswith("✗ ")]
        return sentence


@pytest.fixture
async def place(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("NO_PROXY", "*")
    # Plain HTTP to loopback: loading certificates would only take time.
    monkeypatch.setattr(default, "create_ssl_context", lambda **_: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    shutil.copy(sqlite_template, tmp_path / "bot.db")
    vendor, port = Vendor(), free_port()
    async with (
        serve(create_app(vendor), "127.0.0.1", 0) as vendor_address,
        run_telegram(Options(rate_limits=False)) as (telegram_address, _),
    ):
        usual = {
            "telegram_bot_token": TOKEN,
            "telegram_api_url": telegram_address,
            "miaohua_access_key": stand_in.ACCESS_KEY,
            "miaohua_secret_key": stand_in.SECRET_KEY,
            "miaohua_api_url": vendor_address,
            "database_url": f"sqlite+aiosqlite:///{tmp_path}/bot.db",
            "media_dir": tmp_path / "media",
            "public_url": f"http://127.0.0.1:{port}",
            "web_port": port,
        }
        yield Place(vendor, usual)


async def test_all_is_well(place: Place, tmp_path: Path) -> None:
    assert await place.check()
    assert place.said == [
        "✓ Telegram: the bot is @picture_studio_bot.",
        "✓ Image service: 5 models.",
        "✓ Database: it can be read and written.",
        f"✓ Public link: {place.usual['public_url']} leads here.",
    ]
    assert list((tmp_path / "media").iterdir()) == []


async def test_it_speaks_the_operators_language(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert await place.check()
    assert place.said[2] == "✓ 数据库: 读写正常。"


async def test_a_database_that_is_not_there_yet_is_made(place: Place, tmp_path: Path) -> None:
    assert await place.check(database_url=f"sqlite+aiosqlite:///{tmp_path}/new/bot.db")
    assert (tmp_path / "new" / "bot.db").exists()


async def test_without_a_public_address_words_alone_work(place: Place) -> None:
    assert await place.check(public_url=None)
    assert "neither PUBLIC_URL nor MEDIA_BUCKET_URL is set" in place.said[3]
    assert "/stylize" in place.said[3]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as opened:
        yield opened


@pytest.fixture
def bucket(s3: S3) -> dict[str, Any]:
    """Settings of a bucket in which all is well."""
    return {
        "media_bucket_url": f"s3://{s3.make_bucket()}/studio",
        "media_bucket_endpoint": s3.url,
        "media_bucket_access_key": ACCESS_KEY,
        "media_bucket_secret_key": SECRET_KEY,
    }


def name_of(bucket: dict[str, Any]) -> str:
    return str(bucket["media_bucket_url"]).removeprefix("s3://").removesuffix("/studio")


@pytest.mark.parametrize("public_url", [None, "http://127.0.0.1:9"])
async def test_a_bucket_is_tried_and_left_as_it_was(
    place: Place, s3: S3, bucket: dict[str, Any], public_url: str | None
) -> None:
    assert await place.check(**bucket, public_url=public_url)
    name = name_of(bucket)
    assert place.said[3] == f"✓ Public link: the bucket “{name}” takes pictures, and its links lead to them."
    assert s3.keys(name) == []


@pytest.mark.parametrize(
    ("key", "code"),
    [("media_bucket_access_key", "InvalidAccessKeyId"), ("media_bucket_secret_key", "SignatureDoesNotMatch")],
)
async def test_wrong_keys_of_a_bucket_are_found(place: Place, bucket: dict[str, Any], key: str, code: str) -> None:
    sentence = await place.finds(**{**bucket, key: "a-wrong-key"})
    assert f"does not accept the keys ({code}). Check MEDIA_BUCKET_ACCESS_KEY" in sentence


async def test_a_bucket_that_is_not_there_is_found(place: Place, bucket: dict[str, Any]) -> None:
    sentence = await place.finds(**{**bucket, "media_bucket_url": "s3://nobodys-bucket"})
    assert f"there is no bucket “nobodys-bucket” at {bucket['media_bucket_endpoint']}" in sentence
    assert "Check MEDIA_BUCKET_URL" in sentence


async def test_a_bucket_out_of_service_is_found(place: Place, s3: S3, bucket: dict[str, Any]) -> None:
    s3.outage = 10
    try:
        assert f"{s3.url} answers, but not as it should (SlowDown)." in await place.finds(**bucket)
    finally:
        s3.outage = 0


async def test_an_endpoint_where_nobody_is_is_found(place: Place, bucket: dict[str, Any]) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    sentence = await place.finds(**{**bucket, "media_bucket_endpoint": nobody})
    assert f"from {nobody}. Check MEDIA_BUCKET_ENDPOINT and the network." in sentence


async def test_a_bucket_whose_links_do_not_open_is_found(place: Place, s3: S3, bucket: dict[str, Any]) -> None:
    s3.now = lambda: time.time() + 10_000
    try:
        assert "takes pictures, but its link does not lead to them (403 from" in await place.finds(**bucket)
    finally:
        s3.now = time.time
    assert s3.keys(name_of(bucket)) == []


async def test_an_endpoint_that_is_no_bucket_is_found(place: Place, bucket: dict[str, Any]) -> None:
    taken: list[str] = []

    async def anything(request: Request) -> Response:
        taken.append(request.method)
        return PlainTextResponse("hello", headers={"etag": '"1"'})

    app = Starlette(routes=[Route("/{path:path}", anything, methods=["GET", "PUT", "DELETE"])])
    async with serve(app, "127.0.0.1", 0) as other:
        sentence = await place.finds(**{**bucket, "media_bucket_endpoint": other})
    assert taken[:2] == ["PUT", "GET"]
    assert "Check MEDIA_BUCKET_ENDPOINT" in sentence


async def test_a_wrong_token_is_found(place: Place) -> None:
    assert "Copy TELEGRAM_BOT_TOKEN anew" in await place.finds(telegram_bot_token="7000000001:" + "x" * 35)


@pytest.mark.parametrize("key", ["miaohua_access_key", "miaohua_secret_key"])
async def test_a_wrong_key_is_found(place: Place, key: str) -> None:
    wrong = "a-wrong-key-that-is-long-enough-for-a-signature"
    assert "Check MIAOHUA_ACCESS_KEY and MIAOHUA_SECRET_KEY" in await place.finds(**{key: wrong})


@pytest.mark.parametrize("name", ["TELEGRAM_API_URL", "MIAOHUA_API_URL"])
async def test_a_closed_port_is_found(place: Place, name: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert f"no answer from {nobody}. Check {name} and the network." in await place.finds(**{name.lower(): nobody})


async def test_a_vendor_out_of_service_is_found(place: Place) -> None:
    place.vendor.faults.add(Fault(on="models", status=502, body="<html>"))
    assert "not as it should: HTTP 502" in await place.finds()


@pytest.mark.parametrize("model", ["秒画 0.4.0", "cq71d1kq0d02r73hadf0"])
async def test_the_operators_model_is_looked_up(place: Place, model: str) -> None:
    assert await place.check(default_model=model)
    place.said.clear()
    assert "has no model “Artist”. Change DEFAULT_MODEL" in await place.finds(default_model="Artist")


def below_a_file(directory: Path) -> str:
    (directory / "file").touch()
    return f"sqlite+aiosqlite:///{directory}/file/bot.db"


def a_directory(directory: Path) -> str:
    (directory / "directory").mkdir()
    return f"sqlite+aiosqlite:///{directory}/directory"


def no_database(directory: Path) -> str:
    (directory / "letter.db").write_text("Dear database, " * 100)
    return f"sqlite+aiosqlite:///{directory}/letter.db"


def read_only(directory: Path) -> str:
    return f"sqlite+aiosqlite:///file:{directory}/bot.db?mode=ro&uri=true"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (below_a_file, "NotADirectoryError|FileExistsError"),
        (a_directory, "OperationalError"),
        (no_database, "DatabaseError"),
        (read_only, "OperationalError"),
        (lambda _: f"postgresql+asyncpg://bot@127.0.0.1:{free_port()}/bot", "ConnectionRefusedError"),
        (lambda _: "postgresql+asyncpg://bot@127.0.0.1:99999/bot", "OverflowError"),
    ],
)
async def test_a_database_that_cannot_be_written_to_is_found(
    place: Place, tmp_path: Path, make: Callable[[Path], str], reason: str
) -> None:
    sentence = await place.finds(database_url=make(tmp_path))
    assert sentence.startswith("✗ Database: it cannot be written to (")
    assert sentence.endswith("). Check DATABASE_URL.")
    assert sentence.partition("(")[2].partition(")")[0] in reason.split("|")
    for thread in threading.enumerate():  # one of a connection left open would keep the process from ending
        if "_connection_worker_thread" in thread.name:
            thread.join(10)
            assert not thread.is_alive()


async def test_a_database_in_memory_only_is_found(place: Place) -> None:
    assert "SQLite needs the path of a file" in await place.finds(database_url="sqlite+aiosqlite://")


async def test_a_database_of_a_newer_bot_is_found(place: Place) -> None:
    store = await Store.open(place.usual["database_url"])
    async with store.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    await store.close()
    assert "(NewerDatabase)" in await place.finds()


async def test_a_postgres_without_the_database_is_found(place: Place, postgres: Path) -> None:
    sentence = await place.finds(database_url=f"postgresql+asyncpg://studio@/nowhere?host={postgres}")
    assert "(InvalidCatalogNameError)" in sentence


async def test_a_public_address_where_nobody_is_is_found(place: Place) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    sentence = await place.finds(public_url=nobody)
    assert f"{nobody} does not lead to this bot" in sentence
    assert "Check PUBLIC_URL" in sentence


async def test_a_public_address_of_something_else_is_found(place: Place) -> None:
    assert "does not lead to this bot (404 from" in await place.finds(public_url=place.usual["miaohua_api_url"])
    place.said.clear()

    async def hello(_request: Request) -> Response:
        return PlainTextResponse("hello")

    async with serve(Starlette(routes=[Route("/{path:path}", hello)]), "127.0.0.1", 0) as other:
        assert f"{other} leads to something else. Check PUBLIC_URL." in await place.finds(public_url=other)


async def test_the_running_bot_answers_where_the_port_is_taken(place: Place) -> None:
    settings = place.settings()
    links = Links(str(settings.public_url), settings.link_key)
    shelf = Shelf(settings.media_dir, links)
    web = create_web(links=links, shelf=shelf, health=_healthy, registry=CollectorRegistry())
    async with serve(web, settings.web_host, settings.web_port):
        assert await place.check()


async def test_a_directory_that_cannot_be_written_to_is_found(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Check MEDIA_DIR" in await place.finds(media_dir=tmp_path / "file" / "media")


async def test_everything_wrong_at_once_is_said_at_once(place: Place) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert not await place.check(
        telegram_api_url=nobody,
        miaohua_secret_key="wrong" * 8,
        database_url="sqlite+aiosqlite://",
        public_url=nobody,
    )
    assert [line[0] for line in place.said] == ["✗"] * 4
    assert not any("wrong" * 8 in line or TOKEN in line for line in place.said)


async def _healthy() -> dict[str, object]:
    return {"ok": True}
