"""Methods about chats and who is in them."""

from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import Json, full_chat_json, member_json
from bot.sandbox.telegram.world import Chat


async def get_chat(sandbox: Sandbox, params: Params) -> Json:
    """Tell about a chat."""
    return full_chat_json(_chat(sandbox, params))


async def get_chat_member(sandbox: Sandbox, params: Params) -> Json:
    """Tell what somebody is in a chat."""
    chat = _chat(sandbox, params)
    user = sandbox.world.users.get(params.integer("user_id") or 0)
    if user is None:
        raise bad_request("user not found")
    return member_json(chat, user)


async def get_chat_administrators(sandbox: Sandbox, params: Params) -> list[Json]:
    """Tell who a group's admins are; other bots are left out."""
    chat = _chat(sandbox, params)
    if not chat.is_group:
        raise bad_request("there are no administrators in the private chat")
    return [member_json(chat, sandbox.world.users[user_id]) for user_id in chat.admins]


async def get_chat_member_count(sandbox: Sandbox, params: Params) -> int:
    """Count who is in a chat, the bot too."""
    chat = _chat(sandbox, params)
    return len(chat.members) if chat.is_group else 2


def _chat(sandbox: Sandbox, params: Params) -> Chat:
    return sandbox.world.chat_of_bot(params.chat_id())
