"""How much memory a picture takes, measured in a process of its own: Pillow's is outside Python's bookkeeping."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux' /proc")

_MEASURE = """
import re, sys
from bot.errors import BadPicture
from bot.media.encodings import ENCODINGS
from bot.media.fit import Bounds, fit
from PIL import Image
Image.init()

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024

pictures = [open(name, "rb").read() for name in sys.argv[1:]]
before = peak()
for picture in pictures:
    try:
        fit(picture, Bounds(256, 2000, 8_000_000, frozenset(ENCODINGS)))
        print("fitted", end=" ")
    except BadPicture:
        print("refused", end=" ")
print(peak() - before)
"""


def _measure(*pictures: Path) -> tuple[list[str], int]:
    """Return what became of each picture, and by how many MB the process grew at most."""
    command = [sys.executable, "-c", _MEASURE, *map(str, pictures)]
    run = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)
    assert run.returncode == 0, run.stderr
    *outcomes, grown = run.stdout.split()
    return outcomes, int(grown)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    side = 16_000  # 256 megapixels
    blank = zlib.compress(bytes(side // 8 + 1) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", blank) + _chunk(b"IEND", b"")
    still = io.BytesIO()
    Image.new("L", (256, 256)).save(still, "GIF")
    gif = bytearray(still.getvalue())
    gif[6:10] = struct.pack("<HH", side, side)
    bombs = {"bomb.png": png, "bomb.gif": bytes(gif)}
    for name, data in bombs.items():
        (tmp_path / name).write_bytes(data)
    outcomes, grown = _measure(*(tmp_path / name for name in bombs))
    assert outcomes == ["refused", "refused"]
    assert grown < 16


def test_a_large_jpeg_is_scaled_while_it_is_decoded(tmp_path: Path, photo: Callable[..., bytes]) -> None:
    large = tmp_path / "24 megapixels.jpg"
    large.write_bytes(photo(6000, 4000))
    outcomes, grown = _measure(large)
    assert outcomes == ["fitted"]
    assert grown < 6000 * 4000 * 4 / 1_048_576  # what Pillow takes for the whole
