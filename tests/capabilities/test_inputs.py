import io
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.capabilities.imagine import Imagine
from bot.capabilities.inputs import LINK_MARGIN, Offered
from bot.errors import BadPicture, NotFound, Unavailable
from bot.locales.text import text
from bot.media.fit import VENDOR, Bounds
from bot.media.links import Links
from bot.sandbox.vendor.faults import Fault
from bot.store import pictures, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, Picture, Task
from tests.capabilities.workshop import PHOTO, PUBLIC, Workshop, open_workshop, picture_bytes, task_of
from tests.media.s3 import s3_server

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

IMAGINE = Imagine()

SMALLER = Bounds(256, 600, VENDOR.max_bytes, VENDOR.formats)
AS_LARGE = Bounds(256, 640, VENDOR.max_bytes, VENDOR.formats)


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path, store=store) as opened:
        yield opened


async def order(workshop: Workshop, photo: dict[str, Any]) -> dict[str, Any]:
    answers = {**IMAGINE.start({}), "prompt": "a fox", "photo": photo}
    return await workshop.order(IMAGINE, await IMAGINE.settle(answers, workshop.studio))


async def result(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask], **delivered: Any
) -> dict[str, int]:
    """Make a picture at the vendor and write it down, as after a delivery; give it as a source."""
    answers = {**IMAGINE.start({}), "prompt": "a fox", "size": [640, 640]}
    request = await IMAGINE.settle(answers, workshop.studio)
    prepared = await IMAGINE.prepare(task_of(IMAGINE, request), workshop.studio)
    vendor_id = await prepared.submit()
    answer = await workshop.studio.client.call("GET", f"/v1/imgenstd/result/{vendor_id}")
    raw_url = answer["images"][0]["raw"]
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        await pictures.put(conn, [Picture(task_id=task.id, index=0, seed=7, small_url=raw_url, raw_url=raw_url)])
        await pictures.set_delivered(conn, task.id, 0, **delivered)
    return {"task": task.id, "index": 0}


async def test_a_photo_is_fetched_once_and_offered_at_a_signed_link(workshop: Workshop) -> None:
    sent = await order(workshop, PHOTO)
    assert workshop.fetched == ["a-photo"]
    assert sent["img_url"].startswith(f"{PUBLIC}/media/")
    [file] = (workshop.directory / "media").iterdir()
    assert file.name == "t17-0.jpg"  # the task's
    assert file.read_bytes() == picture_bytes()


async def test_the_link_outlives_the_task_and_not_for_long(workshop: Workshop) -> None:
    task = task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})
    offered = await workshop.studio.inputs.offer(task, 2, PHOTO)
    token = offered.url.rpartition("/")[2]
    now = [task.deadline_at + LINK_MARGIN - 1]
    links = Links(PUBLIC, b"a key of the tests", lambda: now[0])
    assert links.verify(token) == "t17-2.jpg"
    now[0] += 2
    with pytest.raises(Exception, match="expired"):
        links.verify(token)


async def test_a_photo_is_fitted_to_the_vendors_bounds(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(_file_id: str) -> bytes:
        return picture_bytes(100, 80)

    monkeypatch.setattr(workshop.studio.inputs, "_fetch", fetch)
    await order(workshop, PHOTO)
    [file] = (workshop.directory / "media").iterdir()
    with Image.open(io.BytesIO(file.read_bytes())) as fitted:
        assert fitted.size == (320, 256)


async def test_what_is_no_picture_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(_file_id: str) -> bytes:
        return b"%PDF-1.7\n"

    monkeypatch.setattr(workshop.studio.inputs, "_fetch", fetch)
    with pytest.raises(BadPicture, match="PDF"):
        await order(workshop, PHOTO)
    assert workshop.vendor.tasks.all() == []


async def test_a_results_own_link_is_passed_on_while_it_lives(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo")
    # The stand-in fetches its own picture.
    vendor = workshop.studio.client._http._transport
    monkeypatch.setattr(workshop.vendor.sources, "_transport", vendor)
    sent = await order(workshop, source)
    assert "/pictures/" in sent["img_url"]
    assert workshop.fetched == []


@pytest.mark.parametrize(
    ("delivered", "fetched"),
    [
        ({"photo_id": "kept-photo"}, "kept-photo"),
        ({"photo_id": "kept-photo", "document_id": "kept-file"}, "kept-file"),
    ],
)
async def test_a_dead_link_is_replaced_by_what_telegram_kept(
    workshop: Workshop,
    store: Store,
    new_task: Callable[..., NewTask],
    delivered: dict[str, str],
    fetched: str,
) -> None:
    source = await result(workshop, store, new_task, **delivered)
    workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))
    sent = await order(workshop, source)
    assert sent["img_url"].startswith(f"{PUBLIC}/media/")
    assert workshop.fetched == [fetched]


async def test_a_result_that_is_gone_everywhere_is_said_to_be(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    source = await result(workshop, store, new_task)
    workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))
    for gone in (source, {"task": 4711, "index": 0}, {**source, "index": 1}):
        with pytest.raises(NotFound, match="no longer here"):
            await order(workshop, gone)


async def test_a_result_that_is_out_of_reach_is_not_said_to_be_gone(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    lost = await result(workshop, store, new_task)
    kept = await result(workshop, store, new_task, photo_id="kept-photo")
    workshop.vendor.faults.add(Fault(on="pictures", status=503, times=100))
    with pytest.raises(Unavailable, match="try again in a minute"):
        await workshop.studio.inputs.read(lost)
    assert await workshop.studio.inputs.read(kept) == picture_bytes()
    assert workshop.fetched == ["kept-photo"]


async def test_without_a_public_address_only_living_links_help(
    store: Store, tmp_path: Path, new_task: Callable[..., NewTask]
) -> None:
    async with open_workshop(tmp_path, store=store, is_public=False) as workshop:
        source = await result(workshop, store, new_task, photo_id="kept-photo")
        task = task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})
        assert not workshop.studio.inputs.is_public
        assert "/pictures/" in (await workshop.studio.inputs.offer(task, 0, source)).url
        workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))
        for asked in (source, PHOTO):
            with pytest.raises(Unavailable, match=r"PUBLIC_URL.*MEDIA_BUCKET_URL"):
                await workshop.studio.inputs.offer(task, 0, asked)
        with pytest.raises(Unavailable):
            await workshop.studio.inputs.put(task, 1, b"a mask", "png")
        assert workshop.fetched == []


async def test_a_link_to_a_picture_too_large_is_not_passed_on(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo")

    def large(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-length": "8000000"}, content=b"")

    async with httpx.AsyncClient(transport=httpx.MockTransport(large)) as http:
        monkeypatch.setattr(workshop.studio.inputs, "_http", http)
        task = task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})
        assert (await workshop.studio.inputs.offer(task, 0, source)).url.startswith(PUBLIC)
    assert workshop.fetched == ["kept-photo"]


def any_task() -> Task:
    return task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


async def test_a_result_within_narrower_bounds_is_measured_and_passed_on(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo")
    offered = await workshop.studio.inputs.offer(any_task(), 0, source, AS_LARGE)
    assert "/pictures/" in offered.url
    assert offered.changes == ()
    assert not (workshop.directory / "media").exists()


async def test_a_result_beyond_narrower_bounds_is_fitted(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo")
    offered = await workshop.studio.inputs.offer(any_task(), 0, source, SMALLER)
    assert offered.url.startswith(f"{PUBLIC}/media/")
    [change] = offered.changes
    assert "from 640×640 to 600×600 pixels" in change.plain("en")
    [file] = (workshop.directory / "media").iterdir()
    assert size_of(file.read_bytes()) == (600, 600)
    assert workshop.fetched == []


async def test_without_a_public_address_a_result_must_fit(
    store: Store, tmp_path: Path, new_task: Callable[..., NewTask]
) -> None:
    async with open_workshop(tmp_path, store=store, is_public=False) as workshop:
        inputs, source = workshop.studio.inputs, await result(workshop, store, new_task, photo_id="kept-photo")
        assert "/pictures/" in (await inputs.offer(any_task(), 0, source, AS_LARGE)).url
        with pytest.raises(Unavailable):
            await inputs.offer(any_task(), 0, source, SMALLER)
        assert (await inputs.fitted(source, SMALLER)).width == 600  # it can still be sent along


async def test_a_result_is_read_from_the_vendor_while_its_link_lives(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo")
    assert size_of(await workshop.studio.inputs.read(source)) == (640, 640)
    assert workshop.fetched == []
    workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))
    assert size_of(await workshop.studio.inputs.read(source)) == (300, 300)
    assert workshop.fetched == ["kept-photo"]
    with pytest.raises(NotFound, match="no longer here"):
        await workshop.studio.inputs.read({"task": 4711, "index": 0})


async def test_a_file_is_read_untouched(workshop: Workshop) -> None:
    assert await workshop.studio.inputs.read({"file": "a-file", "document": True}) == picture_bytes()
    assert workshop.fetched == ["a-file"]


async def test_where_the_file_is_too_large_its_preview_is_taken(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await result(workshop, store, new_task, photo_id="kept-photo", document_id="large-file")
    workshop.vendor.faults.add(Fault(on="pictures", status=403, times=100))

    async def fetch(file_id: str) -> bytes:
        if file_id == "large-file":
            raise BadPicture(text("That file is larger than 20 MB."))
        return file_id.encode()

    monkeypatch.setattr(workshop.studio.inputs, "_fetch", fetch)
    assert await workshop.studio.inputs.read(source) == b"kept-photo"


async def test_what_was_changed_is_said(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(_file_id: str) -> bytes:
        return picture_bytes(100, 80)

    monkeypatch.setattr(workshop.studio.inputs, "_fetch", fetch)
    fitted = await workshop.studio.inputs.fitted(PHOTO)
    offered = await workshop.studio.inputs.offer(any_task(), 0, PHOTO)
    assert isinstance(offered, Offered)
    assert offered.changes == fitted.changes
    assert "from 100×80 to 320×256 pixels" in offered.changes[0].plain("en")


async def test_what_we_made_is_offered_beside_the_photo(workshop: Workshop) -> None:
    inputs = workshop.studio.inputs
    await inputs.offer(any_task(), 0, PHOTO)
    url = await inputs.put(any_task(), 1, b"a mask", "png")
    assert url.startswith(f"{PUBLIC}/media/")
    held = {file.name: file.read_bytes() for file in (workshop.directory / "media").iterdir()}
    assert held == {"t17-0.jpg": picture_bytes(), "t17-1.png": b"a mask"}


async def test_a_bucket_takes_the_place_of_a_public_address(store: Store, tmp_path: Path) -> None:
    with s3_server() as s3:
        name = s3.make_bucket()
        async with (
            open_workshop(tmp_path, store=store, offers=s3.bucket(f"s3://{name}/studio")) as workshop,
            httpx.AsyncClient(trust_env=False) as vendor,
        ):
            task, inputs = any_task(), workshop.studio.inputs
            url = (await inputs.offer(task, 0, PHOTO)).url
            fetched = await vendor.get(url)
            assert (fetched.content, fetched.headers["content-type"]) == (picture_bytes(), "image/jpeg")
            mask = await inputs.put(task, 1, b"a mask", "png")
            s3.now = lambda: task.deadline_at + LINK_MARGIN - 2
            assert (await vendor.get(mask)).content == b"a mask"
            s3.now = lambda: task.deadline_at + LINK_MARGIN + 2
            assert (await vendor.get(mask)).status_code == 403
        assert s3.keys(name) == ["studio/t17/t17-0.jpg", "studio/t17/t17-1.png"]
        assert not (tmp_path / "media").exists()
        assert task.deadline_at < time.time() + 1000
