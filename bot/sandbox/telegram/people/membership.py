"""Who comes, goes, blocks and rules; and the groups themselves."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.telegram.cast import add_topic
from bot.sandbox.telegram.people.requests import AdminChange, Block, MemberChange, Migration, NewGroup, NewUser
from bot.sandbox.telegram.posting import post
from bot.sandbox.telegram.refusals import bad_request
from bot.sandbox.telegram.state import Sandbox
from bot.sandbox.telegram.wire import chat_json, member_json, user_json
from bot.sandbox.telegram.world import Chat, Message, User


def add_user(sandbox: Sandbox, wanted: NewUser) -> User:
    """Let somebody new in."""
    user = sandbox.world.add_user(wanted.first_name, wanted.username, wanted.language_code, is_bot=wanted.is_bot)
    sandbox.events.add("chat", user.id)
    return user


def add_group(sandbox: Sandbox, wanted: NewGroup) -> Chat:
    """Found a group with the bot in it; the bot is told."""
    people = [_user(sandbox, user_id) for user_id in [*wanted.admins, *wanted.members]]
    if wanted.topics and not wanted.forum:
        raise bad_request("only a forum has topics")
    chat = sandbox.world.add_group(wanted.title, wanted.members, wanted.admins, forum=wanted.forum)
    chat.members.remove(sandbox.world.bot.id)
    _change(sandbox, chat, sandbox.world.bot, people[0], lambda: chat.members.append(sandbox.world.bot.id))
    for name in wanted.topics:
        post(sandbox, add_topic(chat, name, people[0], sandbox.now()))
    return chat


def block(sandbox: Sandbox, wanted: Block) -> None:
    """Block the bot, or let it write again; the bot is told."""
    chat = _chat(sandbox, wanted.user_id)
    if chat.user is None:
        raise bad_request("user not found")
    if chat.blocked != wanted.blocked:
        _change(sandbox, chat, sandbox.world.bot, chat.user, lambda: setattr(chat, "blocked", wanted.blocked))


def set_admin(sandbox: Sandbox, wanted: AdminChange) -> None:
    """Make somebody an admin, or no longer."""
    chat, user = _group(sandbox, wanted.chat_id), _user(sandbox, wanted.user_id)
    if user.id not in chat.members:
        raise bad_request("user not found in the chat")
    if (user.id in chat.admins) == wanted.admin:
        return
    if user.id == chat.admins[0]:
        raise bad_request("the owner stays an admin")
    _change(sandbox, chat, user, _owner(sandbox, chat), lambda: _put(chat.admins, user.id, present=wanted.admin))


def set_member(sandbox: Sandbox, wanted: MemberChange) -> None:
    """Take somebody in or put them out; a service message says so."""
    chat, user = _group(sandbox, wanted.chat_id), _user(sandbox, wanted.user_id)
    if (user.id in chat.members) == wanted.member:
        return
    owner = _owner(sandbox, chat)
    if user is owner:
        raise bad_request("the owner stays in the group")
    _change(sandbox, chat, user, owner, lambda: _move(chat, user.id, member=wanted.member))
    body = user_json(user)
    _service(sandbox, chat, owner, {"new_chat_members": [body]} if wanted.member else {"left_chat_member": body})


def migrate(sandbox: Sandbox, wanted: Migration) -> int:
    """Turn a group into a supergroup; gives the new chat's id."""
    group = _group(sandbox, wanted.chat_id)
    if group.type != "group":
        raise bad_request("it is a supergroup already")
    owner = _owner(sandbox, group)
    chat = sandbox.world.add_supergroup_for(group)
    _service(sandbox, group, owner, {"migrate_to_chat_id": chat.id})
    _service(sandbox, chat, owner, {"migrate_from_chat_id": group.id})
    sandbox.events.add("chat", chat.id)
    return chat.id


def _change(sandbox: Sandbox, chat: Chat, user: User, actor: User, change: Callable[[], object]) -> None:
    """Make a change and tell the bot: of itself always, of others only where it is an admin."""
    old = member_json(chat, user)
    change()
    body: dict[str, Any] = {
        "chat": chat_json(chat),
        "from": user_json(actor),
        "date": sandbox.now(),
        "old_chat_member": old,
        "new_chat_member": member_json(chat, user),
    }
    bot = sandbox.world.bot
    if user is bot:
        sandbox.updates.push("my_chat_member", body)
    elif bot.id in chat.admins:
        sandbox.updates.push("chat_member", body)
    sandbox.events.add("chat", chat.id)


def _service(sandbox: Sandbox, chat: Chat, sender: User, says: dict[str, Any]) -> None:
    post(sandbox, Message(id=next(chat.message_ids), chat=chat, date=sandbox.now(), sender=sender, service=says))


def _chat(sandbox: Sandbox, chat_id: int) -> Chat:
    chat = sandbox.world.chats.get(chat_id)
    if chat is None or chat.migrated_to is not None:
        raise bad_request("chat not found")
    return chat


def _group(sandbox: Sandbox, chat_id: int) -> Chat:
    chat = _chat(sandbox, chat_id)
    if not chat.is_group:
        raise bad_request("it is no group")
    return chat


def _user(sandbox: Sandbox, user_id: int) -> User:
    user = sandbox.world.users.get(user_id)
    if user is None:
        raise bad_request("user not found")
    return user


def _owner(sandbox: Sandbox, chat: Chat) -> User:
    return sandbox.world.users[chat.admins[0]]


def _put(ids: list[int], user_id: int, *, present: bool) -> None:
    if present:
        ids.append(user_id)
    else:
        ids.remove(user_id)


def _move(chat: Chat, user_id: int, *, member: bool) -> None:
    _put(chat.members, user_id, present=member)
    if user_id in chat.admins:
        chat.admins.remove(user_id)
