"""The message that shows a dialog is text or a picture; the two do not become each other."""

import pytest

from bot.sandbox.telegram.people.shown import ChatMessage
from bot.store import dialogs as rows
from bot.store.dialogs import Dialog, NewDialog
from bot.telegram import panels
from tests.conversations.inventions import register
from tests.telegram.stage import Stage, data_of, labels

GROUP = "Picture friends"
SHOWN = ("sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "editMessageMedia", "deleteMessages")


@pytest.fixture(autouse=True)
def _more_capabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


async def dialog_of(stage: Stage, who: str = "Alice", chat: str | None = None) -> Dialog:
    found = await stage.dialog(who, chat)
    assert found is not None
    return found


async def show(stage: Stage, found: int, chat: str = "Alice", *, lang: str = "en") -> ChatMessage:
    """Open a dialog at a screen with a picture."""
    place = stage.chat(chat)
    place.started = True
    async with stage.store.write() as conn:
        dialog, _ = await rows.put(
            conn,
            NewDialog(
                chat_id=place.id,
                owner_id=stage.person("Alice").id,
                capability="find",
                lang="en",
                answers={"photo": {"file": "x"}, "words": "a fox", "all": False, "found": found},
                screen="ask-found",
                created_at=stage.now,
                expires_at=stage.now + 60,
            ),
        )
    await panels.show(stage.parts.services, stage.bot, dialog, anew=True)
    return stage.shown(place)[-1]


def since(stage: Stage, before: int) -> list[str]:
    return [call["method"] for call in stage.calls(*SHOWN)[before:]]


async def test_a_picture_has_its_words_and_buttons_below(stage: Stage) -> None:
    shown = await show(stage, 4)
    assert shown.photo is not None
    assert (shown.photo.width, shown.caption) == (204, "There are 4.")
    assert labels(shown) == ["One more", "Look again", "In words", "Cancel"]
    dialog = await dialog_of(stage)
    assert (dialog.message_id, dialog.picture, dialog.shown) == (shown.message_id, "found-2", dialog.version)


async def test_text_does_not_become_a_picture_nor_back(stage: Stage) -> None:
    picture = await show(stage, 4)
    before = len(stage.calls(*SHOWN))
    assert await stage.press("Alice", picture, data_of(picture, "In words")) == ""
    [words] = stage.shown(stage.chat("Alice"))
    assert words.photo is None
    assert "Found" in labels(words)
    assert sorted(since(stage, before)) == ["deleteMessages", "sendMessage"]
    assert (await dialog_of(stage)).picture is None
    before = len(stage.calls(*SHOWN))
    assert await stage.press("Alice", words, data_of(words, "Found")) == ""
    [again] = stage.shown(stage.chat("Alice"))
    assert again.photo is not None
    assert sorted(since(stage, before)) == ["deleteMessages", "sendPhoto"]
    dialog = await dialog_of(stage)
    assert (dialog.message_id, dialog.picture) == (again.message_id, "found-2")


async def test_the_same_picture_is_not_sent_again(stage: Stage) -> None:
    picture = await show(stage, 4)
    before = len(stage.calls(*SHOWN))
    assert await stage.press("Alice", picture, data_of(picture, "One more")) == ""
    [same] = stage.shown(stage.chat("Alice"))
    assert since(stage, before) == ["editMessageCaption"]
    assert (same.message_id, same.photo, same.caption) == (picture.message_id, picture.photo, "There are 5.")
    assert labels(same) == labels(picture)


async def test_another_picture_takes_its_place(stage: Stage) -> None:
    picture = await show(stage, 5)
    before = len(stage.calls(*SHOWN))
    assert await stage.press("Alice", picture, data_of(picture, "One more")) == ""
    [other] = stage.shown(stage.chat("Alice"))
    assert since(stage, before) == ["editMessageMedia"]
    assert other.photo is not None
    assert (other.message_id, other.photo.width, other.caption) == (picture.message_id, 206, "There are 6.")
    assert labels(other) == labels(picture)
    assert (await dialog_of(stage)).picture == "found-3"


@pytest.mark.parametrize(("found", "method"), [(4, "editMessageCaption"), (5, "editMessageMedia")])
class TestAnEdit:
    async def test_that_changes_nothing_is_fine(self, stage: Stage, found: int, method: str) -> None:
        picture = await show(stage, found)
        stage.refuse(method, 400, "Bad Request: message is not modified")
        assert await stage.press("Alice", picture, data_of(picture, "One more")) == ""
        assert [shown.message_id for shown in stage.shown(stage.chat("Alice"))] == [picture.message_id]
        dialog = await dialog_of(stage)
        assert dialog.shown == dialog.version

    async def test_of_a_message_that_is_gone_is_a_new_one(self, stage: Stage, found: int, method: str) -> None:
        picture = await show(stage, found)
        stage.chat("Alice").messages.clear()
        assert await stage.press("Alice", picture, data_of(picture, "One more"), gone=True) == ""
        [anew] = stage.shown(stage.chat("Alice"))
        assert method in since(stage, 0)
        assert anew.photo is not None
        assert anew.caption == f"There are {found + 1}."
        assert (await dialog_of(stage)).message_id == anew.message_id


async def test_in_a_group_a_picture_keeps_its_buttons(stage: Stage) -> None:
    assert labels(await show(stage, 4, GROUP)) == ["One more", "Look again", "In words", "Cancel"]


async def test_a_dialog_with_a_picture_that_is_ordered_goes(stage: Stage) -> None:
    """A picture cannot become the words of the progress message."""
    picture = await show(stage, 4)
    dialog = await dialog_of(stage)
    assert await stage.press("Alice", picture, f"d:{dialog.id}:run") == ""
    [task] = await stage.tasks()
    assert task.status_message_id is None
    assert stage.shown(stage.chat("Alice")) == []


async def test_one_that_could_not_be_drawn_is_shown_by_the_next_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await show(stage, 4)
    async with stage.store.write() as conn:
        await rows.update(conn, await dialog_of(stage), screen="main")
    await panels.resume(stage.parts.services, stage.bot)
    [shown] = stage.shown(stage.chat("Alice"))
    assert shown.message_id != picture.message_id
    assert (shown.photo, (await dialog_of(stage)).picture) == (None, None)


class TestTwoChangesAtOnce:
    """Whichever comes through first: one message is left, and it shows the newer."""

    async def put(self, stage: Stage, screen: str) -> Dialog:
        dialog = await dialog_of(stage)
        async with stage.store.write() as conn:
            changed = await rows.update(conn, dialog, screen=screen)
        assert changed is not None
        return changed

    async def check(self, stage: Stage) -> None:
        [left] = stage.shown(stage.chat("Alice"))
        dialog = await dialog_of(stage)
        assert (dialog.message_id, dialog.shown, dialog.screen) == (left.message_id, dialog.version, "opt-all")
        assert "All" in left.text

    @pytest.mark.parametrize("anew", [False, True])
    async def test_the_older_one_arrives_last(self, stage: Stage, anew: object) -> None:
        await show(stage, 1)
        await panels.show(stage.parts.services, stage.bot, await self.put(stage, "more"), anew=False)
        older = await self.put(stage, "main")

        async def newer() -> None:
            dialog = await self.put(stage, "opt-all")
            await panels.show(stage.parts.services, stage.bot, dialog, anew=bool(anew))

        stage.wire.after["sendMessage" if anew else "editMessageText"] = newer
        await panels.show(stage.parts.services, stage.bot, older, anew=bool(anew))
        await self.check(stage)

    async def test_the_newer_one_arrives_last(self, stage: Stage) -> None:
        await show(stage, 1)
        older = await self.put(stage, "main")
        newer = await self.put(stage, "opt-all")

        async def before() -> None:
            await panels.show(stage.parts.services, stage.bot, older, anew=True)

        stage.wire.after["sendMessage"] = before
        await panels.show(stage.parts.services, stage.bot, newer, anew=True)
        await self.check(stage)

    async def test_what_was_sent_for_a_dialog_that_has_ended_goes(self, stage: Stage) -> None:
        await show(stage, 1)
        dialog = await self.put(stage, "main")

        async def cancelled() -> None:
            async with stage.store.write() as conn:
                await rows.remove(conn, dialog.id)

        stage.wire.after["sendMessage"] = cancelled
        await panels.show(stage.parts.services, stage.bot, dialog, anew=True)
        assert stage.shown(stage.chat("Alice")) == []
