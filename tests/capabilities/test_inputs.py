import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.capabilities.imagine import Imagine
from bot.capabilities.inputs import LINK_MARGIN
from bot.errors import BadPicture, NotFound, Unavailable
from bot.media.links import Links
from bot.sandbox.vendor.faults import Fault
from bot.store import pictures, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, Picture
from tests.capabilities.workshop import PHOTO, PUBLIC, Workshop, open_workshop, picture_bytes, task_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

IMAGINE = Imagine()


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
    submit = await IMAGINE.prepare(task_of(IMAGINE, request), workshop.studio)
    vendor_id = await submit()
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
    assert file.name == "17-0.jpg"  # the task's
    assert file.read_bytes() == picture_bytes()


async def test_the_link_outlives_the_task_and_not_for_long(workshop: Workshop) -> None:
    task = task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})
    url = await workshop.studio.inputs.url(task, 2, PHOTO)
    token = url.rpartition("/")[2]
    now = [task.deadline_at + LINK_MARGIN - 1]
    links = Links(PUBLIC, b"a key of the tests", lambda: now[0])
    assert links.verify(token) == "17-2.jpg"
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
    workshop.vendor.faults.add(Fault(on="pictures", status=403))
    sent = await order(workshop, source)
    assert sent["img_url"].startswith(f"{PUBLIC}/media/")
    assert workshop.fetched == [fetched]


async def test_a_result_that_is_gone_everywhere_is_said_to_be(
    workshop: Workshop, store: Store, new_task: Callable[..., NewTask]
) -> None:
    source = await result(workshop, store, new_task)
    workshop.vendor.faults.add(Fault(on="pictures", status=403))
    for gone in (source, {"task": 4711, "index": 0}, {**source, "index": 1}):
        with pytest.raises(NotFound, match="no longer here"):
            await order(workshop, gone)


async def test_without_a_public_address_only_living_links_help(
    store: Store, tmp_path: Path, new_task: Callable[..., NewTask]
) -> None:
    async with open_workshop(tmp_path, store=store, is_public=False) as workshop:
        source = await result(workshop, store, new_task, photo_id="kept-photo")
        task = task_of(IMAGINE, {"model": {"id": "m"}, "samples": 1})
        assert "/pictures/" in await workshop.studio.inputs.url(task, 0, source)
        workshop.vendor.faults.add(Fault(on="pictures", status=403))
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await workshop.studio.inputs.url(task, 0, source)
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
        assert (await workshop.studio.inputs.url(task, 0, source)).startswith(PUBLIC)
    assert workshop.fetched == ["kept-photo"]
