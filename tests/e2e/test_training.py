"""A LoRA of one's own, from the photos to a picture made with it."""

from tests.e2e.families import follow, offers, photo, press
from tests.e2e.studio import Studio, has_result

NAME = "my neighbour"


def photos(count: int) -> list[bytes]:
    return [photo(600 + 8 * place, 640) for place in range(count)]


async def test_photos_are_collected_a_lora_is_trained_and_tried(studio: Studio) -> None:
    await studio.say("Alice", "/train")
    await studio.answer("Alice", lambda message: "pictures to learn from" in message.text)
    await studio.say("Alice", "", files=photos(4))
    await studio.answer("Alice", lambda message: "4 pictures" in message.words)
    await studio.say("Alice", "", files=[*photos(1), photo(700, 700)])
    enough = await studio.answer("Alice", lambda message: "5 pictures" in message.words and offers("✅ Done")(message))
    assert "was there already" in enough.words
    await press(studio, enough, "👁 Look through")
    shown = await studio.answer("Alice", lambda message: message.photo is not None)
    await press(studio, shown, "« Back")
    await press(studio, await studio.answer("Alice", offers("✅ Done")), "✅ Done")
    await studio.answer("Alice", lambda message: "What shall it be called" in message.text)
    await studio.say("Alice", NAME)
    await press(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    ready = await studio.answer("Alice", offers("✨ Try it now"))
    assert NAME in ready.text
    await studio.bot.stop()
    await studio.bot.start()
    await press(studio, ready, "✨ Try it now")
    await studio.answer("Alice", lambda message: "What shall I draw" in message.text)
    await studio.say("Alice", "my neighbour in a garden")
    await follow(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    train, imagine = studio.vendor.tasks.all()
    assert len(train.body["images"]) == 5
    assert len(imagine.body["lora_configs"]) == 1
    # It is Alice's alone.
    await studio.say("Bob", f'/imagine a fox --lora "{NAME}"')
    await studio.answer("Bob", lambda message: "there is no" in message.text)
    await studio.say("Alice", f'/imagine a fox --lora "{NAME}"')
    await studio.answer("Alice", has_result)


async def test_a_waiting_training_is_cancelled_and_a_running_one_is_not(studio: Studio) -> None:
    studio.vendor.task_seconds = 20
    await studio.say("Alice", f"/train {NAME} --style", files=photos(5))
    enough = await studio.answer("Alice", lambda message: "5 pictures" in message.words and offers("✅ Done")(message))
    await press(studio, enough, "✅ Done")
    await press(studio, await studio.answer("Alice", offers("✨ Generate")), "✨ Generate")
    await press(studio, await studio.answer("Alice", offers("Cancel")), "Cancel")
    await studio.answer("Alice", lambda message: "Cancelled" in message.text)
    [task] = studio.vendor.tasks.all()
    assert task.family == "lora"
