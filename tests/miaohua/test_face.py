import asyncio
import json
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import InvalidArgument, NotFound, Unanswered
from bot.miaohua.face import SWAP_MODELS, Detection, DetectRequest, Face, FaceSwap, SwapRequest
from bot.miaohua.family import AT_ONCE
from bot.miaohua.tasks import Image, State
from tests.miaohua.refusals import refusal

URL = "https://pictures.test/a.jpg"
FACE = {"url": URL, "index": 0, "base_index": 1}
SWAP = {"model_id": "faceswap_v1", "base_img": {"url": URL}, "faces": [FACE]}
FULL = {
    **SWAP,
    "faces": [{"url": URL, "index": place, "base_index": 3 - place} for place in range(4)],
    "dino_scale": 0.4,
    "guidance_scale": 20,
    "prompt": "微笑",
    "format": "PNG",
    "watermark_config": {"type": "Default"},
}


@pytest.fixture
def family(api: Miaohua) -> FaceSwap:
    return FaceSwap(api)


def test_each_kind_of_face_has_its_model() -> None:
    assert SWAP_MODELS == {"normal": "faceswap_v1", "anime": "faceswap_yw"}


def test_a_full_swap_is_sent_as_it_is() -> None:
    assert SwapRequest.build(**FULL).payload() == FULL


@pytest.mark.parametrize("many", [0, 5])
def test_one_to_four_faces_are_swapped(many: int) -> None:
    assert refusal(SwapRequest, **{**SWAP, "faces": [FACE] * many}) == ("faces", "1–4")


def test_a_wrong_face_is_named() -> None:
    assert refusal(SwapRequest, **{**SWAP, "faces": [FACE, {**FACE, "index": -1}]}) == ("faces.1.index", "≥ 0")
    assert refusal(SwapRequest, **{**SWAP, "base_img": {}}) == ("base_img.url", "Field required")


def test_a_swaps_prompt_is_half_as_long_as_others() -> None:
    for prompt in ["", "x" * 1000, "汉" * 500]:
        assert SwapRequest.build(**SWAP, prompt=prompt).payload()["prompt"] == prompt
    for prompt in ["x" * 1001, "汉" * 500 + "x"]:
        assert refusal(SwapRequest, **SWAP, prompt=prompt) == ("prompt", "≤ 1000")


async def test_faces_are_looked_for(vendor: respx.MockRouter, family: FaceSwap) -> None:
    route = vendor.post("/v1/face/detect").respond(json={"task_id": "d1"})
    assert await family.detect(DetectRequest.build(img_url=URL, type="anime")) == "d1"
    assert json.loads(route.calls.last.request.content) == {"img_url": URL, "type": "anime"}


@pytest.mark.parametrize(
    "coords",
    [
        {"left": 10, "top": 20, "right": 110, "bottom": 220},
        {"bottom": 220, "right": 110.0, "top": "20", "left": 10, "score": 0.9},
        {"x1": 10, "y1": 20, "x2": 110, "y2": 220},
        [10, 20, 110, 220],
        [[10, 20], [110, 220]],
        [{"x": 10, "y": 20}, {"x": 110, "y": 220}],
        {"top_left": {"x": 10, "y": 20}, "bottom_right": {"x": 110, "y": 220}},
        {"topLeft": [10, 20], "bottomRight": [110, 220]},
        {"left_top": [10, 20], "right_bottom": {"x": 110, "y": 220}},
        [[110, 220], [10, 20]],
        {"x1": 110, "y1": 20, "x2": 10, "y2": 220},
    ],
    ids=str,
)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_faces_are_read_in_every_spelling(
    vendor: respx.MockRouter, family: FaceSwap, coords: object, *, wrapped: bool
) -> None:
    answer = {"state": 1, "faces": [{"index": 2, "coords": coords}]}
    vendor.get("/v1/face/detect/d1").respond(json={"task": answer} if wrapped else answer)
    found = await family.detection("d1")
    assert found.is_done
    assert found.faces == (Face(index=2, left=10, top=20, right=110, bottom=220),)


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        ({"state": 0}, False),
        ({"state": 0, "faces": None}, False),
        ({"state": "1", "faces": []}, True),
        ({"task": {"state": 0, "faces": []}}, False),
        ({"task": {"state": 1}}, True),
        ({"task": None, "state": 1}, True),
    ],
)
async def test_a_detection_without_faces_has_none(
    vendor: respx.MockRouter, family: FaceSwap, answer: dict[str, Any], *, done: bool
) -> None:
    vendor.get("/v1/face/detect/a%20b").respond(json=answer)
    found = await family.detection("a b")
    assert (found.is_done, found.faces) == (done, ())


@pytest.mark.parametrize("answer", [{}, {"state": 2}, {"state": -1}, {"state": "done"}, {"state": 1, "faces": {}}])
async def test_a_detection_that_makes_no_sense_is_no_answer(
    vendor: respx.MockRouter, family: FaceSwap, answer: dict[str, Any]
) -> None:
    vendor.get("/v1/face/detect/d1").respond(json=answer)
    with pytest.raises(Unanswered, match="Detection"):
        await family.detection("d1")


@pytest.mark.parametrize(
    "coords",
    [
        None,
        "10,20,110,220",
        [10, 20, 110],
        [10, 20, 110, "?"],
        [10, 20, 110, float("nan")],
        [10, 20, 110, 10**400],
        [[10, 20], [110]],
        [[10, 20], 7],
        {"left": 10, "top": 20},
        {"top_left": [1, 2]},
        {},
    ],
    ids=lambda coords: str(coords)[:40],
)
def test_a_face_whose_place_is_unreadable_does_not_spoil_the_others(coords: object) -> None:
    good = [1, 2, 3, 4]
    with capture_logs() as logs:
        found = Detection.read({"state": 1, "faces": [{"coords": coords}, 5, {"coords": good}, {"index": 8}]})
    assert found.faces == (Face(index=2, left=1, top=2, right=3, bottom=4),)
    assert [line["event"] for line in logs] == ["miaohua.unreadable_item"] * 2


_NUMBER = st.integers() | st.floats() | st.text(max_size=3)
_COORDS = st.recursive(
    st.none() | _NUMBER,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["x", "y", "x1", "y1", "x2", "y2", "left", "top", "right", "bottom"]), inner)
        | st.dictionaries(st.sampled_from(["top_left", "bottom_right", "leftTop", "right-bottom"]), inner)
    ),
    max_leaves=8,
)


@given(_COORDS)
def test_whatever_the_coords_are_a_face_has_a_box_or_is_left_out(coords: object) -> None:
    for face in Detection.read({"state": 1, "faces": [{"coords": coords}]}).faces:
        assert face.left <= face.right
        assert face.top <= face.bottom


def test_a_face_can_be_kept_in_a_row() -> None:
    face = Face(index=1, left=1.5, top=2, right=3, bottom=4)
    assert Face.read(json.loads(json.dumps(face.model_dump()))) == face


SWAPS = [
    ({"state": 0, "img_url": "", "img_raw_url": ""}, State.RUNNING, ()),
    ({"state": 0}, State.RUNNING, ()),
    ({"state": 1, "img_url": "https://s", "img_raw_url": "https://r"}, State.SUCCESS, ("https://s", "https://r")),
    ({"state": 1, "img_url": "https://s"}, State.SUCCESS, ("https://s", "")),
    ({"state": 1, "img_raw_url": "https://r", "img_url": None}, State.SUCCESS, ("", "https://r")),
    ({"state": 1}, State.FAILED, ()),
    ({"state": 1, "img_url": "", "img_raw_url": ""}, State.FAILED, ()),
]


@pytest.mark.parametrize(("answer", "state", "links"), SWAPS)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_swap_is_read_as_a_task(
    vendor: respx.MockRouter,
    family: FaceSwap,
    answer: dict[str, Any],
    state: State,
    links: tuple[str, ...],
    *,
    wrapped: bool,
) -> None:
    vendor.get("/v1/face/imggen/a%2Fb").respond(json={"task": answer} if wrapped else answer)
    task = await family.result("a/b")
    assert (task.task_id, task.state) == ("a/b", state)
    assert task.images == ((Image(small=links[0], raw=links[1]),) if links else ())


@pytest.mark.parametrize("answer", [{}, {"task": {}}, {"task": {"state": 7}}, {"state": "SUCCESS"}])
async def test_a_swap_that_makes_no_sense_is_no_answer(
    vendor: respx.MockRouter, family: FaceSwap, answer: dict[str, Any]
) -> None:
    vendor.get("/v1/face/imggen/t").respond(json=answer)
    with pytest.raises(Unanswered):
        await family.result("t")


async def test_swaps_are_asked_about_one_by_one_and_a_failing_one_is_left_out(
    vendor: respx.MockRouter, family: FaceSwap
) -> None:
    done = vendor.get("/v1/face/imggen/a").respond(json={"task": {"state": 1, "img_raw_url": "https://r"}})
    vendor.get("/v1/face/imggen/b").respond(404)
    vendor.get("/v1/face/imggen/c").mock(side_effect=httpx.ReadTimeout("slow"))
    vendor.get("/v1/face/imggen/d").respond(json={"task": {"state": 0}})
    found = await family.results(["a", "b", "c", "d", "a"])
    assert {task_id: task.state for task_id, task in found.items()} == {"a": State.SUCCESS, "d": State.RUNNING}
    assert done.call_count == 1


async def test_detections_are_asked_about_one_by_one_too(vendor: respx.MockRouter, family: FaceSwap) -> None:
    vendor.get("/v1/face/detect/a").respond(json={"task": {"state": 1, "faces": [{"coords": [1, 2, 3, 4]}]}})
    vendor.get("/v1/face/detect/b").respond(404)
    vendor.get("/v1/face/detect/c").respond(json={"state": 0})
    found = await family.detections(["a", "b", "c"])
    assert {name: (detection.is_done, len(detection.faces)) for name, detection in found.items()} == {
        "a": (True, 1),
        "c": (False, 0),
    }
    with pytest.raises(NotFound):
        await family.detections(["b"])


async def test_where_no_swap_can_be_asked_about_the_first_failure_is_told(
    vendor: respx.MockRouter, family: FaceSwap
) -> None:
    vendor.get("/v1/face/imggen/a").respond(404)
    vendor.get("/v1/face/imggen/b").respond(503)
    with pytest.raises(NotFound):
        await family.results(["a", "b"])


async def test_only_a_few_are_asked_about_at_the_same_time(vendor: respx.MockRouter, family: FaceSwap) -> None:
    assert AT_ONCE == 5
    asking: list[int] = [0]
    most = 0
    full = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal most
        asking[0] += 1
        most = max(most, asking[0])
        if asking[0] == AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        asking[0] -= 1
        return httpx.Response(200, json={"state": 0})

    vendor.get(path__regex="/v1/face/imggen/.*").mock(side_effect=answer)
    assert len(await family.results([f"t{number}" for number in range(50)])) == 50
    assert most == AT_ONCE


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("answer", "url"),
    [
        ({"state": 1, "img_url": "https://s", "img_raw_url": "https://r"}, "https://r"),
        ({"state": 0, "img_url": "https://s"}, "https://s"),
        ({"state": 1, "img_url": "", "img_raw_url": ""}, ""),
    ],
)
async def test_a_swap_can_be_waited_for(
    vendor: respx.MockRouter, family: FaceSwap, answer: dict[str, Any], url: str, *, wrapped: bool
) -> None:
    route = vendor.post("/v1/face/imggen_sync").respond(json={"task": answer} if wrapped else answer)
    assert (await family.imggen_sync(SwapRequest.build(**SWAP))).url == url
    assert json.loads(route.calls.last.request.content) == SWAP


async def test_a_swap_that_is_refused_says_why(vendor: respx.MockRouter, family: FaceSwap) -> None:
    vendor.post("/v1/face/imggen_sync").respond(json={"error": {"code": 3, "message": "no face"}})
    with pytest.raises(InvalidArgument, match="no face"):
        await family.imggen_sync(SwapRequest.build(**SWAP))
