"""The method that answers inline queries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.sandbox.telegram.entities import Formatted
from bot.sandbox.telegram.files import FileStore, Photo
from bot.sandbox.telegram.inline import Result
from bot.sandbox.telegram.methods.content import read_caption, read_text
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox

_MAX_OFFSET_BYTES: Final = 64
_MAX_RESULTS: Final = 50
_MAX_ID_BYTES: Final = 64
_MAX_START_PARAMETER: Final = 64


async def answer_inline_query(sandbox: Sandbox, params: Params) -> bool:
    """Answer what somebody types behind the bot's name, once and soon."""
    results = _read_results(params.array("results"), sandbox.files)
    button = _read_button(params.json("button"))
    offset = params.text("next_offset") or ""
    if len(offset.encode()) > _MAX_OFFSET_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    query_id = params.text("inline_query_id") or ""
    query = sandbox.inline_queries.get(query_id)
    is_late = query is None or sandbox.options.now() - query.at > sandbox.options.callback_seconds
    if query is None or is_late or query.results is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.results = {result.id: result for result in results}
    sandbox.events.add(
        "inline",
        query.chat_id,
        query_id=query_id,
        user_id=query.user_id,
        results=[result.shown() for result in results],
        next_offset=offset,
        button=button,
        is_personal=params.flag("is_personal"),
    )
    return True


def _read_results(values: Sequence[Any] | None, files: FileStore) -> list[Result]:
    """Read the results of an answer. Raises `Refused` for what Telegram does not take."""
    results = [_result(value, files) for value in values or []]
    if len(results) > _MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len({result.id for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    return results


def _read_button(value: object) -> str | None:
    """Read the button above the results; give its words. Raises `Refused`."""
    match value:
        case None:
            return None
        case {"text": str(words), "start_parameter": str(parameter)} if words:
            if not 1 <= len(parameter) <= _MAX_START_PARAMETER or not _is_plain(parameter):
                raise bad_request("START_PARAM_INVALID")
            return words
        case _:
            raise bad_request("can't parse InlineQueryResultsButton: unsupported button")


def _result(value: object, files: FileStore) -> Result:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline query result: expected an Object")
    given = Params(value)
    if not 1 <= len((given.text("id") or "").encode()) <= _MAX_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    match value:
        case {"type": "photo", "photo_file_id": str(file_id)}:
            return _made(given, "photo", read_caption(given), files.photo(file_id))
        case {"type": "article", "title": str(title), "input_message_content": {"message_text": words}} if title:
            return _made(given, "article", read_text(Params({**value["input_message_content"], "text": words})))
        case {"type": "photo" | "article"}:
            raise bad_request("can't parse inline query result: a field is missing")
        case _:
            raise bad_request("can't parse inline query result: type is not part of this sandbox")


def _made(given: Params, kind: str, content: Formatted, photo: Photo | None = None) -> Result:
    shown: Mapping[str, str] = {name: given.text(name) or "" for name in ("id", "title", "description")}
    return Result(**shown, kind=kind, content=content, photo=photo)


def _is_plain(parameter: str) -> bool:
    return all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in parameter)
