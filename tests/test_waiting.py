import asyncio

from structlog.testing import capture_logs

from bot.waiting import repeat


async def test_work_is_repeated_until_the_stop_and_outlives_its_failures() -> None:
    stop, times = asyncio.Event(), 0

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 3:
            stop.set()
        raise RuntimeError("the database is away")

    with capture_logs() as logs:
        await asyncio.wait_for(repeat(work, stop, 0.001, failed="work_failed"), 20)
    assert [each["event"] for each in logs] == ["work_failed"] * 3
    await repeat(work, stop, 0.001, failed="work_failed")
    assert times == 3
