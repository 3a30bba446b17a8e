"""What somebody does in inline mode: type behind the bot's name, and choose what it offers."""

from bot.sandbox.telegram.inline import MAX_QUERY
from bot.sandbox.telegram.people.requests import InlineChoice, InlineTyping
from bot.sandbox.telegram.people.speaking import find_member
from bot.sandbox.telegram.posting import place, post
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import user_json
from bot.sandbox.telegram.world import Message


def typed(sandbox: Sandbox, wanted: InlineTyping) -> str:
    """Ask the bot; gives the id of the query, which an "inline" event carries. Raises `Refused` where it is off."""
    chat, user = find_member(sandbox, wanted.chat_id, wanted.user_id)
    if not sandbox.options.inline:
        raise bad_request("the bot has no inline mode")
    query_id = sandbox.ask_inline(user.id, chat.id)
    is_own = chat.type == "private"  # a private chat here is always with the bot
    query = {
        "id": query_id,
        "from": user_json(user),
        "query": wanted.query[:MAX_QUERY],
        "offset": wanted.offset,
        "chat_type": "sender" if is_own else chat.type,
    }
    sandbox.updates.push("inline_query", query)
    return query_id


def choose(sandbox: Sandbox, wanted: InlineChoice) -> Message:
    """Send a result, in one's own name and by way of the bot."""
    query = sandbox.inline_queries.get(wanted.query_id)
    result = (query.results or {}).get(wanted.result_id) if query else None
    if query is None or result is None:
        raise bad_request("the bot offers no such result")
    chat, user = find_member(sandbox, query.chat_id, query.user_id)
    spot = place(chat, wanted.thread_id, None)
    chat.started = True
    message = Message(
        id=next(chat.message_ids),
        chat=chat,
        date=sandbox.now(),
        sender=user,
        via_bot=sandbox.world.bot,
        content=result.content,
        media=result.photo,
        thread_id=spot.thread_id,
        in_topic=spot.in_topic,
        reply_to=spot.reply_to,
    )
    return post(sandbox, message)
