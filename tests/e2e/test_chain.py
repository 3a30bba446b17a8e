"""From one result to the next by buttons alone; the same buttons after a restart; the way back in /history."""

from tests.e2e.families import follow, offers, press
from tests.e2e.studio import Studio, has_result


async def test_six_in_a_row_by_buttons(studio: Studio) -> None:
    await studio.say("Alice", "/imagine a fox in the snow --size 640x640")
    drawn = await studio.answer("Alice", has_result)
    larger = await follow(studio, drawn, "🔍 Upscale")
    await press(studio, larger, "🧽 Erase")
    await press(studio, await studio.answer("Alice", offers("🔢")), "🔢")
    await press(studio, await studio.answer("Alice", offers("4")), "4")
    await press(studio, await studio.answer("Alice", offers("✓ 4", "Done")), "Done")
    check = await studio.answer("Alice", offers("✅ Use it"))
    erased = await follow(studio, check, "✅ Use it", "✨ Generate")
    await studio.bot.stop()
    await studio.bot.start()
    wider = await follow(studio, erased, "↔️ Expand", "✨ Generate")
    await press(studio, wider, "🖌 Stylize")
    styles = await studio.answer("Alice", offers("Cancel"))
    styled = await follow(studio, styles, styles.buttons[0].text, "✨ Generate")
    await press(studio, styled, "✂️ Cut out")
    cutout = await studio.answer("Alice", has_result)
    assert cutout.document is not None
    families = [task.family for task in studio.vendor.tasks.all()]
    assert families == ["imgenstd", "sup_res", "erase", "outpaint", "stylization", "split"]
    await studio.say("Alice", "/history")
    listed = await studio.answer("Alice", lambda message: "Your pictures" in message.text)
    assert listed.text.count("↳ from") == 5
