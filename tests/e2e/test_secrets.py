"""No token, key or Telegram file link in any log line or in anything sent to the vendor."""

import io
import json

from PIL import Image

from bot.sandbox.telegram.cast import TOKEN
from bot.sandbox.vendor.vendor import ACCESS_KEY, SECRET_KEY
from tests.e2e.studio import Studio, has_result

SECRETS = (TOKEN, TOKEN.partition(":")[2], SECRET_KEY)


async def test_nothing_leaks(studio: Studio) -> None:
    photo = io.BytesIO()
    Image.effect_noise((800, 600), 40).convert("RGB").save(photo, "JPEG")
    [sent] = await studio.say("Alice", "", files=[photo.getvalue()])
    await studio.say("Alice", "/imagine like this", reply_to=sent)
    await studio.answer("Alice", has_result)
    # Failures write the most: both sides fail once, in every way that leaves a trace.
    await studio.fault(on="imgen", status=502, body="<html>")
    await studio.chat.act("faults", method="getFile", times=1, drop="before")
    await studio.say("Alice", "/imagine once more", reply_to=sent)
    await studio.answer("Alice", lambda message: bool(message.keyboard))
    await studio.bot.stop()
    await studio.bot.start()
    log = "".join(studio.bot.log)
    assert "task_ordered" in log  # the log is really there
    for secret in (*SECRETS, ACCESS_KEY):
        assert secret not in log
    assert "/file/bot" not in log
    sent_to_vendor = json.dumps(list(studio.vendor.journal.last), default=str)
    assert "like this" in sent_to_vendor
    for secret in SECRETS:
        assert secret not in sent_to_vendor
    assert "/file/bot" not in sent_to_vendor
    assert studio.telegram_address not in sent_to_vendor
