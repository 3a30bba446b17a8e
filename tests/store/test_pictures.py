from collections.abc import Callable
from dataclasses import replace

from bot.store import pictures, tasks
from bot.store.engine import Store
from bot.store.task import NewTask, Picture


async def test_written_listed_and_delivered(store: Store, new_task: Callable[..., NewTask]) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        brought = [
            Picture(task_id=task.id, index=0, seed=99_999_998, small_url="s", raw_url="r"),
            Picture(task_id=task.id, index=1, error_code="Sensitive"),
        ]
        await pictures.put(conn, brought[::-1])
        await pictures.put(conn, [])
        assert await pictures.of_task(conn, task.id) == brought
        await pictures.set_delivered(conn, task.id, 0, message_id=5, preview_id=4, photo_id="photo")
        await pictures.set_delivered(conn, task.id, 0, document_id="file")
        delivered = replace(brought[0], message_id=5, preview_id=4, photo_id="photo", document_id="file")
        assert await pictures.get(conn, task.id, 0) == delivered
        assert await pictures.get(conn, task.id, 1) == brought[1]
        assert await pictures.get(conn, task.id, 2) is None


async def test_written_again_it_stays_as_delivered(store: Store, new_task: Callable[..., NewTask]) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        await pictures.put(conn, [Picture(task_id=task.id, index=0, raw_url="expired")])
        await pictures.set_delivered(conn, task.id, 0, message_id=5, preview_id=4, photo_id="photo")
        await pictures.put(conn, [Picture(task_id=task.id, index=0, raw_url="fresh")])
        kept = Picture(task_id=task.id, index=0, raw_url="fresh", message_id=5, preview_id=4, photo_id="photo")
        assert await pictures.of_task(conn, task.id) == [kept]
