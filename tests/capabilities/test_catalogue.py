import asyncio
from collections.abc import Sequence

import pytest

from bot.capabilities.catalogue import FRESH, RETRY, find
from bot.errors import BadValue, Unavailable
from bot.locales.text import text
from bot.miaohua.family import Model
from bot.sandbox.vendor.faults import Fault
from tests.capabilities.workshop import Workshop


async def test_a_list_is_asked_for_once_in_ten_minutes(workshop: Workshop) -> None:
    first = await workshop.studio.catalogue.checkpoints()
    workshop.now += FRESH - 1
    assert await workshop.studio.catalogue.checkpoints() is first
    assert workshop.asked("mtp=Checkpoint") == 1
    workshop.now += 1
    assert await workshop.studio.catalogue.checkpoints() == first
    assert workshop.asked("mtp=Checkpoint") == 2


async def test_each_list_is_a_list_of_its_own(workshop: Workshop) -> None:
    catalogue = workshop.studio.catalogue
    assert {model.model_type for model in await catalogue.checkpoints()} == {"Checkpoint"}
    assert {model.model_type for model in await catalogue.loras()} == {"LORA"}
    by_name = {model.name: model.id for model in await catalogue.checkpoints()}
    assert await catalogue.controlnets(by_name["秒画 V1.0"]) == ()
    assert len(await catalogue.controlnets(by_name["秒画 0.4.0"])) == 7
    assert workshop.asked("model_cn") == 2


@pytest.mark.parametrize(
    ("family", "one"),
    [
        ("stylization", "style_ink"),
        ("outpaint", "outpaint_v1"),
        ("sup_res", "super_resolution_v1"),
        ("split", "split_v1"),
    ],
)
async def test_each_family_has_its_models(workshop: Workshop, family: str, one: str) -> None:
    first = await workshop.studio.catalogue.models(family)
    assert one in {model.id for model in first}
    assert await workshop.studio.catalogue.models(family) is first
    assert workshop.asked(f"/v1/{family}/models") == 1


async def test_those_who_ask_at_once_make_one_request(workshop: Workshop) -> None:
    workshop.vendor.faults.add(Fault(on="models", delay=0.01))
    lists = await asyncio.gather(*(workshop.studio.catalogue.checkpoints() for _ in range(20)))
    assert all(found is lists[0] for found in lists)
    assert workshop.asked("/models") == 1


async def test_what_was_known_last_serves_while_the_vendor_fails(workshop: Workshop) -> None:
    known = await workshop.studio.catalogue.checkpoints()
    workshop.vendor.faults.add(Fault(on="models", times=2, code=503))
    workshop.now += FRESH
    assert await workshop.studio.catalogue.checkpoints() is known
    assert await workshop.studio.catalogue.checkpoints() is known
    assert workshop.asked("/models") == 2
    workshop.now += RETRY
    assert await workshop.studio.catalogue.checkpoints() is known
    workshop.now += RETRY
    fresh = await workshop.studio.catalogue.checkpoints()
    assert fresh is not known
    assert workshop.asked("/models") == 4


async def test_without_any_list_people_are_told_and_do_not_wait_in_line(workshop: Workshop) -> None:
    workshop.vendor.faults.add(Fault(on="models", code=503))
    asking = (workshop.studio.catalogue.loras() for _ in range(5))
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert workshop.asked("/models") == 1
    workshop.now += RETRY
    assert await workshop.studio.catalogue.loras()


MODELS = [
    Model(id="id-a", name="秒画 0.4.0"),
    Model(id="id-b", name="秒画 0.4.0 极速版"),
    Model(id="id-c", name="Artist V1.0"),
    Model(id="ID-D", name="水墨 Ink wash"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("id-b", "id-b"),
        ("ID-B", "id-b"),
        ("id-d", "ID-D"),
        ("秒画 0.4.0", "id-a"),
        (" ARTIST v1.0 ", "id-c"),
        ("art", "id-c"),
        ("水墨", "ID-D"),
        ("ink", "ID-D"),
        ("极速", "id-b"),
    ],
)
def test_a_model_is_found_by_id_name_or_part_of_its_name(typed: str, found: str) -> None:
    assert find(MODELS, typed, text("Model")).id == found


@pytest.mark.parametrize(
    ("models", "typed", "says"),
    [
        (MODELS, "秒画", "“秒画” fits several. Write more of the name: 秒画 0.4.0 · 秒画 0.4.0 极速版"),
        ([*MODELS, Model(id="e", name="Anime")], "a", "“a” fits several. Write more of the name: Artist V1.0 · Anime"),
        (MODELS, "", "fits several"),
        (MODELS, "<b>", "<b>Model</b>: there is no “<b>”. There are: 秒画 0.4.0 · 秒画 0.4.0 极速版 · Artist"),
        ([], "art", "<b>Model</b>: there is no “art”"),
    ],
)
def test_what_fits_none_or_several_is_refused_with_the_names(models: Sequence[Model], typed: str, says: str) -> None:
    with pytest.raises(BadValue) as refusal:
        find(models, typed, text("Model"))
    assert says in str(refusal.value)
