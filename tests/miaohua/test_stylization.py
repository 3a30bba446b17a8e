import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from bot.miaohua.client import Miaohua
from bot.miaohua.errors import InvalidArgument, InvalidRequest, Unanswered
from bot.miaohua.stylization import GetType, Stylization, StylizationRequest, decoded
from bot.miaohua.tasks import Image, State
from tests.miaohua.refusals import refusal

URL = "https://pictures.test/a.jpg"
PLAIN = {"model_id": "m", "img_url": URL}
LETTERS = b64encode(b"a picture").decode()
DATA_URL = f"data:image/jpeg;base64,{LETTERS}"
FULL = {
    **PLAIN,
    "samples": 3,
    "height": 1200,
    "width": 900,
    "format": "PNG",
    "watermark_config": {"type": "MakaLogo"},
}
AS_TEXT = "base64, data:image/…;base64,…"


@pytest.fixture
def family(api: Miaohua) -> Stylization:
    return Stylization(api)


def test_a_full_request_is_sent_as_it_is() -> None:
    assert StylizationRequest.build(**FULL).payload() == FULL


@pytest.mark.parametrize("picture", [LETTERS, DATA_URL, "data:image/svg+xml;base64,YQ==", "YQ==", "YWI=", "+/+/"])
def test_a_picture_can_be_sent_along(picture: str) -> None:
    said = {"model_id": "m", "img_base64": picture}
    assert StylizationRequest.build(**said).payload() == said


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "YQ",
        "YQ=",
        "YWJj\n",
        "Y W J j",
        "_-_-",
        "data:image/png,YWJj",
        "data:text/plain;base64,YWJj",
        "図",
        DATA_URL + "!",
    ],
)
def test_what_is_no_picture_as_text_is_refused(picture: str) -> None:
    assert refusal(StylizationRequest, model_id="m", img_base64=picture) == ("img_base64", AS_TEXT)


def test_a_picture_as_text_may_have_seven_megabytes() -> None:
    assert StylizationRequest.build(model_id="m", img_base64="A" * 7_000_000).img_base64
    assert refusal(StylizationRequest, model_id="m", img_base64="A" * 7_000_004) == ("img_base64", "≤ 7000000")


def test_exactly_one_picture_is_sent() -> None:
    one = ("img_base64", "img_url / img_base64")
    assert refusal(StylizationRequest, model_id="m") == one
    assert refusal(StylizationRequest, **PLAIN, img_base64=LETTERS) == one
    assert refusal(StylizationRequest, model_id="m", img_url=None, img_base64=None) == one


@pytest.mark.parametrize("side", ["height", "width"])
def test_height_and_width_go_together(side: str) -> None:
    assert refusal(StylizationRequest, **PLAIN, **{side: 900}) == ("width", "height + width")


def test_both_sides_are_bounded() -> None:
    for inside in (640, 6000):
        said = {**PLAIN, "height": inside, "width": inside}
        assert StylizationRequest.build(**said).payload() == said
    for outside in (639, 6001, 960.0):
        assert refusal(StylizationRequest, **PLAIN, height=outside, width=900) == ("height", "640–6000")
        assert refusal(StylizationRequest, **PLAIN, height=900, width=outside) == ("width", "640–6000")


def test_the_size_has_the_originals_ratio() -> None:
    request = StylizationRequest.build(**FULL)
    request.check_ratio(300, 400)
    with pytest.raises(InvalidRequest) as caught:
        request.check_ratio(400, 300)
    assert (caught.value.field, caught.value.allowed) == ("width", "1584–1616")
    StylizationRequest.build(**PLAIN).check_ratio(400, 300)


@pytest.mark.parametrize("get_type", ["url", "base64"])
async def test_results_come_as_links_or_as_pictures(
    vendor: respx.MockRouter, family: Stylization, get_type: GetType
) -> None:
    held = URL if get_type == "url" else DATA_URL
    done = {"state": "SUCCESS", "task_id": "t", "images": [{"index": 0, "small": held, "raw": held, "error_code": ""}]}
    vendor.get("/v1/stylization/result/t", params={"get_type": get_type}).respond(json=done)
    batch = vendor.get("/v1/stylization/results").respond(json={"results": [done]})
    assert (await family.result("t", get_type=get_type)).images[0].url == held
    assert (await family.results(["t"], get_type=get_type))["t"].images[0].small == held
    assert json.loads(batch.calls.last.request.content) == {"task_ids": ["t"], "get_type": get_type}


async def test_links_are_what_is_asked_for_unless_said(vendor: respx.MockRouter, family: Stylization) -> None:
    one = vendor.get("/v1/stylization/result/t").respond(json={"state": "RUNNING"})
    many = vendor.get("/v1/stylization/results").respond(json={"results": []})
    now = vendor.post("/v1/stylization/imgen_sync").respond(json={"state": "SUCCESS", "task_id": "t"})
    await family.result("t")
    await family.results(["t"])
    await family.imgen_sync(StylizationRequest.build(**PLAIN))
    assert one.calls.last.request.url.params["get_type"] == "url"
    for route in (many, now):
        assert json.loads(route.calls.last.request.content)["get_type"] == "url"


async def test_a_picture_can_be_waited_for(vendor: respx.MockRouter, family: Stylization) -> None:
    images = [{"index": place, "raw": DATA_URL, "small": DATA_URL, "error_code": ""} for place in (0, 1)]
    answer = {"state": "SUCCESS", "task_id": "b03d5a4f", "images": images}
    route = vendor.post("/v1/stylization/imgen_sync").respond(json=answer)
    task = await family.imgen_sync(StylizationRequest.build(**FULL), get_type="base64")
    assert json.loads(route.calls.last.request.content) == {**FULL, "get_type": "base64"}
    assert (task.task_id, task.state) == ("b03d5a4f", State.SUCCESS)
    assert [decoded(image) for image in task.images] == [b"a picture"] * 2


async def test_an_error_in_a_successful_answer_is_one(vendor: respx.MockRouter, family: Stylization) -> None:
    details = ["trace_id:c77cd9220637"]
    vendor.post("/v1/stylization/imgen_sync").respond(
        json={"error": {"code": 3, "message": "Invalid Params", "details": details}}
    )
    with pytest.raises(InvalidArgument, match="Invalid Params") as caught:
        await family.imgen_sync(StylizationRequest.build(**PLAIN))
    assert caught.value.trace_id == "c77cd9220637"


@pytest.mark.parametrize("answer", [{}, {"state": "SUCCESS"}, {"task_id": "t"}])
async def test_half_an_answer_leaves_open_what_happened(
    vendor: respx.MockRouter, family: Stylization, answer: dict[str, Any]
) -> None:
    vendor.post("/v1/stylization/imgen_sync").respond(json=answer)
    with pytest.raises(Unanswered):
        await family.imgen_sync(StylizationRequest.build(**PLAIN))


@given(
    st.binary(min_size=1), st.sampled_from(["", "data:image/png;base64,", "data:;base64,", "DATA:image/x;a=b;BASE64,"])
)
def test_pictures_as_text_are_read_back(picture: bytes, before: str) -> None:
    letters = b64encode(picture).decode()
    broken = "\r\n".join(letters[start : start + 76] for start in range(0, len(letters), 76))
    for spelling in (letters, letters.rstrip("="), broken, f" {letters}\n"):
        assert decoded(Image(raw=before + spelling)) == picture


def test_the_larger_picture_is_read_where_there_is_one() -> None:
    small = b64encode(b"small").decode()
    assert decoded(Image(small=small, raw=LETTERS)) == b"a picture"
    assert decoded(Image(small=small)) == b"small"


@pytest.mark.parametrize(
    "image",
    [
        Image(),
        Image(raw="data:image/png;base64,"),
        Image(raw=URL),
        Image(raw="YWJjZ"),
        Image(raw=urlsafe_b64encode(b"\xfb\xff").decode()),
        Image(raw="ÄÖ"),
        Image(raw=LETTERS, error_code="Sensitive"),
    ],
)
def test_what_is_no_picture_is_no_answer(image: Image) -> None:
    with pytest.raises(Unanswered, match="picture"):
        decoded(image)
