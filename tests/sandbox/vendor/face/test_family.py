from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.sandbox.vendor.retouching.faces import find_faces
from bot.sandbox.vendor.vendor import Vendor
from tests.sandbox.vendor.customer import Customer, Table, apart, people, scenery, usual_list

V1, ANIME = "faceswap_v1", "faceswap_yw"
SIZE = (384, 256)

DETECT: Table = {
    "img_url": ([], ["", None, 1, "no address"]),
    "type": (["normal", "anime"], ["", "Normal", None, 1]),
    "model_id": ([], [V1]),
}
IMGGEN: Table = {
    "model_id": ([V1], ["", None, 1]),
    "base_img": ([], [None, {}, "x", {"url": ""}, {"url": None}]),
    "faces": ([], [[], None, {}, [{}], [None]]),
    "dino_scale": ([0, 0.4, 1], [-0.01, 1.01, True, "0.2", None]),
    "guidance_scale": ([10, 30, 100], [9, 101, 30.0, True, None]),
    "prompt": (["", "x" * 1000, "笑" * 500], ["x" * 1001, "笑" * 501, None]),
    "format": (["JPG", "PNG"], ["jpg", ""]),
    "watermark_config": ([{}, {"type": "MakaLogo"}], [None, {"type": "x"}]),
    "samples": ([], [1]),
}


@pytest.fixture
def base(customer: Customer) -> str:
    return customer.put("base.png", people(2, SIZE))


@pytest.fixture
def other(customer: Customer) -> str:
    return customer.put("other.png", people(1, SIZE, seed=3))


@pytest.fixture
def body(base: str, other: str) -> dict[str, Any]:
    return {
        "model_id": V1,
        "base_img": {"url": base},
        "faces": [{"url": other, "index": 0, "base_index": 1}],
        "format": "PNG",
    }


async def detect(customer: Customer, url: str, **fields: str) -> Any:
    task_id = await customer.order("face/detect", {"img_url": url, **fields})
    customer.clock.now += 100
    return await customer.get(f"face/detect/{task_id}")


async def swapped(customer: Customer, body: dict[str, Any], link: str = "img_raw_url") -> Image.Image:
    task_id = await customer.order("face/imggen", body)
    customer.clock.now += 100
    task = (await customer.get(f"face/imggen/{task_id}"))["task"]
    assert task["state"] == 1
    return await customer.fetch(task[link])


def boxes(picture: Image.Image) -> list[tuple[int, int, int, int]]:
    return [face.box for face in find_faces(picture, "normal")]


@pytest.mark.parametrize("field", sorted(DETECT))
async def test_fields_of_detect(customer: Customer, base: str, field: str) -> None:
    await customer.check_table("face/detect", {"img_url": base}, DETECT, field)


@pytest.mark.parametrize("field", sorted(IMGGEN))
async def test_fields_of_imggen(customer: Customer, body: dict[str, Any], field: str) -> None:
    await customer.check_table("face/imggen", body, IMGGEN, field)


@pytest.mark.parametrize("field", ["index", "base_index"])
@pytest.mark.parametrize("value", [-1, 1.0, "0", True, None])
async def test_numbers_of_faces(customer: Customer, body: dict[str, Any], field: str, value: object) -> None:
    await customer.check_refused("face/imggen", body, [{"faces": [{**body["faces"][0], field: value}]}])


async def test_required(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_required("face/detect", {"img_url": body["base_img"]["url"]}, ["img_url"])
    await customer.check_required("face/imggen", body, ["model_id", "base_img", "faces"])
    face = body["faces"][0]
    partial = [{"faces": [{name: face[name] for name in face if name != missing}]} for missing in face]
    await customer.check_refused("face/imggen", body, partial)
    await customer.check_refused("face/imggen", body, [{"model_id": "faceswap_v2"}], 5)
    await customer.check_refused("face/imggen", body, [{"prompt": "nsfw"}], 18)


async def test_models(customer: Customer) -> None:
    assert usual_list(await customer.get("face/models")) == [V1, ANIME]


async def test_a_detection_runs_and_is_done(customer: Customer, base: str) -> None:
    task_id = await customer.order("face/detect", {"img_url": base})
    assert await customer.get(f"face/detect/{task_id}") == {"task": {"state": 0, "faces": []}}
    customer.clock.now += 100
    found = await customer.get(f"face/detect/{task_id}")
    edges = ("left", "top", "right", "bottom")
    assert found == {
        "task": {
            "state": 1,
            "faces": [
                {"index": index, "coords": dict(zip(edges, box, strict=True))}
                for index, box in enumerate(boxes(people(2, SIZE)))
            ],
        }
    }
    assert len(found["task"]["faces"]) == 2


@pytest.mark.parametrize(
    ("spelling", "write"),
    [
        ("edges", lambda a, b, c, d: {"left": a, "top": b, "right": c, "bottom": d}),
        ("numbered", lambda a, b, c, d: {"x1": a, "y1": b, "x2": c, "y2": d}),
        ("list", lambda a, b, c, d: [a, b, c, d]),
        ("points", lambda a, b, c, d: [[a, b], [c, d]]),
    ],
)
async def test_corners_can_be_spelt_otherwise(
    vendor: Vendor, customer: Customer, base: str, spelling: Any, write: Callable[..., Any]
) -> None:
    vendor.coords, vendor.detection_wrapped = spelling, False
    found = await detect(customer, base)
    expected = [write(*box) for box in boxes(people(2, SIZE))]
    assert [face["coords"] for face in found["faces"]] == expected


async def test_no_faces(customer: Customer) -> None:
    url = customer.put("scene.png", scenery())
    assert await detect(customer, url) == {"task": {"state": 1, "faces": []}}


async def test_each_type_finds_its_own(customer: Customer, base: str) -> None:
    anime = customer.put("anime.png", people(3, SIZE, anime=True))
    counts = [
        len((await detect(customer, url, type=kind))["task"]["faces"])
        for url in (base, anime)
        for kind in ("normal", "anime")
    ]
    assert counts == [2, 0, 0, 3]


async def test_only_the_face_named_changes(customer: Customer, body: dict[str, Any]) -> None:
    before, after = people(2, SIZE), await swapped(customer, body)
    left, right = boxes(before)
    changed = ImageChops.difference(before, after.convert("RGB")).getbbox()
    assert after.size == SIZE
    assert changed is not None
    assert changed[0] >= right[0]
    assert changed[1] >= right[1]
    assert changed[2] <= right[2]
    assert changed[3] <= right[3]
    assert apart(before.crop(right), after.crop(right)) > 5
    assert before.crop(left).tobytes() == after.convert("RGB").crop(left).tobytes()


async def test_a_swapped_face_is_still_one(customer: Customer, body: dict[str, Any]) -> None:
    assert len(boxes((await swapped(customer, body)).convert("RGB"))) == 2


async def test_both_faces_change_places(customer: Customer, body: dict[str, Any], base: str) -> None:
    faces = [{"url": base, "index": one, "base_index": 1 - one} for one in (0, 1)]
    before, after = people(2, SIZE), await swapped(customer, {**body, "faces": faces})
    assert all(apart(before.crop(box), after.crop(box)) > 5 for box in boxes(before))


async def test_alike(customer: Customer, body: dict[str, Any]) -> None:
    """More dino and less guidance bring the new face closer to the reference."""
    box = boxes(people(2, SIZE))[1]
    other = people(1, SIZE, seed=3)
    wanted = other.crop(boxes(other)[0]).resize((box[2] - box[0], box[3] - box[1]))
    core = tuple(round(side * share) for share in (0.3, 0.7) for side in wanted.size)

    async def distance(**fields: object) -> float:
        found = (await swapped(customer, {**body, **fields})).crop(box)
        return apart(wanted.crop(core), found.crop(core))  # type: ignore[arg-type]  # four of them

    usual = await distance()
    assert await distance(dino_scale=1.0) < usual < await distance(dino_scale=0)
    assert await distance(guidance_scale=10) < usual < await distance(guidance_scale=100)


async def test_links_and_formats(customer: Customer, body: dict[str, Any]) -> None:
    big = customer.put("big.png", people(2, (900, 600)))
    order = {**body, "base_img": {"url": big}, "format": "JPG"}
    small, raw = [await swapped(customer, order, link) for link in ("img_url", "img_raw_url")]
    assert (small.size, raw.size, raw.format) == ((512, 341), (900, 600), "JPEG")


async def test_at_once(customer: Customer, body: dict[str, Any]) -> None:
    task = (await customer.post("face/imggen_sync", body)).json()["task"]
    assert (task["state"], set(task)) == (1, {"state", "img_url", "img_raw_url"})
    assert (await customer.fetch(task["img_raw_url"])).tobytes() == (await swapped(customer, body)).tobytes()


async def test_while_it_runs_there_are_no_links(customer: Customer, body: dict[str, Any]) -> None:
    task_id = await customer.order("face/imggen", body)
    empty = {"task": {"state": 0, "img_url": "", "img_raw_url": ""}}
    assert await customer.get(f"face/imggen/{task_id}") == empty


@pytest.mark.parametrize(("prompt", "state"), [("must-fail", 1), ("all-hidden", 1), ("never-ends", 0)])
async def test_what_fails_is_done_without_links(
    customer: Customer, body: dict[str, Any], prompt: str, state: int
) -> None:
    task_id = await customer.order("face/imggen", {**body, "prompt": prompt})
    customer.clock.now += 100
    expected = {"task": {"state": state, "img_url": "", "img_raw_url": ""}}
    assert await customer.get(f"face/imggen/{task_id}") == expected


@pytest.mark.parametrize(
    ("face", "word"), [({"index": 1}, "1 faces"), ({"base_index": 2}, "2 faces")], ids=["reference", "base"]
)
async def test_a_face_that_is_not_there(
    customer: Customer, body: dict[str, Any], face: dict[str, int], word: str
) -> None:
    answer = await customer.post("face/imggen", {**body, "faces": [{**body["faces"][0], **face}]})
    assert answer.json()["error"]["code"] == 3
    assert word in answer.json()["error"]["message"]


async def test_no_face_is_replaced_twice(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_refused("face/imggen", body, [{"faces": body["faces"] * 2}])


async def test_at_most_four(customer: Customer, body: dict[str, Any]) -> None:
    five = customer.put("five.png", people(5, (900, 400)))
    faces = [{"url": five, "index": place, "base_index": place} for place in range(5)]
    order = {**body, "base_img": {"url": five}}
    await customer.check_refused("face/imggen", order, [{"faces": faces}])
    await customer.check_accepted("face/imggen", order, [{"faces": faces[:4]}])


async def test_the_anime_model_wants_anime_faces(customer: Customer, body: dict[str, Any]) -> None:
    await customer.check_refused("face/imggen", body, [{"model_id": ANIME}])
    url = customer.put("anime.png", people(2, SIZE, anime=True))
    faces = [{"url": url, "index": 0, "base_index": 1}]
    order = {**body, "model_id": ANIME, "base_img": {"url": url}, "faces": faces}
    assert apart(people(2, SIZE, anime=True), await swapped(customer, order)) > 0.1


async def test_operations_do_not_mix(customer: Customer, body: dict[str, Any], base: str) -> None:
    swap = await customer.order("face/imggen", body)
    found = await customer.order("face/detect", {"img_url": base})
    for path in (f"detect/{swap}", f"imggen/{found}", "detect/nothing", "imggen/nothing"):
        assert (await customer.get(f"face/{path}"))["error"]["code"] == 5


async def test_there_is_no_batch_poll(customer: Customer) -> None:
    assert (await customer.get("face/results", {"task_ids": ["x"]}))["error"]["code"] == 5


async def test_the_message_names_the_picture(customer: Customer, body: dict[str, Any]) -> None:
    tiny = customer.put("tiny.png", Image.new("RGB", (255, 255)))
    answer = await customer.post("face/imggen", {**body, "base_img": {"url": tiny}})
    assert answer.json()["error"]["message"].startswith("base_img.url")
    faces = [body["faces"][0], {"url": tiny, "index": 0, "base_index": 0}]
    answer = await customer.post("face/imggen", {**body, "faces": faces})
    assert answer.json()["error"]["message"].startswith("faces.1.url")


async def test_a_drawn_smiley_is_no_face_without_skin(customer: Customer) -> None:
    picture = scenery(400, 400)
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((120, 100, 280, 300), (90, 90, 240))
    for x in (165, 235):
        pencil.ellipse((x - 8, 170, x + 8, 190), "black")
    assert (await detect(customer, customer.put("blue.png", picture)))["task"]["faces"] == []
    pencil.ellipse((120, 100, 280, 300), (236, 188, 150))
    for x in (165, 235):
        pencil.ellipse((x - 8, 170, x + 8, 190), "black")
    assert len((await detect(customer, customer.put("skin.png", picture)))["task"]["faces"]) == 1
