import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import Unavailable, UserError
from bot.media import bucket as module
from bot.media.bucket import Bucket, BucketClosed, BucketUnreachable, bucket_of
from bot.settings import load
from tests.e2e.studio import free_port
from tests.media.s3 import ACCESS_KEY, S3, SECRET_KEY, s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3_server() as opened:
        yield opened


@pytest.fixture
def s3(server: S3) -> Iterator[S3]:
    yield server
    server.now, server.outage = time.time, 0


@pytest.fixture
def name(s3: S3) -> str:
    return s3.make_bucket()


@pytest.fixture(params=["", "/studio/pictures/"])
def bucket(s3: S3, name: str, request: pytest.FixtureRequest) -> Bucket:
    return s3.bucket(f"s3://{name}{request.param}")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A stranger: no keys, no proxy."""
    async with httpx.AsyncClient(trust_env=False) as opened:
        yield opened


async def test_a_link_opens_a_picture_to_anybody(bucket: Bucket, http: httpx.AsyncClient) -> None:
    name = await bucket.put("t17", 0, b"a picture", "webp")
    assert name == "t17-0.webp"
    fetched = await http.get(bucket.link(name, time.time() + 60))
    assert (fetched.status_code, fetched.content) == (200, b"a picture")
    assert fetched.headers["content-type"] == "image/webp"


async def test_no_picture_is_open_without_its_link(bucket: Bucket, http: httpx.AsyncClient) -> None:
    url = bucket.link(await bucket.put("t17", 0, b"a picture", "png"), time.time() + 60)
    tampered = [
        url.partition("?")[0],
        url.replace("t17-0.png", "t18-0.png"),
        url.replace("X-Amz-Expires=6", "X-Amz-Expires=96"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ]
    await bucket.put("t18", 0, b"another picture", "png")
    assert [(await http.get(other)).status_code for other in tampered] == [403] * 4


async def test_a_link_expires(s3: S3, bucket: Bucket, http: httpx.AsyncClient) -> None:
    ends = time.time() + 600
    url = bucket.link(await bucket.put("t17", 0, b"a picture", "png"), ends)
    s3.now = lambda: ends - 2
    assert (await http.get(url)).status_code == 200
    s3.now = lambda: ends + 2
    assert (await http.get(url)).status_code == 403


@pytest.mark.parametrize(("seconds", "living"), [(3600, 3600), (30 * 24 * 3600, 7 * 24 * 3600), (-5, 1), (0.5, 1)])
async def test_a_link_lives_for_seven_days_at_most(s3: S3, name: str, seconds: float, living: int) -> None:
    bucket = s3.bucket(f"s3://{name}", clock=lambda: 1000.0)
    assert f"&X-Amz-Expires={living}&" in bucket.link("t17-0.jpg", 1000 + seconds)


async def test_putting_again_replaces(bucket: Bucket, http: httpx.AsyncClient) -> None:
    name = await bucket.put("d4", 999, b"a picture", "jpg")
    assert await bucket.put("d4", 999, b"a better one", "jpg") == name
    assert (await http.get(bucket.link(name, time.time() + 60))).content == b"a better one"


@pytest.mark.parametrize(("holder", "extension"), [("17", "jpg"), ("t17/..", "jpg"), ("t17", "svg"), ("", "jpg")])
async def test_only_plain_names_are_written(s3: S3, name: str, holder: str, extension: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await s3.bucket(f"s3://{name}").put(holder, 0, b"a picture", extension)
    assert s3.keys(name) == []


async def test_pictures_vanish_with_their_holder(s3: S3, name: str) -> None:
    bucket = s3.bucket(f"s3://{name}/studio")
    for holder, index in (("t1", 0), ("t1", 1), ("t11", 0), ("d1", 0)):
        await bucket.put(holder, index, b"a picture", "jpg")
    s3.place(name, "t1/t1-0.jpg", "studio/t1/notes.txt")
    await bucket.remove("t1")
    await bucket.remove("t1")
    assert s3.keys(name) == ["studio/d1/d1-0.jpg", "studio/t1/notes.txt", "studio/t11/t11-0.jpg", "t1/t1-0.jpg"]


async def test_what_was_left_over_is_swept_and_nothing_else(s3: S3, name: str) -> None:
    bucket, now = s3.bucket(f"s3://{name}"), time.time()
    for holder in ("t1", "t2", "d3"):
        await bucket.put(holder, 0, b"a picture", "jpg")
    s3.place(name, "holiday.jpg", "t1-0.jpg", "t9/t8-0.jpg", "backup/t1/t1-0.jpg")
    for key in s3.keys(name):
        s3.age(name, key, now - 1000)
    s3.age(name, "t2/t2-0.jpg", now - 10)
    assert await bucket.sweep(older_than=now - 500, spared={"d3", "t"}) == 1
    assert await bucket.sweep(older_than=now - 500) == 1
    assert s3.keys(name) == ["backup/t1/t1-0.jpg", "holiday.jpg", "t1-0.jpg", "t2/t2-0.jpg", "t9/t8-0.jpg"]


async def test_a_sweep_ends(s3: S3, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = s3.bucket(f"s3://{name}")
    for index in range(5):
        await bucket.put("t1", index, b"a picture", "jpg")
    monkeypatch.setattr(module, "SWEPT_AT_ONCE", 2)
    monkeypatch.setattr(module, "_PAGE", 1)
    assert await bucket.sweep(older_than=time.time() + 60) == 2
    assert len(s3.keys(name)) == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"access_key": SecretStr("another-key")}, "InvalidAccessKeyId"),
        ({"secret_key": SecretStr("another-key")}, "SignatureDoesNotMatch"),
    ],
)
async def test_wrong_keys_end_the_request(s3: S3, name: str, changed: dict[str, SecretStr], code: str) -> None:
    bucket = s3.bucket(f"s3://{name}", **changed)
    with pytest.raises(Unavailable, match="tell the operator") as closed:
        await bucket.put("t1", 0, b"a picture", "jpg")
    assert isinstance(closed.value, BucketClosed)
    assert (closed.value.s3_code, closed.value.is_missing, closed.value.code) == (code, False, 503)
    assert closed.value.__suppress_context__


async def test_no_such_bucket_ends_the_request(s3: S3) -> None:
    with pytest.raises(BucketClosed) as closed:
        await s3.bucket("s3://nobodys-bucket").put("t1", 0, b"a picture", "jpg")
    assert closed.value.is_missing


async def test_an_outage_is_worth_another_try(s3: S3, name: str) -> None:
    bucket = s3.bucket(f"s3://{name}")
    s3.outage = 1000
    with pytest.raises(BucketUnreachable, match="SlowDown") as fault:
        await bucket.put("t1", 0, b"a picture", "jpg")
    assert not isinstance(fault.value, UserError)  # which would end the task
    with pytest.raises(BucketUnreachable):
        await bucket.sweep(0.0)
    await bucket.remove("t1")  # what nobody removes is swept
    s3.outage = 0
    await bucket.put("t1", 0, b"a picture", "jpg")


async def test_a_patient_bucket_outlasts_an_outage(s3: S3, name: str) -> None:
    s3.outage = 1
    await s3.bucket(f"s3://{name}", patience=20.0).put("t1", 0, b"a picture", "jpg")
    assert s3.keys(name) == ["t1/t1-0.jpg"]


async def test_nobody_there_is_worth_another_try(s3: S3, name: str) -> None:
    with pytest.raises(BucketUnreachable) as fault:
        await s3.bucket(f"s3://{name}", endpoint=f"http://127.0.0.1:{free_port()}").put("t1", 0, b"x", "jpg")
    assert fault.value.s3_code == ""


async def test_silence_ends(s3: S3, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PUT_SECONDS", 0.0)
    with pytest.raises(BucketUnreachable, match="not within 0 s"):
        await s3.bucket(f"s3://{name}").put("t1", 0, b"a picture", "jpg")


async def test_the_environments_own_session_is_left_out(
    s3: S3, name: str, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-somebody-else")
    bucket = s3.bucket(f"s3://{name}")
    url = bucket.link(await bucket.put("t1", 0, b"a picture", "jpg"), time.time() + 60)
    assert "Token" not in url
    assert (await http.get(url)).status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("https://s3.example.org", "https://s3.example.org/pics/a/t1/t1-0.jpg"),
        ("https://pics.oss-cn-hangzhou.example.org", "https://pics.oss-cn-hangzhou.example.org/a/t1/t1-0.jpg"),
    ],
)
async def test_the_bucket_stands_in_the_path_or_in_the_host(s3: S3, endpoint: str, address: str) -> None:
    bucket = s3.bucket("s3://pics/a", endpoint=endpoint)
    assert bucket.link("t1-0.jpg", time.time() + 60).partition("?")[0] == address


def test_the_settings_name_a_bucket() -> None:
    known: dict[str, Any] = dict.fromkeys(("telegram_bot_token", "miaohua_access_key", "miaohua_secret_key"), "x")
    keys = {"media_bucket_access_key": ACCESS_KEY, "media_bucket_secret_key": SECRET_KEY}
    settings = load(_env_file=None, **known, **keys, media_bucket_url="s3://pics/a", media_bucket_region="eu-west-1")
    url = bucket_of(settings).link("d1-0.png", time.time() + 60)
    assert url.startswith("https://s3.eu-west-1.amazonaws.com/pics/a/d1/d1-0.png?")
    assert "%2Feu-west-1%2Fs3%2F" in url
    with pytest.raises(ValueError, match="no bucket"):
        bucket_of(load(_env_file=None, **known))


async def test_no_key_is_shown(s3: S3, name: str) -> None:
    bucket = s3.bucket(f"s3://{name}")
    for shown in (repr(bucket._store), repr(bucket._store.config), repr(vars(bucket))):
        assert "the-secret-key" not in shown


def test_whoever_has_no_bucket_does_not_load_its_library() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, bot.app, bot.check; print('obstore' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=60,
    )
    assert said.stdout.strip() == "False"
