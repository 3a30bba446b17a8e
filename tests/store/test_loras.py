from collections.abc import Callable
from typing import Any

from bot.store import loras, tasks
from bot.store.engine import Store
from bot.store.loras import Lora
from bot.store.task import NewTask, State

MINE, YOURS, ME, YOU, GROUP, OTHER_GROUP = "lora-mine", "lora-yours", 7, 8, -70, -71


def lora(lora_id: str, owner_id: int, **fields: Any) -> Lora:
    usual = {"name": "我的猫", "base_model_type": "mini1.5", "trigger_words": "mycat", "created_at": 5.0}
    return Lora(**{"id": lora_id, "owner_id": owner_id, "task_id": None, **usual, **fields})


async def prepare(store: Store) -> None:
    async with store.write() as conn:
        await loras.insert(conn, lora(MINE, ME))
        await loras.insert(conn, lora(YOURS, YOU))


async def seen(store: Store, owner_id: int, chat_id: int) -> set[str]:
    """Say who sees what; the rest is hidden."""
    async with store.read() as conn:
        shown = {one.id for one in await loras.seen_by(conn, owner_id, chat_id)}
        hidden = await loras.hidden_from(conn, owner_id, chat_id)
    assert shown | hidden == {MINE, YOURS}
    assert not shown & hidden
    return shown


async def test_it_is_its_owners_alone(store: Store) -> None:
    await prepare(store)
    assert await seen(store, ME, ME) == await seen(store, ME, GROUP) == {MINE}
    assert await seen(store, YOU, GROUP) == {YOURS}
    assert await seen(store, 9, GROUP) == await seen(store, 0, 0) == set()


async def test_it_is_seen_where_it_is_shared(store: Store) -> None:
    await prepare(store)
    async with store.write() as conn:
        await loras.share(conn, MINE, GROUP)
        await loras.share(conn, MINE, GROUP)  # pressed twice
        assert await loras.shared_with(conn, MINE) == {GROUP}
        assert await loras.shared_with(conn, YOURS) == frozenset()
    assert await seen(store, YOU, GROUP) == {MINE, YOURS}
    assert await seen(store, 9, GROUP) == {MINE}
    assert await seen(store, 9, OTHER_GROUP) == set()
    async with store.write() as conn:
        await loras.unshare(conn, MINE, GROUP)
    assert await seen(store, YOU, GROUP) == {YOURS}


async def test_the_newest_comes_first(store: Store) -> None:
    async with store.write() as conn:
        for number, created_at in enumerate((5.0, 9.0, 7.0)):
            await loras.insert(conn, lora(f"lora-{number}", ME, created_at=created_at))
        assert [one.id for one in await loras.seen_by(conn, ME, ME)] == ["lora-1", "lora-2", "lora-0"]


async def test_it_is_found_by_its_task_and_written_once(store: Store, new_task: Callable[..., NewTask]) -> None:
    async with store.write() as conn:
        task = await tasks.insert(conn, new_task())
        await loras.insert(conn, lora(MINE, ME, task_id=task.id))
        await loras.insert(conn, lora(MINE, YOU, name="stolen"))
        assert await loras.of_task(conn, task.id) == lora(MINE, ME, task_id=task.id)
        assert await loras.of_task(conn, task.id + 1) is None


async def test_shares_follow_a_group_that_becomes_a_supergroup(store: Store) -> None:
    await prepare(store)
    async with store.write() as conn:
        await loras.share(conn, MINE, GROUP)
        await loras.share(conn, YOURS, GROUP)
        await loras.share(conn, YOURS, OTHER_GROUP)
        await tasks.move_chat(conn, GROUP, OTHER_GROUP)
        assert await loras.shared_with(conn, MINE) == await loras.shared_with(conn, YOURS) == {OTHER_GROUP}


async def test_what_is_trained_is_known_by_its_name_until_it_has_a_row(
    store: Store, new_task: Callable[..., NewTask]
) -> None:
    request = {"name": "我的猫", "trigger": "mycat", "base": {"type": "mini1.5"}}
    digest = loras.digest_of("我的猫")
    async with store.write() as conn:
        task = await tasks.insert(
            conn, new_task(capability=loras.TRAINING, owner_id=ME, request=request, state=State.RUNNING)
        )
        assert await loras.awaited_by_others(conn, YOU) == {digest}
        assert await loras.awaited_by_others(conn, ME) == frozenset()
        await tasks.update(conn, task, request=loras.nameless(loras.nameless(request)))
        assert await loras.awaited_by_others(conn, YOU) == {digest}
        await loras.insert(conn, lora(MINE, ME, task_id=task.id))
        assert await loras.awaited_by_others(conn, YOU) == frozenset()
