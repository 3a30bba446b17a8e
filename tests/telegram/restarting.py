"""A new process in front of the same database and the same Telegram."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.telegram import application
from bot.telegram.reception import Reception
from tests.telegram.stage import Stage
from tests.telegram.wires import make_app


@asynccontextmanager
async def restarted(stage: Stage) -> AsyncIterator[None]:
    """Let a new application handle the updates; nothing is left of what the old one knew."""
    app, before = make_app(stage.wire), stage.parts
    await app.initialize()
    app.bot_data = before.services
    application.add_handlers(app)
    stage.parts = replace(before, app=app, reception=Reception(stage.store, app))
    try:
        yield
    finally:
        stage.parts = before
        await app.shutdown()
