import pytest

from bot.capabilities.imagine import Imagine
from bot.capabilities.makers import makers, polls
from bot.tracker.ports import Failed, Made
from tests.capabilities.workshop import Workshop, task_of


@pytest.mark.parametrize(
    ("prompt", "expected"), [("a fox", Made), ("half-hidden fox", Made), ("all-hidden", Failed), ("must-fail", Failed)]
)
async def test_an_order_is_made_and_asked_about(workshop: Workshop, prompt: str, expected: type) -> None:
    imagine = Imagine()
    answers = {**imagine.start({}), "prompt": prompt, "samples": 2}
    task = task_of(imagine, await imagine.settle(answers, workshop.studio))
    maker = makers(workshop.studio)[imagine.name]
    vendor_id = await (await maker.prepare(task))()
    found = await polls(workshop.studio.client)[maker.family]([vendor_id, "unknown"])
    assert found.keys() == {vendor_id}
    assert isinstance(found[vendor_id], expected)
