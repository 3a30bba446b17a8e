"""The command line: `python -m bot run | check | demo`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import app, check, demo, log
from bot.settings import Settings, SettingsError, load
from bot.store.lock import AlreadyRunning


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that is named; give back the process's exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(asyncio.run(chosen.command(chosen)))
    except (SettingsError, AlreadyRunning) as fault:
        print(fault, file=sys.stderr)  # noqa: T201  the command line's own voice
    except OSError as fault:
        print(fault.strerror or fault, file=sys.stderr)  # noqa: T201  the same
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="A picture studio that lives in a Telegram chat."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    running = commands.add_parser("run", help="run the bot with the settings of .env or the environment")
    running.set_defaults(command=_run)
    checking = commands.add_parser("check", help="try the settings; say in plain words what is wrong")
    checking.set_defaults(command=_check)
    trying = commands.add_parser("demo", help="try the bot without any account, in the browser or the terminal")
    trying.add_argument("--say", metavar="TEXT", help="send this, print the conversation, end when pictures came")
    trying.add_argument("--out", metavar="DIR", type=Path, default=Path("pictures"), help="where --say writes pictures")
    trying.add_argument("--port", type=int, default=0, help="the chat page's port; a free one by default")
    trying.add_argument("--no-browser", action="store_true", help="only print the chat page's address")
    trying.set_defaults(command=_demo)
    return parser


async def _run(_chosen: argparse.Namespace) -> int:
    settings = _settings()
    stop = asyncio.Event()
    app.stop_on_signals(stop)
    await app.run(settings, stop)
    return 0


async def _check(_chosen: argparse.Namespace) -> int:
    return 0 if await check.check(_settings()) else 1


async def _demo(chosen: argparse.Namespace) -> int:
    if chosen.say is not None:
        return await demo.say(chosen.say, chosen.out)
    stop = asyncio.Event()
    app.stop_on_signals(stop)
    return await demo.serve_page(stop, port=chosen.port, browser=not chosen.no_browser)


def _settings() -> Settings:
    settings = load()
    log.configure(level=settings.log_level, fmt=settings.log_format, secrets=settings.secrets)
    return settings


if __name__ == "__main__":
    sys.exit(main())
