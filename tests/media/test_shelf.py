import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "media")


def _names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "media").iterdir())


async def test_a_picture_lies_where_its_name_says(shelf: Shelf) -> None:
    name = await shelf.put(17, 0, b"picture", "jpg")
    assert name == "17-0.jpg"
    path = shelf.path(name)
    assert path is not None
    assert path.read_bytes() == b"picture"


async def test_putting_again_replaces_whole_files(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put(17, 0, b"a longer picture", "png")
    await shelf.put(17, 0, b"short", "png")
    assert (tmp_path / "media" / "17-0.png").read_bytes() == b"short"
    assert _names(tmp_path) == ["17-0.png"]


async def test_a_failed_write_leaves_nothing(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Path, _target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        await shelf.put(17, 0, b"picture", "jpg")
    assert _names(tmp_path) == []


@pytest.mark.parametrize(("index", "extension"), [(0, "exe"), (0, "jpg/../../x"), (-1, "jpg")])
async def test_only_plain_names_are_written(shelf: Shelf, index: int, extension: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await shelf.put(17, index, b"picture", extension)


@pytest.mark.parametrize(
    "name", ["../17-0.jpg", "/etc/passwd", "17-0.jpg/..", "17-0.jpg\n", "", "..", "17-0.svg", "１-0.jpg"]
)
def test_only_plain_names_have_a_path(shelf: Shelf, name: str) -> None:
    assert shelf.path(name) is None


@settings(deadline=None)
@given(name=st.text(max_size=40))
def test_no_name_leads_out_of_the_directory(name: str) -> None:
    path = Shelf(Path("/shelf")).path(name)
    assert path is None or path.resolve().parent == Path("/shelf")


async def test_pictures_vanish_with_their_task(shelf: Shelf, tmp_path: Path) -> None:
    for task_id, index in ((1, 0), (1, 1), (11, 0)):
        await shelf.put(task_id, index, b"picture", "jpg")
    (tmp_path / "media" / "1-notes.txt").write_text("not the shelf's")
    await shelf.remove(1)
    await shelf.remove(1)
    assert _names(tmp_path) == ["1-notes.txt", "11-0.jpg"]


async def test_what_was_left_over_is_swept(shelf: Shelf, tmp_path: Path) -> None:
    for task_id in (1, 2):
        await shelf.put(task_id, 0, b"picture", "jpg")
    directory = tmp_path / "media"
    for name in ("unfinished.part", "notes.txt"):
        (directory / name).touch()
    for name in ("1-0.jpg", "unfinished.part", "notes.txt"):
        os.utime(directory / name, (1000, 1000))
    assert await shelf.sweep(older_than=2000) == 2
    assert _names(tmp_path) == ["2-0.jpg", "notes.txt"]


async def test_an_empty_shelf_needs_no_directory(shelf: Shelf) -> None:
    await shelf.remove(1)
    assert await shelf.sweep(older_than=2000) == 0
