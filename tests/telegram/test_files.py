import traceback

import httpx
import pytest
import structlog

from bot.errors import BadPicture, Broken, UserError
from bot.sandbox.telegram.cast import TOKEN
from tests.telegram.stage import Stage, picture_bytes
from tests.telegram.wires import ADDRESS

HUGE = 20 * 1024 * 1024 + 1


async def upload(stage: Stage, body: bytes) -> str:
    """Put a file at Telegram, and give its id."""
    return (await stage.sandbox.files.add_document(body, "a.png")).file.file_id


def path_of(stage: Stage, file_id: str) -> str:
    file = stage.sandbox.files.find(file_id)
    assert file is not None
    return file.path


def told(error: UserError) -> str:
    """Write an error down in every way in which a log line could."""
    chained = "".join(traceback.format_exception(error))
    event = {"event": "x", "exc_info": (type(error), error, error.__traceback__)}
    fields = structlog.processors.format_exc_info(None, "error", dict(event))
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return f"{chained}{fields}{console(None, 'error', dict(event))}{error!r}{error.__cause__!r}"


async def test_a_file_is_fetched_whole(stage: Stage) -> None:
    body = picture_bytes()
    assert await stage.parts.services.fetch(await upload(stage, body)) == body


async def test_a_file_that_telegram_does_not_know(stage: Stage) -> None:
    with pytest.raises(BadPicture, match="send it again"):
        await stage.parts.services.fetch("nothing")


async def test_a_file_that_telegram_does_not_let_bots_have(stage: Stage) -> None:
    with pytest.raises(BadPicture, match="20 MB"):
        await stage.parts.services.fetch(await upload(stage, bytes(HUGE)))


async def test_a_bot_api_server_of_ones_own_lets_bots_have_more_but_we_do_not_ask(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.telegram.methods.queries.MAX_DOWNLOAD_BYTES", 10**9)
    file_id = await upload(stage, bytes(HUGE))
    stage.wire.fail(path_of(stage, file_id).rpartition("/")[2], AssertionError("downloaded"))
    with pytest.raises(BadPicture, match="20 MB"):
        await stage.parts.services.fetch(file_id)


@pytest.mark.parametrize("where", ["getFile", "download"])
@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout, httpx.UnsupportedProtocol])
async def test_neither_link_nor_token_is_in_what_comes_of_a_failure(
    stage: Stage, where: str, fault: type[httpx.TransportError]
) -> None:
    file_id = await upload(stage, picture_bytes())
    path = path_of(stage, file_id)
    link = f"{ADDRESS}/file/bot{TOKEN}/{path}"
    stage.wire.fail("getFile" if where == "getFile" else path.rpartition("/")[2], fault(f"cannot reach {link}"))
    with pytest.raises(Broken) as broken:
        await stage.parts.services.fetch(file_id)
    assert "try again" in str(broken.value)
    written = told(broken.value)
    assert "Broken" in written
    for secret in (TOKEN, "/file/bot", path):
        assert secret not in written


async def test_a_download_that_is_refused_tells_no_link_either(stage: Stage) -> None:
    file_id = await upload(stage, picture_bytes())
    path = path_of(stage, file_id)
    del stage.sandbox.files._ids_by_path[path]
    stage.sandbox.files._ids_by_path["elsewhere"] = file_id
    with pytest.raises(Broken) as broken:
        await stage.parts.services.fetch(file_id)
    assert path not in told(broken.value)
