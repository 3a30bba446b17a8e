"""The people side by itself: what it shows, and what it does not let people do."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, MenuButtonCommands
from telegram.error import BadRequest

from bot.sandbox.chat import ChatClient, ChatError
from bot.sandbox.telegram.people.shown import Person, ShownChat, State

Updates = Callable[[], Awaitable[list[dict[str, Any]]]]
Make = Callable[..., bytes]


async def test_who_is_there(state: State, bot: Bot) -> None:
    assert [(user.first_name, user.language_code) for user in state.users] == [
        ("Alice", "en"),
        ("小明", "zh-hans"),
        ("Bob", "en"),
        ("李华", "zh-hans"),
    ]
    assert [chat.type for chat in state.chats] == ["private"] * 4 + ["group", "supergroup"]
    assert state.bot.id == bot.id


async def test_a_photo_is_compressed_as_by_a_client(
    chat: ChatClient, alice: Person, picture: Make, updates: Updates
) -> None:
    await updates()
    [said] = await chat.send(alice.id, alice.id, "/upscale", files=[picture(3000, 1500, mode="RGBA")])
    assert said.photo
    assert (said.photo.width, said.photo.height, said.caption) == (1280, 640, "/upscale")
    with Image.open(io.BytesIO(await chat.fetch(said.photo))) as opened:
        assert (opened.format, opened.size) == ("JPEG", (1280, 640))
    [update] = await updates()
    assert update["message"]["photo"][-1]["file_id"] == said.photo.file_id


async def test_a_file_keeps_its_bytes(chat: ChatClient, alice: Person, picture: Make, updates: Updates) -> None:
    await updates()
    body = picture(200, 100)
    [said] = await chat.send(alice.id, alice.id, files=[("a.png", body)], media="document")
    assert said.document
    assert await chat.fetch(said.document) == body
    [update] = await updates()
    assert update["message"]["document"]["thumbnail"]["width"] == 200


async def test_an_album_has_its_caption_on_the_first(
    chat: ChatClient, alice: Person, picture: Make, updates: Updates
) -> None:
    await updates()
    said = await chat.send(alice.id, alice.id, "/train", files=[picture()] * 3)
    assert [message.caption for message in said] == ["/train", "", ""]
    found = [update["message"] for update in await updates()]
    assert len({message["media_group_id"] for message in found}) == 1
    assert ["caption" in message for message in found] == [True, False, False]


@pytest.mark.parametrize("files", [["not a picture"], ["p"] * 11])
async def test_refuses_files(chat: ChatClient, alice: Person, picture: Make, files: list[str]) -> None:
    with pytest.raises(ChatError):
        await chat.send(alice.id, alice.id, files=[picture() if file == "p" else file.encode() for file in files])


async def test_refuses_texts_and_strangers(chat: ChatClient, alice: Person, bob: Person, state: State) -> None:
    with pytest.raises(ChatError, match="too long"):
        await chat.send(alice.id, alice.id, "x" * 4097)
    with pytest.raises(ChatError, match="text is empty"):
        await chat.send(alice.id, alice.id, " ")
    with pytest.raises(ChatError, match="user not found in the chat"):
        await chat.send(bob.id, alice.id, "hello")
    with pytest.raises(ChatError, match="chat not found"):
        await chat.send(alice.id, 12345, "hello")
    await chat.act("blocks", user_id=alice.id, blocked=True)
    with pytest.raises(ChatError, match="unblock"):
        await chat.send(alice.id, alice.id, "hello")


async def test_requests_are_read_strictly(chat: ChatClient, alice: Person) -> None:
    with pytest.raises(ChatError, match="user_id"):
        await chat.act("blocks", blocked=True)
    with pytest.raises(ChatError, match="surprise"):
        await chat.act("blocks", user_id=alice.id, surprise=1)


async def test_people_edit_and_remove_their_own(
    bot: Bot, chat: ChatClient, alice: Person, bob: Person, group: ShownChat
) -> None:
    [said] = await chat.send(bob.id, group.id, "hello")
    assert (await chat.edit(bob.id, said, "hello!")).text == "hello!"
    with pytest.raises(ChatError, match="somebody else"):
        await chat.edit(alice.id, said, "hi")
    [hers] = await chat.send(alice.id, group.id, "mine")
    with pytest.raises(ChatError, match="somebody else"):
        await chat.act("deletes", chat_id=group.id, user_id=bob.id, message_ids=[hers.message_id])
    await chat.act("deletes", chat_id=group.id, user_id=alice.id, message_ids=[said.message_id, hers.message_id])
    assert await chat.history(group.id) == []
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(group.id, "x", reply_to_message_id=said.message_id)


async def test_only_buttons_that_are_there_can_be_pressed(bot: Bot, chat: ChatClient, alice: Person) -> None:
    sent = await bot.send_message(alice.id, "x")
    pressed = {"chat_id": alice.id, "user_id": alice.id, "message_id": sent.message_id, "data": "go"}
    with pytest.raises(ChatError, match="no such button"):
        await chat.act("presses", **pressed)


async def test_new_people_have_a_private_chat(chat: ChatClient) -> None:
    made = await chat.act("users", first_name="Eve", username="eve", language_code="de")
    [said] = await chat.send(made["id"], made["id"], "/start")
    assert said.chat_id == made["id"]


async def test_the_menu_is_shown_in_the_persons_language(bot: Bot, chat: ChatClient) -> None:
    await bot.set_my_commands([BotCommand("help", "What I can do")])
    await bot.set_my_commands([BotCommand("help", "我能做什么")], language_code="zh")
    assert [command.description for command in (await chat.state("zh-hans")).commands] == ["我能做什么"]
    assert [command.description for command in (await chat.state("en")).commands] == ["What I can do"]
    await bot.set_my_commands([BotCommand("start", "Begin")], scope=BotCommandScopeAllPrivateChats())
    assert [command.command for command in (await chat.state("en")).commands] == ["start"]
    await bot.delete_my_commands(scope=BotCommandScopeAllPrivateChats())
    assert (await bot.get_my_commands())[0].command == "help"
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([("Help", "x")])


async def test_what_the_bot_says_of_itself(bot: Bot) -> None:
    await bot.set_my_name("Studio")
    await bot.set_my_description("Pictures in a chat")
    await bot.set_my_short_description("图", language_code="zh")
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert (await bot.get_my_name("de")).name == "Studio"
    assert (await bot.get_my_short_description("zh")).short_description == "图"
    assert (await bot.get_chat_menu_button()).type == "commands"
    with pytest.raises(BadRequest):
        await bot.set_my_description("x" * 513)


async def test_files_are_served_so_that_they_cannot_run(chat: ChatClient, alice: Person, address: str) -> None:
    [said] = await chat.send(alice.id, alice.id, files=[("a.html", b"<script>1</script>")], media="document")
    assert said.document
    async with httpx.AsyncClient(trust_env=False, base_url=address) as client:
        answer = await client.get(said.document.url)
        assert answer.headers["content-disposition"] == "attachment"
        assert "immutable" in answer.headers["cache-control"]
        assert (await client.get("/chat/files/nothing")).status_code == 404


async def test_says_what_it_is_and_hears_this_machine_only(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=address) as client:
        assert "stand-in" in (await client.get("/chat/state")).headers["x-sandbox"]
        assert (await client.get("/chat/state", headers={"Host": "evil.example"})).status_code == 400
        assert (await client.get("/static/nothing.js")).status_code == 404
        assert (await client.get("/static/..%2f..%2fguard.py")).status_code == 404


async def test_waiting_finds_what_came_before_and_tells_what_did(bot: Bot, chat: ChatClient, alice: Person) -> None:
    await chat.send(alice.id, alice.id, "hello")
    await bot.send_message(alice.id, "one")
    await bot.send_message(alice.id, "two")
    assert (await chat.wait_for_message(alice.id, lambda message: message.text == "two")).text == "two"
    assert (await chat.wait_for_message(alice.id)).text == "one"
    with pytest.raises(TimeoutError, match="message 'two'"):
        await chat.wait_for_message(alice.id, lambda message: message.text == "three", timeout=0.01)
    with pytest.raises(ChatError, match="no button 'Go'"):
        await chat.press(alice.id, await chat.wait_for_message(alice.id), "Go")
