import time
from collections.abc import Mapping
from typing import Any
from unittest.mock import AsyncMock

import pytest

from bot.capabilities import registry
from bot.capabilities.detect import Detect
from bot.capabilities.imagine import Imagine
from bot.capabilities.makers import makers, polls
from bot.errors import NotFound
from bot.sandbox.vendor.faults import Fault
from bot.sandbox.vendor.lora.training import NOBODY_SHOWN
from bot.sandbox.vendor.tasks import Work, number_pictures
from bot.store import dialogs
from bot.store.dialogs import NewDialog
from bot.tracker.ports import Failed, Made, Outcome, Waiting
from tests.capabilities.workshop import PHOTO, Workshop, task_of

BATCHED = ("imgenstd", "stylization", "erase", "inpaint", "outpaint", "sup_res", "split")
LOST = "nobody-knows"


def book(workshop: Workshop, path: str, work: Work, seconds: float = 0.0) -> str:
    """Have a task at the vendor as if it had been ordered."""
    family, operation = path.split("/")
    vendor = workshop.vendor
    return vendor.tasks.book(family, operation, {}, work, now=vendor.clock(), seconds=seconds).id


async def ask(workshop: Workshop, family: str, *vendor_ids: str) -> Mapping[str, Outcome]:
    return await polls(workshop.studio.client)[family](vendor_ids)


@pytest.mark.parametrize(
    ("prompt", "expected"), [("a fox", Made), ("half-hidden fox", Made), ("all-hidden", Failed), ("must-fail", Failed)]
)
async def test_an_order_is_made_and_asked_about(workshop: Workshop, prompt: str, expected: type) -> None:
    imagine = Imagine()
    answers = {**imagine.start({}), "prompt": prompt, "samples": 2}
    task = task_of(imagine, await imagine.settle(answers, workshop.studio))
    maker = makers(workshop.studio)[imagine.name]
    vendor_id = await (await maker.prepare(task)).submit()
    found = await ask(workshop, maker.family, vendor_id, "unknown")
    assert found.keys() == {vendor_id}
    assert isinstance(found[vendor_id], expected)


async def test_an_errand_that_nobody_waits_for_any_more_is_not_ordered(workshop: Workshop) -> None:
    detect, studio = registry.BY_NAME["detect"], workshop.studio
    asks: dict[str, Any] = {
        "chat_id": 70,
        "owner_id": 7,
        "capability": "swap",
        "lang": "en",
        "answers": {},
        "screen": "ask-faces",
    }
    async with studio.store.write() as conn:
        dialog, _ = await dialogs.put(conn, NewDialog(**asks, created_at=0.0, expires_at=time.time() + 3600))
    task = task_of(detect, {"photo": PHOTO, "face": "normal", "dialog": dialog.id, "need": "faces"})
    maker = makers(studio)["detect"]
    assert await (await maker.prepare(task)).submit()
    fetched = list(workshop.fetched)
    async with studio.store.write() as conn:
        await dialogs.remove(conn, dialog.id)
    with pytest.raises(NotFound):
        await maker.prepare(task)
    assert workshop.fetched == fetched


async def test_a_maker_has_what_its_capability_declares(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    imagine = Imagine()
    keep = AsyncMock()
    monkeypatch.setattr(imagine, "preparation", 1234.0)
    monkeypatch.setattr(imagine, "keep", keep)
    monkeypatch.setattr(registry, "ALL", (imagine,))
    [maker] = makers(workshop.studio).values()
    assert (maker.family, maker.patience, maker.preparation) == ("imgenstd", imagine.patience, 1234.0)
    kept: tuple[Any, ...] = ("a connection", "a task", Made(found={"lora_id": "l"}))
    await maker.keep(*kept)
    keep.assert_awaited_once_with(*kept)


def test_every_family_of_the_vendor_can_be_asked(workshop: Workshop) -> None:
    assert polls(workshop.studio.client).keys() == {*BATCHED, "face", Detect.family, "lora"}


@pytest.mark.parametrize("family", BATCHED)
async def test_pictures_are_asked_about_in_one_request(workshop: Workshop, family: str) -> None:
    done = book(workshop, f"{family}/imgen", Work(number_pictures(2)))
    slow = book(workshop, f"{family}/imgen", Work(number_pictures(1)), 60.0)
    failed = book(workshop, f"{family}/imgen", Work(outcome="FAILED"))
    found = await ask(workshop, family, done, slow, failed, LOST)
    assert found.keys() == {done, slow, failed}
    assert isinstance(made := found[done], Made)
    assert [bool(picture.raw_url) for picture in made.pictures] == [True, True]
    assert (found[slow], type(found[failed])) == (Waiting(), Failed)
    assert [request["path"] for request in workshop.vendor.journal.last] == [f"/v1/{family}/results"]


async def test_that_there_are_no_batches_is_found_out_once(workshop: Workshop) -> None:
    workshop.vendor.faults.add(Fault(on="split/results", code=12, times=10))
    poll = polls(workshop.studio.client)["split"]
    vendor_ids = [book(workshop, "split/imgen", Work(number_pictures(1))) for _ in range(3)]
    for _ in range(2):
        assert (await poll(vendor_ids)).keys() == set(vendor_ids)
    assert workshop.asked("/v1/split/results") == 1
    assert workshop.asked("/v1/split/result/") == 6


async def test_swaps_and_detections_are_asked_about_one_by_one(workshop: Workshop) -> None:
    swap = book(workshop, "face/imggen", Work(number_pictures(1)))
    lost = book(workshop, "face/imggen", Work(outcome="FAILED"))
    faces = book(workshop, "face/detect", Work(detail={"boxes": [(1, 2, 30, 40), (50, 2, 90, 40)]}))
    slow = book(workshop, "face/detect", Work(detail={"boxes": []}), 60.0)
    swapped = await ask(workshop, "face", swap, lost, LOST)
    assert {name: type(outcome) for name, outcome in swapped.items()} == {swap: Made, lost: Failed}
    boxes = [
        {"index": 0, "left": 1.0, "top": 2.0, "right": 30.0, "bottom": 40.0},
        {"index": 1, "left": 50.0, "top": 2.0, "right": 90.0, "bottom": 40.0},
    ]
    found = await ask(workshop, Detect.family, faces, slow, LOST)
    assert found == {faces: Made(found={"faces": boxes}), slow: Waiting()}


async def test_trainings_say_how_far_they_are_and_why_they_failed(workshop: Workshop) -> None:
    lora = workshop.vendor.catalogue.all(workshop.vendor.clock())[0]
    detail = {"lora": lora, "message": NOBODY_SHOWN}
    done, failed = (
        book(workshop, "lora/train", Work(outcome=outcome, detail=detail)) for outcome in ("SUCCESS", "FAILED")
    )
    waiting = book(workshop, "lora/train", Work(detail=detail), 3600.0)
    found = await ask(workshop, "lora", done, failed, waiting)
    assert found[done] == Made(found={"lora_id": lora.id, "trigger_words": ""})
    assert found[waiting] == Waiting(0.0)
    assert isinstance(why := found[failed], Failed)
    assert (why.code, why.detail, why.reason is not None) == (3, NOBODY_SHOWN, True)
    assert workshop.asked("/v1/lora/results") == 1
