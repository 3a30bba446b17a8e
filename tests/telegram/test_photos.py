from typing import Any

import pytest
from telegram import Message

from bot.errors import BadPicture
from bot.store import albums
from bot.telegram.photos import album_of, has_picture, source_of
from tests.telegram.stage import Stage, picture_bytes

LIMIT = 20_000_000


def message(**body: Any) -> Message:
    usual = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}
    return Message.de_json({**usual, **body}, None)


def photo(*names: str) -> list[dict[str, Any]]:
    return [
        {"file_id": name, "file_unique_id": name, "width": 90 * n, "height": 60 * n, "file_size": 900 * n}
        for n, name in enumerate(names, start=1)
    ]


def document(name: str = "doc", **more: Any) -> dict[str, Any]:
    return {"file_id": name, "file_unique_id": name, **more}


async def test_of_a_photos_sizes_the_largest_is_taken(stage: Stage) -> None:
    await stage.say("Alice", files={"a.jpg": picture_bytes(1500, 1000)})
    sent = stage.updates[-1].message
    assert sent is not None
    source = source_of(sent)
    assert source is not None
    assert max(sent.photo, key=lambda size: size.width).file_id == source["file"]
    assert len(sent.photo) > 1


def test_a_file_is_a_picture_by_its_kind() -> None:
    for kind in ("image/png", "image/heic", None, ""):
        assert source_of(message(document=document(mime_type=kind))) == {"file": "doc", "document": True}


@pytest.mark.parametrize("kind", ["application/pdf", "video/mp4", "text/html"])
def test_a_file_that_is_none_is_refused_by_name(kind: str) -> None:
    with pytest.raises(BadPicture) as refused:
        source_of(message(document=document(mime_type=kind)))
    assert kind in refused.value.sentence.html("en")
    assert "JPEG" in refused.value.sentence.html("zh_CN")


def test_what_bots_may_not_download_is_refused() -> None:
    assert source_of(message(document=document(mime_type="image/png", file_size=LIMIT))) is not None
    with pytest.raises(BadPicture, match="20 MB"):
        source_of(message(document=document(mime_type="image/png", file_size=LIMIT + 1)))


async def test_it_is_refused_without_a_download(stage: Stage) -> None:
    [answer] = await stage.say("Alice", "/imagine x", files={"a.png": bytes(LIMIT + 1)}, media="document")
    assert "20 MB" in answer.text
    assert stage.calls("getFile") == []
    assert await stage.tasks() == []


def test_only_a_messages_own_picture_is_its() -> None:
    replied = {"message_id": 2, "date": 1, "chat": {"id": 7, "type": "private"}, "photo": photo("s", "theirs")}
    assert source_of(message(text="/imagine x", reply_to_message=replied)) is None
    assert source_of(message(photo=photo("s", "mine"), reply_to_message=replied)) == {"file": "mine"}
    with pytest.raises(BadPicture):
        source_of(message(document=document(mime_type="text/html"), reply_to_message=replied))


async def test_of_an_album_all_are_meant_the_answered_one_first(stage: Stage) -> None:
    for number in (1, 2, 3):
        async with stage.store.write() as conn:
            await albums.add(conn, 7, "album", {"file": f"p{number}"}, owner_id=7, now=stage.now)
    second = message(photo=photo("p2"), media_group_id="album")
    assert await album_of(second, stage.store) == [{"file": "p2"}, {"file": "p1"}, {"file": "p3"}]
    # One of an album that nobody noted, or that came too late to be noted, is there all the same.
    assert await album_of(message(photo=photo("p9"), media_group_id="other"), stage.store) == [{"file": "p9"}]
    assert (await album_of(message(photo=photo("p9"), media_group_id="album"), stage.store))[0] == {"file": "p9"}
    assert await album_of(message(photo=photo("p9")), stage.store) == [{"file": "p9"}]
    assert await album_of(message(text="x"), stage.store) == []


def test_words_alone_have_no_picture() -> None:
    replied = {"message_id": 2, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "hello"}
    assert source_of(message(text="/imagine x")) is None
    assert source_of(message(text="/imagine x", reply_to_message=replied)) is None
    assert not has_picture(message(text="x", reply_to_message={**replied, "photo": photo("theirs")}))
    assert has_picture(message(photo=photo("mine")))
    assert has_picture(message(document=document()))
