"""Run the stand-in by itself: `python -m bot.sandbox.telegram --port 8081`."""

import argparse
import asyncio
import signal
import sys

from bot.sandbox.guard import loopback_only
from bot.sandbox.telegram.app import run_telegram
from bot.sandbox.telegram.state import Options


async def run(port: int, *, rate_limits: bool) -> None:
    """Serve until SIGINT or SIGTERM; write the address and the token to standard output when ready."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = Options(rate_limits=rate_limits)
    async with run_telegram(options, port=port) as (address, _):
        sys.stdout.write(f"{address}\nA stand-in for Telegram. The bot's token: {options.token}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="A stand-in for Telegram, in memory and on this machine only")
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free one")
    parser.add_argument("--no-limits", action="store_true", help="take messages at any rate")
    arguments = parser.parse_args()
    loopback_only()
    asyncio.run(run(arguments.port, rate_limits=not arguments.no_limits))


if __name__ == "__main__":
    main()
