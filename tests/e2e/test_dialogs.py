"""The panel, step by step."""

from collections.abc import Callable

from bot.sandbox.telegram.people.shown import ChatMessage
from tests.e2e.studio import Studio, has_result


def offers(*buttons: str) -> Callable[[ChatMessage], bool]:
    return lambda message: all(any(held.text.startswith(wanted) for held in message.buttons) for wanted in buttons)


async def test_from_an_empty_command_to_the_picture(studio: Studio) -> None:
    await studio.say("Alice", "/imagine")
    await studio.answer("Alice", lambda message: "What shall I draw" in message.text)
    await studio.say("Alice", "a fox <3")
    panel = await studio.answer("Alice", offers("✨ Generate"))
    assert "a fox <3" in panel.text
    await _press(studio, panel, "Pictures: 1")
    await _press(studio, await studio.answer("Alice", offers("4", "« Back")), "4")
    panel = await studio.answer("Alice", offers("✨ Generate", "Pictures: 4"))
    await _press(studio, panel, "Size: 960×960")
    await _press(studio, await studio.answer("Alice", offers("16:9")), "16:9")
    panel = await studio.answer("Alice", offers("Size: 1280×720"))
    await _press(studio, panel, "✨ Generate")
    await studio.answer("Alice", has_result)
    [order] = studio.orders()
    assert (order["samples"], order["width"], order["height"]) == (4, 1280, 720)
    # The last choices are the next defaults.
    await studio.say("Alice", "/imagine another fox")
    await studio.answer("Alice", has_result)
    assert studio.orders()[1]["samples"] == 4


async def test_model_lora_and_controlnet_are_picked_from_the_catalogue(studio: Studio) -> None:
    await studio.say("Alice", "/imagine")
    await studio.answer("Alice")
    await studio.say("Alice", "a fox")
    panel = await studio.answer("Alice", offers("✨ Generate"))
    await _press(studio, panel, "Model: ")
    models = await studio.answer("Alice", offers("« Back"))
    await _press(studio, models, "秒画 0.4.0", exactly=True)
    panel = await studio.answer("Alice", offers("✨ Generate"))
    await _press(studio, panel, "LoRA")
    loras = await studio.answer("Alice", offers("« Back"))
    lora = loras.buttons[0].text
    await _press(studio, loras, lora)
    chosen = await studio.answer("Alice", offers(f"✓ {lora}", "⚙️"))
    await _press(studio, chosen, "⚙️")
    await _press(studio, await studio.answer("Alice", offers("Strength")), "Strength")
    await _press(studio, await studio.answer("Alice", offers("0.8")), "0.8")
    await _press(studio, await studio.answer("Alice", offers("Strength: 0.8")), "« Back")
    await _press(studio, await studio.answer("Alice", offers(f"✓ {lora}")), "« Back")
    await _press(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    await studio.answer("Alice", has_result)
    [order] = studio.orders()
    assert [config["merge_weight"] for config in order["lora_configs"]] == [0.8]


async def test_cancel_ends_it(studio: Studio) -> None:
    await studio.say("Alice", "/imagine")
    await studio.answer("Alice")
    await studio.say("Alice", "/cancel")
    assert "Cancelled" in (await studio.answer("Alice", lambda message: "Cancelled" in message.text)).text
    await studio.say("Alice", "a fox")
    assert "/imagine" in (await studio.answer("Alice")).text
    assert studio.orders() == []


async def test_two_people_in_one_group_and_one_person_in_two_chats_never_mix(studio: Studio) -> None:
    group = studio.state.chat("Picture friends")
    alice, bob = studio.state.person("Alice"), studio.state.person("Bob")
    await studio.chat.send(alice.id, group.id, "/imagine")
    for_alice = await studio.chat.wait_for_message(group.id, lambda message: message.force_reply)
    await studio.chat.send(bob.id, group.id, "/imagine")
    for_bob = await studio.chat.wait_for_message(group.id, lambda message: message.force_reply)
    await studio.say("Alice", "/imagine")
    await studio.answer("Alice")
    await studio.chat.send(alice.id, group.id, "a hare", reply_to=for_alice)
    panel = await studio.chat.wait_for_message(group.id, offers("✨ Generate"))
    assert "a hare" in panel.text
    await studio.chat.send(bob.id, group.id, "a wolf", reply_to=for_bob)
    bobs = await studio.chat.wait_for_message(group.id, offers("✨ Generate"))
    assert "a wolf" in bobs.text
    await studio.chat.press(bob.id, panel, "✨ Generate")
    refused = await studio.chat.wait_for(lambda event: event.type == "answer" and bool(event.text))
    assert "somebody else" in str(refused.text)
    await studio.chat.press(bob.id, bobs, "✨ Generate")
    await studio.chat.wait_for_message(group.id, has_result)
    await studio.say("Alice", "a fox")
    mine = await studio.answer("Alice", offers("✨ Generate"))
    assert "a fox" in mine.text
    assert [order["prompt"] for order in studio.orders()] == ["a wolf"]


async def test_it_speaks_chinese_to_those_who_do(studio: Studio) -> None:
    await studio.say("小明", "/imagine")
    question = await studio.answer("小明")
    assert "想画什么" in question.text
    await studio.say("小明", "雪中的狐狸")
    panel = await studio.answer("小明", offers("✨ 开始生成"))
    await studio.press("小明", panel, "✨ 开始生成")
    await studio.answer("小明", has_result)


async def _press(studio: Studio, message: ChatMessage, begins: str, *, exactly: bool = False) -> None:
    button = next(
        held for held in message.buttons if (held.text == begins if exactly else held.text.startswith(begins))
    )
    await studio.press("Alice", message, button.text)
