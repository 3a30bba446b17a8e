"""Changing and removing what was sent."""

from collections.abc import Callable

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.error import BadRequest

from bot.sandbox.chat import ChatClient
from bot.sandbox.telegram.people.shown import Person, ShownChat

Make = Callable[..., bytes]
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


async def test_a_text_is_edited_and_its_keyboard_goes(bot: Bot, chat: ChatClient, alice: Person) -> None:
    sent = await bot.send_message(alice.id, "working", reply_markup=KEYS)
    edited = await sent.edit_text("done")
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup) == ("done", None)
    assert edited.edit_date
    shown = await chat.wait_for_message(alice.id, lambda message: message.edited)
    assert (shown.text, shown.keyboard) == ("done", None)


async def test_the_same_again_is_refused(bot: Bot, alice: Person) -> None:
    sent = await bot.send_message(alice.id, "<b>x</b>", parse_mode="HTML", reply_markup=KEYS)
    for markup in (KEYS, None):
        if markup is None:
            await sent.edit_text("x", parse_mode=None)
        with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
            await sent.edit_text(
                "<b>x</b>" if markup else "x", parse_mode="HTML" if markup else None, reply_markup=markup
            )


async def test_a_text_becomes_a_photo_and_the_photo_another(bot: Bot, alice: Person, picture: Make) -> None:
    sent = await bot.send_message(alice.id, "wait")
    shown = await sent.edit_media(InputMediaPhoto(picture(), caption="here"), reply_markup=KEYS)
    assert isinstance(shown, Message)
    assert (shown.text, shown.caption, len(shown.photo)) == (None, "here", 1)
    other = await shown.edit_media(InputMediaPhoto(picture(30, 30)))
    assert isinstance(other, Message)
    assert (other.photo[-1].width, other.caption) == (30, None)
    with pytest.raises(BadRequest, match="not modified"):
        await other.edit_media(InputMediaPhoto(other.photo[-1].file_id))
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await other.edit_text("x")


async def test_captions_and_keyboards(bot: Bot, alice: Person, picture: Make) -> None:
    sent = await bot.send_photo(alice.id, picture(), caption="a")
    edited = await sent.edit_caption("b", reply_markup=KEYS)
    assert isinstance(edited, Message)
    assert (edited.caption, edited.reply_markup) == ("b", KEYS)
    bare = await edited.edit_reply_markup(None)
    assert isinstance(bare, Message)
    assert (bare.caption, bare.reply_markup) == ("b", None)
    text = await bot.send_message(alice.id, "x")
    with pytest.raises(BadRequest, match="There is no caption"):
        await text.edit_caption("b")


async def test_only_its_own_messages_can_be_edited(bot: Bot, chat: ChatClient, alice: Person) -> None:
    [said] = await chat.send(alice.id, alice.id, "mine")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("yours", alice.id, said.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", alice.id, 999)
    forced = await bot.send_message(alice.id, "?", reply_markup=ForceReply())
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await forced.edit_text("!")


async def test_an_album_gets_no_keyboard(bot: Bot, alice: Person, picture: Make) -> None:
    sent = await bot.send_media_group(alice.id, [InputMediaPhoto(picture())] * 2)
    with pytest.raises(BadRequest, match="can't be edited"):
        await sent[0].edit_reply_markup(KEYS)


async def test_deletes_its_own_while_they_are_young(
    bot: Bot, chat: ChatClient, alice: Person, clock: list[float]
) -> None:
    old, young = [await bot.send_message(alice.id, text) for text in ("old", "young")]
    await young.delete()
    event = await chat.wait_for(lambda event: event.type == "delete")
    assert event.message_ids == [young.message_id]
    clock[0] += 48 * 3600
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await old.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await young.delete()


async def test_in_a_group_others_messages_stay_unless_it_is_an_admin(
    bot: Bot, chat: ChatClient, alice: Person, group: ShownChat
) -> None:
    [said] = await chat.send(alice.id, group.id, "/start")
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.id, said.message_id)
    await chat.act("admins", chat_id=group.id, user_id=bot.id, admin=True)
    assert await bot.delete_message(group.id, said.message_id)


async def test_deletes_many_and_passes_over_the_gone(bot: Bot, chat: ChatClient, alice: Person) -> None:
    sent = [(await bot.send_message(alice.id, "x")).message_id for _ in range(3)]
    assert await bot.delete_messages(alice.id, [*sent, 999])
    assert not {message.message_id for message in await chat.history(alice.id)} & set(sent)
    with pytest.raises(BadRequest, match="Too many message identifiers"):
        await bot.delete_messages(alice.id, range(101))


async def test_reacts_with_one_known_emoji(bot: Bot, chat: ChatClient, alice: Person) -> None:
    [said] = await chat.send(alice.id, alice.id, "/imagine a fox")
    await bot.set_message_reaction(alice.id, said.message_id, "👀")
    event = await chat.wait_for(lambda event: event.type == "reaction")
    assert (event.message_id, event.reactions) == (said.message_id, ["👀"])
    await bot.set_message_reaction(alice.id, said.message_id)
    assert (await chat.history(alice.id))[-1].reactions == []
    for reaction, reason in [("🦊", "reaction_invalid"), (["👀", "👍"], "reactions_too_many")]:
        with pytest.raises(BadRequest, match=f"(?i){reason}"):
            await bot.set_message_reaction(alice.id, said.message_id, reaction)
    with pytest.raises(BadRequest, match="Message to react not found"):
        await bot.set_message_reaction(alice.id, 999, "👀")
