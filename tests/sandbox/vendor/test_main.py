import asyncio
import sys
import time
from collections.abc import Callable

import httpx


async def test_it_runs_by_itself(sign: Callable[..., str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sandbox.vendor", "--port", "0", "--task-seconds", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        address = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        headers = {"authorization": f"Bearer {sign(time.time())}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=address, headers=headers) as client:
            answer = await client.get("/v1/imgenstd/models", params={"size": 100})
        assert len(answer.json()["data"]) == 12
    finally:
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 30)
    assert code == 0
