import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.links import Links
from bot.media.offers import of_task
from bot.media.shelf import Shelf

LINKS = Links("http://bot.example", b"k" * 32)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "media", LINKS)


def _names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "media").iterdir())


async def test_a_picture_lies_where_its_name_says(shelf: Shelf) -> None:
    name = await shelf.put("t17", 0, b"picture", "jpg")
    assert name == "t17-0.jpg"
    path = shelf.path(name)
    assert path is not None
    assert path.read_bytes() == b"picture"


async def test_its_link_is_signed(shelf: Shelf) -> None:
    url = shelf.link("t17-0.jpg", time.time() + 60)
    assert url.startswith("http://bot.example/media/")
    assert LINKS.verify(url.rpartition("/")[2]) == "t17-0.jpg"


async def test_putting_again_replaces_whole_files(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("t17", 0, b"a longer picture", "png")
    await shelf.put("t17", 0, b"short", "png")
    assert (tmp_path / "media" / "t17-0.png").read_bytes() == b"short"
    assert _names(tmp_path) == ["t17-0.png"]


async def test_a_failed_write_leaves_nothing(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Path, _target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        await shelf.put("t17", 0, b"picture", "jpg")
    assert _names(tmp_path) == []


@pytest.mark.parametrize(("index", "extension"), [(0, "exe"), (0, "jpg/../../x"), (-1, "jpg")])
async def test_only_plain_names_are_written(shelf: Shelf, index: int, extension: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await shelf.put("t17", index, b"picture", extension)


@pytest.mark.parametrize(
    "name",
    [
        "../t17-0.jpg",
        "/etc/passwd",
        "t17-0.jpg/..",
        "t17-0.jpg\n",
        "",
        "..",
        "t17-0.svg",
        "t１-0.jpg",
        "17-0.jpg",
        "x17-0.jpg",
    ],
)
def test_only_plain_names_have_a_path(shelf: Shelf, name: str) -> None:
    assert shelf.path(name) is None


@settings(deadline=None)
@given(name=st.text(max_size=40))
def test_no_name_leads_out_of_the_directory(name: str) -> None:
    path = Shelf(Path("/shelf"), LINKS).path(name)
    assert path is None or path.resolve().parent == Path("/shelf")


async def test_pictures_vanish_with_their_holder(shelf: Shelf, tmp_path: Path) -> None:
    for holder, index in (("t1", 0), ("t1", 1), ("t11", 0), ("d1", 999)):
        await shelf.put(holder, index, b"picture", "jpg")
    (tmp_path / "media" / "t1-notes.txt").write_text("not the shelf's")
    await shelf.remove(of_task(1))
    await shelf.remove(of_task(1))
    assert _names(tmp_path) == ["d1-999.jpg", "t1-notes.txt", "t11-0.jpg"]


async def test_what_was_left_over_is_swept(shelf: Shelf, tmp_path: Path) -> None:
    for holder in ("t1", "d2"):
        await shelf.put(holder, 0, b"picture", "jpg")
    directory = tmp_path / "media"
    for name in ("unfinished.part", "notes.txt"):
        (directory / name).touch()
    for name in ("t1-0.jpg", "unfinished.part", "notes.txt"):
        os.utime(directory / name, (1000, 1000))
    assert await shelf.sweep(older_than=2000, spared={"t1", "d"}) == 1
    assert await shelf.sweep(older_than=2000) == 1
    assert _names(tmp_path) == ["d2-0.jpg", "notes.txt"]


async def test_an_empty_shelf_needs_no_directory(shelf: Shelf) -> None:
    await shelf.remove("t1")
    assert await shelf.sweep(older_than=2000) == 0
