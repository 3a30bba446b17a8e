import asyncio
from dataclasses import asdict, replace
from typing import Any

from bot.store import dialogs
from bot.store.dialogs import NewDialog
from bot.store.engine import Store


def _new(**fields: Any) -> NewDialog:
    usual = {"chat_id": 70, "owner_id": 7, "capability": "imagine", "lang": "en", "answers": {}, "screen": "panel"}
    return NewDialog(**{**usual, "created_at": 100.0, "expires_at": 200.0, **fields})


async def test_found_at_its_place_until_it_expires(store: Store) -> None:
    async with store.write() as conn:
        new = _new(thread_id=3, answers={"prompt": "狐"}, origin_id=9)
        dialog, replaced = await dialogs.put(conn, new)
        assert replaced is None
        assert asdict(new).items() <= asdict(dialog).items()
        assert await dialogs.get(conn, 70, 3, 7, 199.0) == dialog
        assert await dialogs.by_id(conn, dialog.id, 199.0) == dialog
        assert await dialogs.get(conn, 70, 3, 7, 200.0) is None
        assert await dialogs.by_id(conn, dialog.id, 200.0) is None
        for chat_id, thread_id, owner_id in ((71, 3, 7), (70, None, 7), (70, 3, 8)):
            assert await dialogs.get(conn, chat_id, thread_id, owner_id, 199.0) is None


async def test_a_new_one_replaces_the_old_under_another_id(store: Store) -> None:
    async with store.write() as conn:
        old, _ = await dialogs.put(conn, _new())
        new, replaced = await dialogs.put(conn, _new(capability="erase"))
        assert replaced == old
        assert new.id > old.id
        assert await dialogs.get(conn, 70, None, 7, 150.0) == new
        assert await dialogs.remove(conn, new.id)
        assert not await dialogs.remove(conn, new.id)
        third, nothing = await dialogs.put(conn, _new())
        assert nothing is None
        assert third.id > new.id  # an id is never given again


async def test_begun_at_once_one_remains(store: Store) -> None:
    async def begin(number: int) -> tuple[int, int | None]:
        async with store.write() as conn:
            new, old = await dialogs.put(conn, _new(origin_id=number))
        return new.id, None if old is None else old.id

    begun = await asyncio.gather(*(begin(number) for number in range(4)))
    async with store.read() as conn:
        last = await dialogs.get(conn, 70, 0, 7, 150.0)
    assert last is not None
    assert {new for new, _ in begun} == {old for _, old in begun if old is not None} | {last.id}


async def test_a_change_waits_to_be_shown(store: Store) -> None:
    async with store.write() as conn:
        first, _ = await dialogs.put(conn, _new())
        assert await dialogs.unshown(conn, 150.0, 10) == [first]
        assert await dialogs.unshown(conn, 200.0, 10) == []
        second = await dialogs.update(conn, first, answers={"n": 4}, screen="size")
        assert second == replace(first, answers={"n": 4}, screen="size", version=2)
        assert await dialogs.mark_shown(conn, first, 55)  # shown too late: the second version still waits
        assert [dialog.version for dialog in await dialogs.unshown(conn, 150.0, 10)] == [2]
        assert await dialogs.mark_shown(conn, second, 55) == replace(second, shown=1, message_id=55)
        assert await dialogs.unshown(conn, 150.0, 10) == []
        assert await dialogs.mark_shown(conn, first, 56) == replace(second, shown=2, message_id=55)  # which stays
        assert await dialogs.by_id(conn, first.id, 150.0) == replace(second, shown=2, message_id=55)


async def test_which_picture_is_shown_is_known_with_the_message(store: Store) -> None:
    async with store.write() as conn:
        first, _ = await dialogs.put(conn, _new())
        assert first.picture is None
        assert await dialogs.mark_shown(conn, first, 55, "k" * 64)
        shown = await dialogs.by_id(conn, first.id, 150.0)
        assert shown == replace(first, shown=1, message_id=55, picture="k" * 64)
        assert await dialogs.mark_shown(conn, shown, 56)  # text takes its place
        assert await dialogs.by_id(conn, first.id, 150.0) == replace(shown, message_id=56, picture=None)


async def test_a_change_of_what_was_changed_meanwhile_is_refused(store: Store) -> None:
    async with store.write() as conn:
        first, _ = await dialogs.put(conn, _new())
        second = await dialogs.update(conn, first, screen="size")
        assert await dialogs.update(conn, first, screen="late") is None
        assert await dialogs.by_id(conn, first.id, 150.0) == second
        await dialogs.remove(conn, first.id)
        assert await dialogs.update(conn, first, screen="gone") is None
        assert await dialogs.mark_shown(conn, first, 55) is None


async def test_lists_what_has_expired(store: Store) -> None:
    async with store.write() as conn:
        made = [(await dialogs.put(conn, _new(owner_id=at, expires_at=float(at))))[0] for at in (30, 10, 20)]
        assert await dialogs.expired(conn, 20.0, 10) == [made[1], made[2]]
        assert await dialogs.expired(conn, 20.0, 1) == [made[1]]
