"""Going on from a result by its buttons, also after a restart."""

from bot.sandbox.telegram.people.shown import ChatMessage
from tests.e2e.studio import Studio, has_result


async def test_again_vary_file_and_delete(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --seed 7 --size 640x640")
    result = await studio.answer("Alice", has_result)
    await studio.bot.stop()
    await studio.bot.start()
    await studio.press("Alice", result, "🔁 Again")
    await studio.answer("Alice", has_result)
    await studio.press("Alice", result, "🎲 Vary")
    await studio.answer("Alice", has_result)
    await studio.press("Alice", result, "📄 File")
    file = await studio.answer("Alice", lambda message: message.document is not None)
    assert file.document is not None
    first, again, vary = studio.orders()
    assert (again["prompt"], again.get("seed", 0)) == (first["prompt"], 0)
    assert vary["img_url"]
    await studio.press("Alice", result, "🗑 Delete")
    asked = await studio.answer("Alice", lambda message: bool(_data(message, "r:really:")))
    await studio.press("Alice", asked, "🗑 Yes, delete")
    await studio.chat.wait_for(lambda event: event.type == "delete" and result.message_id in event.message_ids)


async def test_edit_words_opens_the_panel_with_the_same_options(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox --ar 16:9 --seed 7 --n 2")
    result = await studio.answer("Alice", has_result)
    await studio.press("Alice", result, "✏️ Change")
    panel = await studio.answer("Alice", lambda message: bool(_data(message, "d:")))
    assert any("1280×720" in button.text for button in panel.buttons)
    words = next(button for button in panel.buttons if button.text == "✏️ Words")
    await studio.press("Alice", panel, words.text)
    await studio.answer("Alice")
    await studio.say("Alice", "a wolf")
    panel = await studio.answer("Alice", lambda message: "a wolf" in message.text)
    await studio.press("Alice", panel, "✨ Generate")
    await studio.answer("Alice", has_result)
    order = studio.orders()[1]
    assert (order["prompt"], order["seed"], order["samples"], order["width"]) == ("a wolf", 7, 2, 1280)


async def test_somebody_else_may_go_on_but_not_delete(studio: Studio) -> None:
    group = studio.state.chat("Picture friends")
    alice, bob = studio.state.person("Alice"), studio.state.person("Bob")
    await studio.chat.send(alice.id, group.id, "/imagine a fox")
    result = await studio.chat.wait_for_message(group.id, has_result)
    await studio.chat.press(bob.id, result, "🗑 Delete")
    refused = await studio.chat.wait_for(lambda event: event.type == "answer" and bool(event.text))
    assert "Only the person" in str(refused.text)
    await studio.chat.press(bob.id, result, "🔁 Again")
    await studio.chat.wait_for_message(group.id, has_result)


async def test_a_result_whose_link_has_expired_is_varied_from_telegrams_copy(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox")
    result = await studio.answer("Alice", has_result)
    await studio.press("Alice", result, "🎲 Vary")
    await studio.answer("Alice", has_result)
    await studio.fault(on="pictures", status=403, times=2)
    await studio.press("Alice", result, "🎲 Vary")
    await studio.answer("Alice", has_result)
    _, living, expired = studio.orders()
    assert living["img_url"].startswith(studio.vendor_address)
    assert expired["img_url"].startswith(studio.bot.settings["PUBLIC_URL"])


def _data(message: ChatMessage, begins: str) -> list[str]:
    return [button.data for button in message.buttons if button.data and button.data.startswith(begins)]
