"""The photo that most capabilities work from."""

from bot.capabilities.needs import PhotoNeed
from bot.locales.text import text

PHOTO = PhotoNeed(
    name="photo",
    label=text("🖼 Picture"),
    question=text("Send me the picture, as a photo or as a file."),
    hint=text("a picture"),
)
