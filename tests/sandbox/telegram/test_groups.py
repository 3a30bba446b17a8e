"""Groups, forums and who speaks in them, as the bot is told of them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, ChatMigrated

from bot.sandbox.chat import ChatClient, ChatError
from bot.sandbox.telegram.people.shown import Person, ShownChat
from bot.sandbox.telegram.state import Options

Updates = Callable[[], Awaitable[list[dict[str, Any]]]]
Make = Callable[..., bytes]


async def texts(updates: Updates) -> list[str]:
    return [update["message"].get("text") or update["message"].get("caption", "") for update in await updates()]


async def test_privacy_lets_through_what_is_meant_for_the_bot(
    bot: Bot, chat: ChatClient, bob: Person, group: ShownChat, updates: Updates
) -> None:
    hello = await bot.send_message(group.id, "hello")
    await chat.send(bob.id, group.id, "just talking")
    await chat.send(bob.id, group.id, "/help")
    await chat.send(bob.id, group.id, f"/help@{bot.username.upper()}")
    await chat.send(bob.id, group.id, "/help@another_bot")
    await chat.send(bob.id, group.id, "what of /help?")
    [talk] = await chat.send(bob.id, group.id, "thanks", reply_to=hello.message_id)
    await chat.send(bob.id, group.id, "to myself", reply_to=talk)
    assert await texts(updates) == ["/help", f"/help@{bot.username.upper()}", "thanks"]


async def test_of_an_album_only_the_item_with_the_command(
    bot: Bot, chat: ChatClient, bob: Person, group: ShownChat, picture: Make, updates: Updates
) -> None:
    await chat.send(bob.id, group.id, "/swap", files=[picture(), picture()])
    [update] = await updates()
    assert update["message"]["caption_entities"][0] == {"type": "bot_command", "offset": 0, "length": 5}
    assert update["message"]["media_group_id"]


async def test_an_admin_bot_reads_everything(
    bot: Bot, chat: ChatClient, bob: Person, group: ShownChat, updates: Updates
) -> None:
    await chat.act("admins", chat_id=group.id, user_id=bot.id, admin=True)
    await updates()
    await chat.send(bob.id, group.id, "just talking")
    assert await texts(updates) == ["just talking"]


class TestWithoutPrivacy:
    @pytest.fixture
    def options(self, clock: list[float]) -> Options:
        return Options(rate_limits=False, privacy=False, now=lambda: clock[0])

    async def test_the_bot_reads_everything_but_other_bots(
        self, bot: Bot, chat: ChatClient, bob: Person, group: ShownChat, updates: Updates
    ) -> None:
        assert (await bot.get_me()).can_read_all_group_messages
        other = await chat.act("users", first_name="Robot", username="robot_bot", is_bot=True)
        await chat.act("members", chat_id=group.id, user_id=other["id"], member=True)
        await updates()
        await chat.send(other["id"], group.id, "beep")
        await chat.send(bob.id, group.id, "just talking")
        assert await texts(updates) == ["just talking"]


async def test_a_reply_carries_somebody_elses_photo(
    bot: Bot, chat: ChatClient, alice: Person, bob: Person, group: ShownChat, picture: Make, updates: Updates
) -> None:
    await updates()
    [photo] = await chat.send(bob.id, group.id, "look", files=[picture(1600, 900)])
    await chat.send(alice.id, group.id, "/stylize", reply_to=photo)
    [update] = await updates()
    message = update["message"]["reply_to_message"]
    assert [(size["width"], size["height"]) for size in message["photo"]] == [
        (90, 51),
        (320, 180),
        (800, 450),
        (1280, 720),
    ]
    assert message["caption"] == "look"


async def test_topics_carry_their_thread(
    bot: Bot, chat: ChatClient, bob: Person, forum: ShownChat, updates: Updates
) -> None:
    first, second = forum.topics
    [asked] = await chat.send(bob.id, forum.id, "/imagine", thread_id=second.id)
    [raw] = await updates()
    message = Update.de_json(raw, bot).message
    assert message
    assert (message.message_thread_id, message.is_topic_message) == (second.id, True)
    assert message.reply_to_message
    assert message.reply_to_message.forum_topic_created
    assert message.reply_to_message.forum_topic_created.name == second.name
    answer = await message.reply_text("here")
    assert (answer.message_thread_id, answer.is_topic_message) == (second.id, True)
    elsewhere = await bot.send_message(forum.id, "there", message_thread_id=first.id)
    assert elsewhere.message_thread_id == first.id
    assert (await bot.send_message(forum.id, "x", reply_to_message_id=asked.message_id)).message_thread_id == second.id


async def test_general_has_no_thread(
    bot: Bot, chat: ChatClient, bob: Person, forum: ShownChat, updates: Updates
) -> None:
    await chat.send(bob.id, forum.id, "/imagine")
    [update] = await updates()
    assert "message_thread_id" not in update["message"]
    assert (await bot.send_message(forum.id, "x")).message_thread_id is None


@pytest.mark.parametrize("thread_id", [1, 999])
async def test_threads_that_are_not_there(bot: Bot, group: ShownChat, forum: ShownChat, thread_id: int) -> None:
    for chat_id in (group.id, forum.id):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(chat_id, "x", message_thread_id=thread_id + (thread_id == 1) * 2000)


async def test_anonymous_admins_and_channels(
    bot: Bot, chat: ChatClient, alice: Person, bob: Person, forum: ShownChat, updates: Updates
) -> None:
    await updates()
    await chat.send(alice.id, forum.id, "/limits", voice="group")
    await chat.send(bob.id, forum.id, "/imagine", voice="channel")
    admin, channel = [update["message"] for update in await updates()]
    assert (admin["from"]["id"], admin["sender_chat"]["id"]) == (1087968824, forum.id)
    assert (channel["from"]["id"], channel["sender_chat"]["type"]) == (136817688, "channel")
    with pytest.raises(ChatError, match="only an admin"):
        await chat.send(bob.id, forum.id, "/limits", voice="group")


async def test_only_supergroups_know_other_voices(chat: ChatClient, alice: Person, group: ShownChat) -> None:
    with pytest.raises(ChatError, match="only in a supergroup"):
        await chat.send(alice.id, group.id, "/limits", voice="group")


async def test_a_group_becomes_a_supergroup(
    bot: Bot, chat: ChatClient, alice: Person, group: ShownChat, updates: Updates
) -> None:
    await updates()
    new_id = (await chat.act("migrations", chat_id=group.id))["new_chat_id"]
    old, new = [update["message"] for update in await updates()]
    assert (old["chat"]["id"], old["migrate_to_chat_id"]) == (group.id, new_id)
    assert (new["chat"]["id"], new["migrate_from_chat_id"]) == (new_id, group.id)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(group.id, "x")
    assert migrated.value.new_chat_id == new_id
    asked, answer = await bot.send_message(new_id, "x"), await bot.get_chat(new_id)
    assert answer.type == "supergroup"
    # In a supergroup without topics a reply carries its thread, and yet is no topic message.
    reply = await bot.send_message(new_id, "y", reply_to_message_id=asked.message_id)
    assert (reply.message_thread_id, reply.is_topic_message) == (asked.message_id, None)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(new_id, "z", message_thread_id=asked.message_id)


async def test_who_is_who(bot: Bot, alice: Person, bob: Person, group: ShownChat) -> None:
    assert (await bot.get_chat_member(group.id, alice.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"
    assert [member.user.id for member in await bot.get_chat_administrators(group.id)] == [alice.id]
    assert await bot.get_chat_member_count(group.id) == len(group.members)
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.id, 1)
    with pytest.raises(BadRequest, match="There are no administrators in the private chat"):
        await bot.get_chat_administrators(alice.id)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.get_chat(-1)


async def test_new_groups_tell_the_bot(
    bot: Bot, chat: ChatClient, alice: Person, bob: Person, updates: Updates
) -> None:
    await updates()
    made = await chat.act("groups", title="New", members=[bob.id], admins=[alice.id], forum=True, topics=["Cats"])
    joined, _topic = await bot.get_updates()
    assert joined.my_chat_member
    assert (joined.my_chat_member.old_chat_member.status, joined.my_chat_member.new_chat_member.status) == (
        "left",
        "member",
    )
    [topic] = (await chat.state()).chat("New").topics
    assert topic.name == "Cats"
    assert (await bot.send_message(made["id"], "hello", message_thread_id=topic.id)).is_topic_message
