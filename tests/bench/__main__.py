"""Measure the bot: `python -m tests.bench [FIGURE ...]`."""

import argparse
import asyncio
import os
import sys
import time

from bot import log
from bot.sandbox.guard import loopback_only
from tests.bench import delivery, inbox, learning, memory, pacing, polling, reaction, rounds

FIGURES = {
    "pacing": pacing.measure,
    "learning": learning.measure,
    "reaction": reaction.measure,
    "inbox": inbox.measure,
    "polling": polling.measure,
    "rounds": rounds.measure,
    "delivery": delivery.measure,
    "memory": memory.measure,
}
WITHIN = 120.0  # seconds for all


async def measure(chosen: list[str]) -> None:
    """Print each figure as soon as it is there."""
    begun = time.monotonic()
    try:
        async with asyncio.timeout(WITHIN):
            for name in chosen:
                async for label, value in FIGURES[name]():
                    _print(f"{label:<62}{value}")
    except TimeoutError:
        _print("The rest is not measured: the machine is too busy. Name single figures.")
    _print(f"\nmeasured in {time.monotonic() - begun:.0f} s, load of the machine {os.getloadavg()[0]:.1f}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"one of {', '.join(FIGURES)}; all by default")
    chosen = parser.parse_args().figures
    if unknown := set(chosen) - FIGURES.keys():
        parser.error(f"no such figure: {', '.join(unknown)}")
    loopback_only()
    log.configure(level="CRITICAL", fmt="console", secrets=())
    asyncio.run(measure(chosen or list(FIGURES)))


if __name__ == "__main__":
    main()
