"""How much memory a large photo takes, measured in a process of its own: Pillow's is outside Python's bookkeeping."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ImageDraw

from tests.media.masks.photographs import as_jpeg, decoded, scaled_down, through_telegram

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux' /proc")

_MEASURE = """
import pathlib, re, sys, time
from bot.media.masks.painted import from_painted
from PIL import Image
Image.init()

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) // 1024

original, painted = (pathlib.Path(name).read_bytes() for name in sys.argv[1:])
before, started = peak(), time.process_time()
mask = from_painted(original, painted)
print(*mask.size, peak() - before, time.process_time() - started)
"""


def test_a_large_photo_takes_little_memory(tmp_path: Path) -> None:
    photo = decoded(through_telegram("coffee")).resize((6000, 4000))
    painted = scaled_down(photo, 1280)
    ImageDraw.Draw(painted).ellipse((300, 200, 700, 500), fill="#ff3b30")
    for name, data in (("original", as_jpeg(photo, 90)), ("painted", as_jpeg(painted, 80))):
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-c", _MEASURE, str(tmp_path / "original"), str(tmp_path / "painted")]
    run = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)
    assert run.returncode == 0, run.stderr
    width, height, grown, seconds = run.stdout.split()
    assert (width, height) == ("6000", "4000")
    assert int(grown) < 150
    assert float(seconds) < 10  # far over what it takes; a machine that tests may be busy
