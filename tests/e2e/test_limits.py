"""The three limits of a person, as the person meets them."""

import pytest

from bot.sandbox.vendor.vendor import Vendor
from tests.e2e.studio import Studio, has_result


@pytest.fixture
def settings() -> dict[str, str]:
    return {"DAILY_LIMIT": "3", "MAX_RUNNING_TASKS": "1"}


async def test_the_days_allowance(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --n 2")
    await studio.answer("Alice", has_result)
    await studio.say("Alice", "/imagine a fox --n 2")
    refused = await studio.answer("Alice")
    assert "2 of today's 3 pictures are used" in refused.text
    assert " min" in refused.text
    await studio.say("小明", "/imagine 狐狸 --n 4")
    assert "请少要几张" in (await studio.answer("小明")).text
    assert len(studio.orders()) == 1


class TestRunning:
    @pytest.fixture
    def vendor(self) -> Vendor:
        return Vendor(task_seconds=30)

    async def test_one_at_a_time(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.chat.wait_for(lambda event: event.type == "reaction")
        await studio.say("Alice", "/imagine a wolf")
        assert "You have 1 task running" in (await studio.answer("Alice", lambda m: "running" in m.text)).text
        await studio.say("Alice", "/tasks")
        assert "a fox" in (await studio.answer("Alice", lambda m: "a fox" in m.text)).text


class TestInterval:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"MIN_INTERVAL_SECONDS": "600"}

    async def test_too_fast(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.answer("Alice", has_result)
        await studio.say("Alice", "/imagine a wolf")
        assert "seconds" in (await studio.answer("Alice")).text
        assert len(studio.orders()) == 1


class TestQueue:
    @pytest.fixture
    def vendor(self) -> Vendor:
        return Vendor(task_seconds=30)

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"VENDOR_CONCURRENCY": "1"}

    async def test_the_place_in_the_queue_is_told_and_what_waits_can_be_cancelled(self, studio: Studio) -> None:
        await studio.say("Alice", "/imagine a fox")
        await studio.answer("Alice", lambda message: "At work" in message.text)
        await studio.say("Bob", "/imagine a wolf")
        status = await studio.answer("Bob", lambda message: "place 1" in message.text)
        await studio.press("Bob", status, "Cancel")
        told = await studio.answer("Bob", lambda message: "Cancelled" in message.text)
        assert "allowance" in told.text
        assert [order["prompt"] for order in studio.orders()] == ["a fox"]
