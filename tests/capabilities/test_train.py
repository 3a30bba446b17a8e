import hashlib
import io
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.capabilities.imagine import Imagine
from bot.capabilities.makers import polls
from bot.capabilities.own_loras import usable
from bot.capabilities.train import PHOTOS, Train
from bot.errors import BadValue, NotFound, Unavailable
from bot.media.fit import Fitted
from bot.media.links import Links
from bot.sandbox.vendor.faults import Fault
from bot.store import collected, forgetting, loras, tasks
from bot.store.collected import NewCollected
from bot.store.engine import Store
from bot.store.task import NewTask, State, Task
from bot.tracker.ports import Failed, Made
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop, task_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TRAIN, IMAGINE = Train(), Imagine()
COLLECTION, OWNER, OTHER, GROUP = 12, 7, 8, -70
MANIFOLD, MANIFOLD_TYPE = "秒画 0.4.0", "MH-0.4"
FITTED = Fitted(b"", "image/jpeg", "jpg", 256, 256)


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path, store=store) as opened:
        yield opened


async def collect(workshop: Workshop, count: int) -> dict[str, Any]:
    """Collect pictures, and give the answer."""
    inputs, store = workshop.studio.inputs, workshop.studio.store
    for number in range(count):
        data = io.BytesIO()
        Image.new("RGB", (256, 256), (200 - 20 * number, 40, 30)).save(data, "JPEG")
        digest = hashlib.sha256(data.getvalue()).hexdigest()
        name = await inputs.collect(COLLECTION, digest, replace(FITTED, data=data.getvalue()))
        new = NewCollected(collection_id=COLLECTION, source={"file": "f"}, digest=digest, name=name, created_at=1.0)
        async with store.write() as conn:
            assert await collected.add(conn, new)
    return {"photos": {"id": COLLECTION, "count": count, "is_done": True}}


def answered(line: str, photos: dict[str, Any]) -> dict[str, Any]:
    return {**TRAIN.start({}), **TRAIN.read(line), **photos}


async def settled(workshop: Workshop, line: str = "my cat --style --trigger mycat", count: int = 5) -> dict[str, Any]:
    return await TRAIN.settle(answered(line, await collect(workshop, count)), workshop.studio)


async def running(workshop: Workshop, new_task: Callable[..., NewTask], line: str = "my cat --style") -> Task:
    """Order as the tracker does; the vendor has finished, and we do not know it yet."""
    request = await settled(workshop, line)
    async with workshop.studio.store.write() as conn:
        due = {"created_at": time.time(), "deadline_at": time.time() + 900}
        new = new_task(capability="train", owner_id=OWNER, chat_id=GROUP, request=request, **due)
        task = await tasks.insert(conn, new)
        await TRAIN.ordered(conn, task)
    vendor_id = await (await TRAIN.prepare(task, workshop.studio)).submit()
    return await change(workshop, task, state=State.RUNNING, vendor_id=vendor_id)


async def change(workshop: Workshop, task: Task, **columns: Any) -> Task:
    async with workshop.studio.store.write() as conn:
        changed = await tasks.update(conn, task, **columns)
    assert changed is not None
    return changed


async def heard(workshop: Workshop, task: Task) -> Task:
    """Poll as the tracker does, up to the row of the LoRA; give the task as it is then."""
    vendor_id = str(task.vendor_id)
    made = (await polls(workshop.studio.client)["lora"]([vendor_id]))[vendor_id]
    assert isinstance(made, Made)
    async with workshop.studio.store.write() as conn:
        await TRAIN.keep(conn, task, made)
    return await change(workshop, task, state=State.SUCCEEDED, found=dict(made.found))


async def trained(workshop: Workshop, new_task: Callable[..., NewTask], line: str = "my cat --style") -> Task:
    return await heard(workshop, await running(workshop, new_task, line))


async def names(workshop: Workshop, owner_id: int, chat_id: int) -> list[str]:
    return [lora.name for lora in await usable(workshop.studio.for_(owner_id, chat_id))]


async def test_what_is_typed_becomes_the_vendors_request(workshop: Workshop) -> None:
    line = '我的\n  猫 --style --vip --trigger "my cat" --base 秒画 --about grey, fat'
    request = await settled(workshop, line)
    sent = await workshop.order(TRAIN, request)
    assert len(set(sent.pop("images"))) == 5
    assert sent == {
        "base_model_id": request["base"]["id"],
        "model_name": "我的 猫",
        "description": "grey, fat",
        "trigger_word": "my cat",
        "main_object": "Style",
        "task_type": "VIP",
    }
    assert request["base"] == {"id": sent["base_model_id"], "name": MANIFOLD, "type": MANIFOLD_TYPE}


async def test_the_vendors_defaults_are_kept(workshop: Workshop) -> None:
    request = await settled(workshop, "my cat")
    assert (request["subject"], request["speed"], request["base"]["name"]) == ("Human", "NORMAL", MANIFOLD)
    async with workshop.studio.store.read() as conn:
        assert len(await collected.names(conn, COLLECTION)) == 5
    prepared = await TRAIN.prepare(task_of(TRAIN, request), workshop.studio)
    vendor_id = await prepared.submit()
    failed = (await polls(workshop.studio.client)["lora"]([vendor_id]))[vendor_id]
    assert isinstance(failed, Failed)  # nobody is shown
    assert any("every picture must show" in line.plain("en") for line in TRAIN.remarks(request))
    assert len(TRAIN.remarks({**request, "subject": "Style"})) == 1


async def test_names_are_counted_in_characters(workshop: Workshop) -> None:
    assert (await settled(workshop, "狐" * 64))["name"] == "狐" * 64
    photos = {"photos": {"id": COLLECTION, "count": 5, "is_done": True}}
    with pytest.raises(BadValue, match=r"too long by 1\. Allowed: up to 64 characters"):
        await TRAIN.settle(answered("狐" * 65, photos), workshop.studio)
    with pytest.raises(BadValue, match="up to 256 characters"):
        TRAIN.read(f"my cat --trigger {'狐' * 257}")
    with pytest.raises(BadValue, match="There are: 秒画"):
        await TRAIN.settle(answered("my cat --base nothing", photos), workshop.studio)


def test_it_needs_five_pictures_and_a_name(database_url: str) -> None:
    few = {"photos": {"id": COLLECTION, "count": 4, "is_done": True}}
    undone = {"photos": {"id": COLLECTION, "count": 9}}
    enough = {"photos": {"id": COLLECTION, "count": 5, "is_done": True}}
    missing = [TRAIN.missing(answered("my cat", photos)) for photos in ({}, few, undone, enough)]
    assert missing == [PHOTOS, PHOTOS, PHOTOS, None]
    assert getattr(TRAIN.missing(answered("", enough)), "name", None) == "name"


async def test_without_a_public_link_it_is_refused(store: Store, tmp_path: Path) -> None:
    async with open_workshop(tmp_path, store=store, is_public=False) as workshop:
        photos = {"photos": {"id": COLLECTION, "count": 5, "is_done": True}}
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await TRAIN.settle(answered("my cat", photos), workshop.studio)


async def test_the_panel_offers_the_models_that_can_be_trained(workshop: Workshop) -> None:
    assert [one.name for one in await TRAIN.choices("base", TRAIN.start({}), workshop.studio)] == [MANIFOLD]


async def test_it_costs_one_and_its_time_depends_on_the_number_of_pictures(workshop: Workshop) -> None:
    request = await settled(workshop)
    assert TRAIN.pictures(request) == 1
    kinds = {TRAIN.kind({**request, "photos": {**request["photos"], "count": count}}) for count in range(5, 1001)}
    assert len(kinds) == 8
    assert TRAIN.kind({**request, "speed": "VIP"}) not in kinds


async def test_links_live_as_long_as_the_training_may(workshop: Workshop) -> None:
    task = task_of(TRAIN, await settled(workshop))
    sent = await workshop.order(TRAIN, task.request)
    now = [task.deadline_at + TRAIN.patience]
    links = Links(PUBLIC, b"a key of the tests", lambda: now[0])
    found = {links.verify(url.rpartition("/")[2]) for url in sent["images"]}
    assert found == {path.name for path in (workshop.directory / "media").iterdir()}
    assert TRAIN.patience < 7 * 24 * 3600  # as long as a bucket's link can live


async def test_pictures_that_are_gone_are_not_ordered(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    request = await settled(workshop, count=6)
    async with workshop.studio.store.write() as conn:
        task = await tasks.insert(conn, new_task(request=request))
        await TRAIN.ordered(conn, task)
        first = await collected.at(conn, COLLECTION, 0)
        assert first is not None
        assert first.task_id == task.id
        await collected.clear(conn, COLLECTION)
        with pytest.raises(NotFound, match="begin anew with /train"):
            await TRAIN.ordered(conn, task)
    with pytest.raises(NotFound, match="begin anew with /train"):
        await TRAIN.prepare(task, workshop.studio)


async def test_only_what_waits_at_the_vendor_can_be_cancelled(workshop: Workshop) -> None:
    task = task_of(TRAIN, await settled(workshop))
    assert not await TRAIN.cancel(task, workshop.studio)
    ordered = []
    for seconds in (1000.0, 0.0):
        workshop.vendor.task_seconds = seconds
        vendor_id = await (await TRAIN.prepare(task, workshop.studio)).submit()
        ordered.append(replace(task, vendor_id=vendor_id))
    assert [await TRAIN.cancel(one, workshop.studio) for one in ordered] == [True, False]
    assert not await TRAIN.cancel(replace(task, vendor_id="unknown"), workshop.studio)
    workshop.vendor.faults.add(Fault(on="cancel", times=10, code=503))
    with pytest.raises(Unavailable, match="cannot tell"):
        await TRAIN.cancel(ordered[0], workshop.studio)


async def test_it_is_its_owners_the_minute_it_is_trained(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    vendors = await names(workshop, OWNER, OWNER)
    assert vendors
    asked = workshop.asked("LORA")
    await trained(workshop, new_task)
    assert await names(workshop, OWNER, GROUP) == ["my cat", *vendors]
    assert await names(workshop, OTHER, GROUP) == vendors
    assert [lora.name for lora in await usable(workshop.studio)] == vendors
    assert workshop.asked("LORA") == asked  # the vendor's list was not asked for anew
    workshop.now += 10_000  # now it is, and has it too
    assert await names(workshop, OWNER, GROUP) == ["my cat", *vendors]
    assert await names(workshop, OTHER, GROUP) == vendors
    assert workshop.asked("LORA") == asked + 1


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.UNCERTAIN, State.EXPIRED])
async def test_it_is_not_everybodys_while_its_end_is_not_heard(
    workshop: Workshop, new_task: Callable[..., NewTask], state: State
) -> None:
    vendors = await names(workshop, OTHER, GROUP)
    await change(workshop, await running(workshop, new_task), state=state)
    workshop.now += 10_000  # the vendor's list has it by now
    assert await names(workshop, OTHER, GROUP) == await names(workshop, 0, 0) == vendors
    assert await names(workshop, OWNER, GROUP) == [*vendors, "my cat"]


async def test_a_forgotten_persons_training_brings_a_lora_that_is_nobodys(
    workshop: Workshop, new_task: Callable[..., NewTask]
) -> None:
    vendors = await names(workshop, OTHER, GROUP)
    task = await running(workshop, new_task)
    async with workshop.studio.store.write() as conn:
        await forgetting.forget(conn, OWNER, today="2024-05-03")
        left = await tasks.get(conn, task.id)
    assert left is not None
    workshop.now += 10_000
    for who in (OWNER, OTHER, 0):
        assert await names(workshop, who, GROUP) == vendors
    await heard(workshop, left)
    for who in (OWNER, OTHER, 0):
        assert await names(workshop, who, GROUP) == vendors


async def test_a_group_uses_what_is_shared_with_it(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    task = await trained(workshop, new_task)
    async with workshop.studio.store.write() as conn:
        lora = await loras.of_task(conn, task.id)
        assert lora is not None
        await loras.share(conn, lora.id, GROUP)
    assert "my cat" in await names(workshop, OTHER, GROUP)
    assert "my cat" not in await names(workshop, OTHER, OTHER)
    answers = {**IMAGINE.start({}), **IMAGINE.read("a fox --lora my")}
    request = await IMAGINE.settle(answers, workshop.studio.for_(OTHER, GROUP))
    assert request["loras"][0]["id"] == lora.id


async def test_somebody_elses_is_no_lora(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    task = await trained(workshop, new_task)
    stranger = workshop.studio.for_(OTHER, GROUP)
    for name in ("my cat", str((task.found or {})["lora_id"])):
        answers = {**IMAGINE.start({}), **IMAGINE.read(f'a fox --lora "{name}"')}
        with pytest.raises(BadValue, match="LoRA</b>: there is no") as refusal:
            await IMAGINE.settle(answers, stranger)
        assert "my cat" not in str(refusal.value).partition("There are:")[2]
    choices = await IMAGINE.choices("loras", IMAGINE.start({}), stranger)
    assert "my cat" not in {choice.name for choice in choices}


async def test_it_can_be_tried_at_once(workshop: Workshop, new_task: Callable[..., NewTask]) -> None:
    task = await trained(workshop, new_task, "my cat --style --trigger mycat")
    mine = workshop.studio.for_(OWNER, GROUP)
    request = await IMAGINE.settle({**IMAGINE.start({}), **TRAIN.trial(task)}, mine)
    assert (request["prompt"], request["model"]["name"]) == ("mycat", MANIFOLD)
    workshop.vendor.task_seconds = 0
    vendor_id = await (await IMAGINE.prepare(task_of(IMAGINE, request), mine)).submit()
    [order] = [order for order in workshop.vendor.tasks.all() if order.id == vendor_id]
    assert order.body["lora_configs"] == [{"model_id": (task.found or {})["lora_id"], "merge_weight": 1.0}]
    assert isinstance((await polls(mine.client)["imgenstd"]([vendor_id]))[vendor_id], Made)


@pytest.mark.parametrize(("trigger", "named"), [("", False), ("<mycat>", True)])
async def test_what_it_says_when_it_is_finished(
    workshop: Workshop, new_task: Callable[..., NewTask], trigger: str, *, named: bool
) -> None:
    task = await trained(workshop, new_task, f"my cat --style {f'--trigger {trigger}' if trigger else ''}")
    words = TRAIN.finished(task).html("en")
    assert "<b>my cat</b> is ready" in words
    assert ("<code>&lt;mycat&gt;</code>" in words) is named
    vendors = replace(task, found={**(task.found or {}), "trigger_words": "vendors word"})
    assert "vendors word" in TRAIN.finished(vendors).plain("en")
    assert TRAIN.trial(vendors)["prompt"] == "vendors word"
