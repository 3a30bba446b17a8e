import json

import respx

from bot.miaohua.client import Miaohua
from bot.miaohua.erase import CutoutRequest, Erase, EraseRequest
from tests.miaohua.refusals import refusal

URL, MASK = "https://pictures.test/a.jpg", "https://pictures.test/mask.png"
CUTOUT = {
    "model_id": "erase_v0.1",
    "img_url": URL,
    "mask_img_url": MASK,
    "format": "PNG",
    "watermark_config": {"type": "MakaLogo"},
    "mask_type": "point",
}
ERASE = {**CUTOUT, "samples": 8, "mask_type": "free"}


def test_full_requests_are_sent_as_they_are() -> None:
    assert CutoutRequest.build(**CUTOUT).payload() == CUTOUT
    assert EraseRequest.build(**ERASE).payload() == ERASE


def test_a_selection_is_marked_and_not_drawn_freely_and_there_is_one() -> None:
    assert refusal(CutoutRequest, **{**CUTOUT, "mask_type": "free"}) == ("mask_type", "smear, box, circle, line, point")
    field, _ = refusal(CutoutRequest, **CUTOUT, samples=2)
    assert field == "samples"


async def test_a_selection_is_ordered_at_its_own_path_and_read_where_all_are(
    vendor: respx.MockRouter, api: Miaohua
) -> None:
    ordered = vendor.post("/v1/erase/cutout").respond(json={"task_id": "c1"})
    mask = {"state": "SUCCESS", "task_id": "c1", "images": [{"index": 0, "raw": MASK}]}
    vendor.get("/v1/erase/result/c1").respond(json=mask)
    family = Erase(api)
    task_id = await family.submit(CutoutRequest.build(**CUTOUT))
    assert json.loads(ordered.calls.last.request.content) == CUTOUT
    assert (await family.result(task_id)).images[0].url == MASK
