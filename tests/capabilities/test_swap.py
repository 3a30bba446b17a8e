from typing import Any

import pytest
from PIL import Image, ImageChops

from bot.capabilities import registry
from bot.capabilities.makers import polls
from bot.capabilities.options import Words
from bot.errors import BadValue, Unavailable
from bot.media.download import download
from bot.miaohua.face import SWAP_MODELS
from bot.sandbox.vendor.retouching.faces import find_faces
from bot.tracker.ports import Made
from tests.capabilities.cast import (
    ANIME,
    ANN,
    BOB,
    CAT,
    ONE,
    SWAP,
    THREE,
    TWO,
    asked,
    fill,
    looked,
    people,
    png,
    seen,
)
from tests.capabilities.workshop import PUBLIC, Workshop, open_workshop, task_of
from tests.media.masks.photographs import decoded


@pytest.fixture(autouse=True)
def filled(workshop: Workshop) -> None:
    fill(workshop)


async def settled(workshop: Workshop, line: str, base: dict[str, Any], *faces: dict[str, Any]) -> dict[str, Any]:
    return await SWAP.settle(await looked(workshop, asked(line, base, *faces)), workshop.studio)


async def swapped(workshop: Workshop, request: dict[str, Any]) -> Image.Image:
    """Order and wait, as the tracker does."""
    prepared = await SWAP.prepare(task_of(SWAP, request), workshop.studio)
    vendor_id = await prepared.submit()
    made = (await polls(workshop.studio.client)["face"]([vendor_id]))[vendor_id]
    assert isinstance(made, Made)
    http = workshop.studio.client._http
    fetched = await download(http, str(made.pictures[0].raw_url), limit=10**7, timeout=10)
    return decoded(fetched.data)


def test_it_stands_where_the_help_lists_it() -> None:
    names = [capability.name for capability in registry.OFFERED]
    assert names.index("stylize") < names.index("swap") < names.index("erase")


@pytest.mark.parametrize(
    ("answered", "sent", "base", "faces"),
    [
        ([TWO], [ANN], TWO, [ANN]),
        ([TWO], [], TWO, []),
        ([], [TWO], TWO, []),
        ([], [TWO, ANN, BOB], TWO, [ANN, BOB]),
        ([TWO, ANN], [], TWO, [ANN]),
        ([TWO, THREE], [ANN], TWO, [ANN]),
    ],
)
def test_what_the_pictures_of_a_command_are(
    answered: list[Any], sent: list[Any], base: dict[str, str], faces: list[Any]
) -> None:
    placed = SWAP.placed(answered, sent)
    assert placed["photo"] == base
    assert placed.get("faces", {}).get("photos", []) == faces


def test_pictures_that_are_too_many_are_counted() -> None:
    album = [{"file": f"f{number}"} for number in range(10)]
    assert SWAP.placed([], album)["faces"]["over"] == 5
    assert "over" not in SWAP.placed([], album[:5])["faces"]


async def test_only_the_face_asked_for_is_replaced_and_just_there(workshop: Workshop) -> None:
    before = people(3)
    after = await swapped(workshop, await settled(workshop, "--onto 2 --png", THREE, ANN))
    changed = ImageChops.difference(before, after).getbbox()
    left, top, right, bottom = find_faces(before, "normal")[1].box
    assert changed is not None
    assert left <= changed[0] < changed[2] <= right
    assert top <= changed[1] < changed[3] <= bottom


async def test_who_goes_on_whom_is_what_the_vendor_is_told(workshop: Workshop) -> None:
    request = await settled(
        workshop, "--onto 3,1 --similarity 0.3 --guidance 40 --prompt a broad smile", THREE, ANN, BOB
    )
    body = await workshop.order(SWAP, request)
    assert [(face["index"], face["base_index"]) for face in body["faces"]] == [(0, 2), (0, 0)]
    assert len({body["base_img"]["url"], *(face["url"] for face in body["faces"])}) == 3
    del body["faces"], body["base_img"]
    assert body == {
        "model_id": "faceswap_v1",
        "dino_scale": 0.3,
        "guidance_scale": 40,
        "prompt": "a broad smile",
        "format": "JPG",
    }


async def test_the_model_goes_with_the_kind_of_faces(workshop: Workshop) -> None:
    request = await settled(workshop, "--face anime --onto 2", ANIME, ANIME)
    assert (await workshop.order(SWAP, request))["model_id"] == SWAP_MODELS["anime"] == "faceswap_yw"


async def test_every_picture_is_offered_once(workshop: Workshop) -> None:
    request = await settled(workshop, "--onto 1,2,3", THREE, ANN, THREE, ANN)
    workshop.fetched.clear()
    body = await workshop.order(SWAP, request)
    assert sorted(workshop.fetched) == ["3-people", "face-ann"]
    urls = [face["url"] for face in body["faces"]]
    assert urls[0] == urls[2]
    assert urls[1] == body["base_img"]["url"]
    assert all(url.startswith(PUBLIC) for url in urls)


async def test_a_photo_with_several_faces_gives_its_largest(workshop: Workshop) -> None:
    crowd = Image.new("RGB", (600, 400))
    crowd.paste(people(1, size=(200, 400)))
    crowd.paste(people(1, seed=2, size=(400, 400)), (200, 0))
    workshop.pictures["crowd"] = png(crowd)
    faces = [face.box for face in find_faces(crowd, "normal")]
    assert len(faces) > 1
    request = await settled(workshop, "", ONE, {"file": "crowd"})
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in faces]
    body = await workshop.order(SWAP, request)
    assert body["faces"][0]["index"] == areas.index(max(areas))
    assert any("take the largest" in note for note in workshop.notes)


async def test_what_was_changed_or_not_used_is_said(workshop: Workshop) -> None:
    for name in ("small-1", "small-2"):
        workshop.pictures[name] = png(people(1, size=(200, 200)))
    await workshop.order(SWAP, await settled(workshop, "", {"file": "small-1"}, {"file": "small-2"}, CAT))
    assert [note.split(" ")[0:4] for note in workshop.notes] == [
        ["The", "picture", "was", "enlarged"],
        ["The", "picture", "has", "one"],
    ]


async def test_a_request_is_not_settled_before_its_faces_are(workshop: Workshop) -> None:
    with pytest.raises(BadValue, match="not settled"):
        await SWAP.settle(await looked(workshop, asked("", TWO, ANN)), workshop.studio)
    with pytest.raises(BadValue, match=r"no face 4 .* 1–2"):
        await SWAP.settle(await looked(workshop, asked("--onto 4", TWO, ANN)), workshop.studio)


async def test_without_a_public_address_it_says_so(workshop: Workshop) -> None:
    async with open_workshop(workshop.directory / "private", is_public=False) as private:
        with pytest.raises(Unavailable, match="PUBLIC_URL"):
            await SWAP.settle(seen(asked("", ONE, ANN), {}), private.studio)


async def test_a_settled_request_can_be_ordered_again_and_reopened(workshop: Workshop) -> None:
    request = await settled(workshop, "--onto 2", TWO, ANN)
    reopened = SWAP.reopened(request)
    assert SWAP.missing(reopened) is None
    assert SWAP.errands(reopened) == []
    assert await SWAP.settle(reopened, workshop.studio) == request


@pytest.mark.parametrize(
    ("line", "count", "caption", "kind"),
    [
        ("", 1, "🎭 1 face · normal", "swap:normal:1"),
        ("--onto 2,1 --face anime", 2, "🎭 2 faces · anime", "swap:anime:2"),
    ],
)
def test_caption_and_kind(line: str, count: int, caption: str, kind: str) -> None:
    answers = seen(asked(line, TWO, *(ANN, BOB)[:count]), {"2-people": count})
    assert SWAP.caption(answers, []).plain("en") == caption
    assert SWAP.kind(answers) == kind
    assert SWAP.pictures(answers) == 1


@pytest.mark.parametrize(("typed", "numbers"), [("2,1", [2, 1]), ("3", [3]), ("２，１", [2, 1]), ("1、4", [1, 4])])
def test_numbers_of_faces_as_they_are_typed(typed: str, numbers: list[int]) -> None:
    assert SWAP.read(f"--onto {typed}")["onto"] == numbers


@pytest.mark.parametrize("typed", ["0", "1,1", "a", "1,2,3,4,5", "-1", "1,,x", "31", "1.5", "9" * 5000])
def test_what_are_no_numbers_of_faces(typed: str) -> None:
    with pytest.raises(BadValue, match="2,1"):
        SWAP.read(f"--onto {typed}")


async def test_the_longest_words_are_taken_and_no_longer(workshop: Workshop) -> None:
    kind = SWAP.option("words").kind
    assert isinstance(kind, Words)
    for words in ("x" * kind.limit, "笑" * (kind.limit // 2)):
        request = await settled(workshop, f"--prompt {words}", ONE, ANN)
        assert (await workshop.order(SWAP, request))["prompt"] == words
        with pytest.raises(BadValue):
            SWAP.read(f"--prompt {words}x")


def test_words_without_a_flag_are_not_understood() -> None:
    with pytest.raises(BadValue, match="/help swap"):
        SWAP.read("on him")
