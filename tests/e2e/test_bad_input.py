"""Files that are not what they say: each gets a clear sentence, costs nothing, and little memory."""

import io
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.studio import Studio, has_result

MEMORY = 300 * 2**20


def broken_jpeg() -> bytes:
    picture = Image.effect_noise((1200, 900), 60).convert("RGB")
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return data.getvalue()[: len(data.getvalue()) // 2]


def giant_png_header() -> bytes:
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


FILES = [
    ("broken.jpg", broken_jpeg(), "broken"),
    ("giant.png", giant_png_header(), "too many pixels"),
    ("large.jpg", b"\xff\xd8\xff\xe0" + bytes(25 * 2**20), "20 MB"),
    ("letter.jpg", b"%PDF-1.7\n" + bytes(5000), "PDF"),
]


@pytest.mark.parametrize(("name", "data", "said"), FILES, ids=[name for name, _, _ in FILES])
async def test_a_bad_file_gets_a_sentence(studio: Studio, name: str, data: bytes, said: str) -> None:
    await studio.say("Alice", "/imagine like this", files=[(name, data)], media="document")
    answer = await studio.answer("Alice", lambda message: bool(message.text))
    assert said in answer.text
    assert studio.orders() == []
    # The allowance is whole again and the bot goes on.
    await studio.say("Alice", "/imagine a fox --size 640x640")
    await studio.answer("Alice", has_result)
    assert _most_memory(studio) < MEMORY


async def test_all_of_them_at_once_and_a_real_photo(studio: Studio) -> None:
    for name, data, _ in FILES:
        await studio.say("Alice", "/imagine like this", files=[(name, data)], media="document")
    picture = Image.effect_noise((6000, 4000), 30).convert("RGB")
    photo = io.BytesIO()
    picture.save(photo, "JPEG", quality=60)
    await studio.say("Alice", "/imagine like this", files=[("IMG_2.jpg", photo.getvalue())], media="document")
    await studio.answer("Alice", has_result)
    assert _most_memory(studio) < MEMORY


def _most_memory(studio: Studio) -> int:
    """The most resident memory that the bot's process ever had, in bytes."""
    assert studio.bot.process is not None
    status = Path(f"/proc/{studio.bot.process.pid}/status")
    if not status.exists():  # only Linux keeps the peak; elsewhere what it has now must do
        now = subprocess.check_output(["ps", "-o", "rss=", "-p", str(studio.bot.process.pid)])  # noqa: S607
        return int(now) * 1024
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024
