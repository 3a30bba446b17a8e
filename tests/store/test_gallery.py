from collections.abc import Callable
from typing import Any

from bot.store import gallery, pictures, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, Picture, State, Task

Make = Callable[..., NewTask]


async def made(store: Store, new: NewTask, *photo_ids: str | None, **later: Any) -> Task:
    async with store.write() as conn:
        task = await tasks.insert(conn, new)
        await pictures.put(conn, [Picture(task_id=task.id, index=index) for index, _ in enumerate(photo_ids)])
        for index, photo_id in enumerate(photo_ids):
            await pictures.set_delivered(conn, task.id, index, photo_id=photo_id, document_id="file", **later)
    return task


async def shown(store: Store, *words: str, owner_id: int = 7, offset: int = 0, limit: int = 10) -> list[str]:
    async with store.read() as conn:
        return [one.photo_id for one in await gallery.photos(conn, owner_id, words, offset=offset, limit=limit)]


async def test_ones_own_photos_newest_first_from_every_chat(store: Store, new_task: Make) -> None:
    done = {"state": State.DELIVERED}
    await made(store, new_task(created_at=1.0, **done), "a", "b")
    await made(store, new_task(created_at=3.0, chat_id=-5, **done), "c", None)
    await made(store, new_task(created_at=2.0, owner_id=8, **done), "another's")
    await made(store, new_task(created_at=4.0, state=State.DELIVERING), "not yet")
    assert await shown(store) == ["c", "a", "b"]
    assert await shown(store, offset=1, limit=1) == ["a"]
    assert await shown(store, owner_id=9) == []


async def test_words_are_looked_for_in_the_prompt(store: Store, new_task: Make) -> None:
    for photo_id, request in {
        "fox": {"prompt": "A red Fox in 100% snow"},
        "owl": {"prompt": "an owl", "negative": "fox"},
        "猫": {"prompt": "雪地里的猫"},
        "none": {"ratio": 2},
    }.items():
        await made(store, new_task(state=State.DELIVERED, request=request), photo_id)
    assert await shown(store, "fox", "RED") == ["fox"]
    assert await shown(store, "fox", "owl") == []
    assert await shown(store, "的猫") == ["猫"]
    assert await shown(store, "0%") == ["fox"]
    assert await shown(store, "%") == ["fox"]
    assert await shown(store, "_") == []


async def test_the_task_that_a_message_shows(store: Store, new_task: Make) -> None:
    first = await made(store, new_task(), "a", message_id=11, preview_id=12)
    await made(store, new_task(chat_id=71), "b", message_id=11)
    async with store.write() as conn:
        await tasks.note(conn, first.id, buttons_message_id=13)
        found = [await gallery.shown_in(conn, 70, message_id) for message_id in (11, 12, 13, 14)]
    assert [task and task.id for task in found] == [first.id, first.id, first.id, None]


async def test_the_supergroups_messages_show_nothing_of_the_group_that_it_was(store: Store, new_task: Make) -> None:
    await made(store, new_task(chat_id=-1), "a", message_id=11, preview_id=12)
    async with store.write() as conn:
        await tasks.move_chat(conn, -1, -2)
        assert [await gallery.shown_in(conn, -2, message_id) for message_id in (11, 12)] == [None, None]
