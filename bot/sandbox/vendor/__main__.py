"""Run the stand-in by itself: `python -m bot.sandbox.vendor --port 8090`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from bot.sandbox.guard import loopback_only
from bot.sandbox.vendor.app import create_app
from bot.sandbox.vendor.vendor import ACCESS_KEY, LINK_SECONDS, SECRET_KEY, TASK_SECONDS, Vendor
from bot.web.server import serve


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM; the address is the first line written."""
    options = _parser().parse_args(arguments)
    loopback_only()
    vendor = Vendor(
        access_key=options.access_key,
        secret_key=options.secret_key,
        task_seconds=options.task_seconds,
        link_seconds=options.link_seconds,
    )
    asyncio.run(_run(vendor, options.port))


async def _run(vendor: Vendor, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, stop.set)
    async with serve(create_app(vendor), "127.0.0.1", port) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.vendor", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--access-key", default=os.environ.get("MIAOHUA_ACCESS_KEY", ACCESS_KEY))
    parser.add_argument("--secret-key", default=os.environ.get("MIAOHUA_SECRET_KEY", SECRET_KEY))
    parser.add_argument("--task-seconds", type=float, default=TASK_SECONDS, help="what one picture takes")
    parser.add_argument("--link-seconds", type=float, default=LINK_SECONDS, help="how long picture links live")
    return parser


if __name__ == "__main__":
    main()
