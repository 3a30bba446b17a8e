"""Methods about updates, pressed buttons and files."""

from typing import Final

from bot.sandbox.telegram.files import MAX_DOWNLOAD_BYTES
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import Json, user_json

_MAX_BATCH: Final = 100
_MAX_ANSWER: Final = 200
_MAX_CONNECTIONS: Final = 40


async def get_me(sandbox: Sandbox, _params: Params) -> Json:
    """Tell who the bot is."""
    rights = {
        "can_join_groups": True,
        "can_read_all_group_messages": not sandbox.options.privacy,
        "supports_inline_queries": sandbox.options.inline,
    }
    return user_json(sandbox.world.bot) | rights


async def get_updates(sandbox: Sandbox, params: Params) -> list[Json]:
    """Give what happened, by long polling."""
    sandbox.updates.allow(_kinds(params))
    limit = params.integer("limit") or _MAX_BATCH
    seconds = params.integer("timeout") or 0
    return await sandbox.updates.poll(params.integer("offset") or 0, max(min(limit, _MAX_BATCH), 1), seconds)


async def set_webhook(sandbox: Sandbox, params: Params) -> bool:
    """Post updates to an address from now on; an empty one ends it."""
    url = params.text("url")
    if not url:
        return await delete_webhook(sandbox, params)
    connections = params.integer("max_connections") or _MAX_CONNECTIONS
    await sandbox.webhook.set(url, params.text("secret_token"), connections)
    sandbox.updates.allow(_kinds(params))
    if params.flag("drop_pending_updates"):
        sandbox.updates.clear()
    return True


async def delete_webhook(sandbox: Sandbox, params: Params) -> bool:
    """Go back to polling."""
    await sandbox.webhook.remove()
    if params.flag("drop_pending_updates"):
        sandbox.updates.clear()
    return True


async def get_webhook_info(sandbox: Sandbox, _params: Params) -> Json:
    """Tell how the delivery goes."""
    return sandbox.webhook.info()


async def answer_callback_query(sandbox: Sandbox, params: Params) -> bool:
    """Answer a pressed button, once and soon."""
    words = params.text("text") or ""
    if len(words) > _MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query_id = params.text("callback_query_id") or ""
    query = sandbox.queries.pop(query_id, None)
    if query is None or sandbox.options.now() - query.at > sandbox.options.callback_seconds:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    shown = {"query_id": query_id, "user_id": query.user_id, "text": words, "show_alert": params.flag("show_alert")}
    sandbox.events.add("answer", query.chat_id, **shown)
    return True


async def get_file(sandbox: Sandbox, params: Params) -> Json:
    """Tell where to fetch a file of up to 20 MB."""
    file = sandbox.files.find(params.text("file_id") or "")
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return file.identity() | {"file_path": file.path}


def _kinds(params: Params) -> list[str] | None:
    wanted = params.array("allowed_updates")
    return None if wanted is None else [str(kind) for kind in wanted]
