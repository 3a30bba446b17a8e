from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import chat_log, chats, forgetting, loras, people, pictures, tasks
from bot.store.chat_log import Entry
from bot.store.engine import Store
from bot.store.loras import Lora
from bot.store.tables import loras as lora_rows
from bot.store.tables import metadata
from bot.store.tables import people as people_rows
from bot.store.tables import tasks as task_rows
from bot.store.task import NewTask, Picture, State, Task

Make = Callable[..., NewTask]

PERSON, OTHER, GROUP = 5_123_456_789, 5_987_654_321, -4_000_000_101
TODAY, YESTERDAY = "2024-05-03", "2024-05-02"

# What is left of a person. The other columns of these rows do not name anybody.
STAYS = {("allowances", TODAY), ("group_allowances", TODAY)}


async def fill(conn: AsyncConnection, new_task: Make, person_id: int) -> None:
    """Put a person into every table that knows people."""
    task = await tasks.insert(
        conn, new_task(owner_id=person_id, chat_id=person_id, state=State.DELIVERED, order_key=f"a{person_id}")
    )
    await tasks.insert(conn, new_task(owner_id=person_id, chat_id=GROUP, order_key=f"b{person_id}", parent_id=task.id))
    await pictures.put(conn, [Picture(task_id=task.id, index=0, raw_url=f"http://vendor.example/{person_id}")])
    lora: dict[str, Any] = {"base_model_type": "base", "trigger_words": f"of {person_id}", "created_at": 1.0}
    await loras.insert(conn, Lora(id=f"lora-{task.id}", owner_id=person_id, task_id=task.id, name="cat", **lora))
    await loras.share(conn, f"lora-{task.id}", GROUP)
    times = {"created_at": 1.0, "expires_at": 9.0}
    asked = {"capability": "imagine", "lang": "en", "answers": {}, "screen": "main", **times}
    rows: dict[str, dict[str, Any] | list[dict[str, Any]]] = {
        "dialogs": {"id": person_id % 1000, "chat_id": GROUP, "owner_id": person_id, **asked},
        "albums": {"chat_id": GROUP, "album_id": f"{task.id}", "owner_id": person_id, "photos": [], "created_at": 1.0},
        "presets": {
            "owner_id": person_id,
            "name": "Fox",
            "capability": "imagine",
            "options": {},
            "created_at": 1.0,
        },
        "people": {"id": person_id, "lang": "en", "choices": {"imagine": {}}, "seen_at": 1.0, "name": "A", "daily": 9},
        "chats": {"id": person_id, "title": f"chat of {person_id}"},
        "chat_log": {"chat_id": GROUP, "actor_id": person_id, "actor": f"no. {person_id}", "change": {}, "at": 1.0},
        "allowances": [{"scope": "user", "subject_id": person_id, "day": day, "used": 3} for day in (YESTERDAY, TODAY)],
        "group_allowances": [
            {"chat_id": GROUP, "member_id": person_id, "day": day, "used": 3} for day in (YESTERDAY, TODAY)
        ],
        "collected": [
            collected(person_id % 1000, None, f"{person_id}-1"),
            collected(person_id % 1000 + 1000, task.id, f"{person_id}-2"),
        ],
    }
    for name, values in rows.items():
        await conn.execute(sa.insert(metadata.tables[name]), values)
    await broadcast(conn, person_id)


async def broadcast(conn: AsyncConnection, person_id: int) -> None:
    tables = metadata.tables
    written = {"author_id": person_id, "lang": "en", "body": "Hello", "created_at": 1.0}
    columns = {column.name for column in tables["broadcasts"].columns}
    values = {name: value for name, value in written.items() if name in columns}
    [number] = (
        await conn.execute(sa.insert(tables["broadcasts"]).returning(tables["broadcasts"].c.id), {**values})
    ).scalars()
    await conn.execute(
        sa.insert(tables["broadcast_posts"]), {"broadcast_id": number, "chat_id": person_id, "state": "due"}
    )


def collected(collection_id: int, task_id: int | None, digest: str) -> dict[str, Any]:
    source = {"file": f"file of {digest}"}
    return {
        "collection_id": collection_id,
        "task_id": task_id,
        "source": source,
        "digest": digest,
        "name": f"d{collection_id}-1.jpg",
        "created_at": 1.0,
    }


async def naming(conn: AsyncConnection, person_id: int) -> list[tuple[str, dict[str, Any]]]:
    """List the rows of all tables that name a person anywhere."""
    found = []
    for name, table in metadata.tables.items():
        rows = (await conn.execute(sa.select(table))).mappings()
        found += [(name, dict(row)) for row in rows if str(person_id) in repr(dict(row))]
    return found


@pytest.fixture
async def full(store: Store, new_task: Make) -> Store:
    async with store.write() as conn:
        for person_id in (PERSON, OTHER):
            await fill(conn, new_task, person_id)
    return store


async def test_nothing_is_left_that_names_a_person_and_others_keep_theirs(full: Store) -> None:
    async with full.write() as conn:
        before = await naming(conn, OTHER)
        known = {name for name, _ in await naming(conn, PERSON)}
        assert known == {table for table, _ in before}
        assert {"tasks", "pictures", "dialogs", "albums", "presets", "people", "chats", "chat_log"} < known
        assert {"allowances", "group_allowances", "collected", "loras", "broadcasts", "broadcast_posts"} < known
        await forgetting.forget(conn, PERSON, today=TODAY)
        left = await naming(conn, PERSON)
        assert {(table, row.get("day")) for table, row in left if table != "people"} == STAYS
        assert [row for table, row in left if table == "people"] == [
            row
            for row in [dict(one) for one in (await conn.execute(sa.select(people_rows))).mappings()]
            if row["id"] == PERSON
        ]
        assert await naming(conn, OTHER) == before
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert await naming(conn, PERSON) == left


async def test_of_a_person_only_what_the_operator_said_stays(full: Store) -> None:
    async with full.write() as conn:
        await forgetting.forget(conn, PERSON, today=TODAY)
        [row] = (await conn.execute(sa.select(people_rows).where(people_rows.c.id == PERSON))).mappings()
        assert (row["daily"], row["lang"], row["choices"], row["name"], row["username"]) == (9, None, {}, None, None)
        await conn.execute(sa.update(people_rows).where(people_rows.c.id == PERSON).values(daily=None))
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert not (await conn.execute(sa.select(people_rows).where(people_rows.c.id == PERSON))).all()
        assert await people.lang(conn, OTHER) == "en"


async def test_a_forgotten_lora_is_nobodys(full: Store) -> None:
    """The vendor lists it on; without its row it would be everybody's."""
    async with full.write() as conn:
        [own] = await loras.seen_by(conn, PERSON, PERSON)
        await forgetting.forget(conn, PERSON, today=TODAY)
        for person_id, chat_id in ((PERSON, PERSON), (PERSON, GROUP), (OTHER, GROUP), (0, 0)):
            assert own.id in await loras.hidden_from(conn, person_id, chat_id)
            assert own.id not in [lora.id for lora in await loras.seen_by(conn, person_id, chat_id)]
        row = (await conn.execute(sa.select(lora_rows).where(lora_rows.c.id == own.id))).mappings().one()
        assert (row["name"], row["trigger_words"], row["task_id"]) == ("", "", None)


async def test_groups_name_a_forgotten_member_no_more(store: Store) -> None:
    both, other = [[PERSON, "Ann"], [OTHER, "Ben"]], [OTHER, "Ben"]
    rules: dict[int, dict[str, Any]] = {
        GROUP: {"who": "named", "members": both},
        GROUP - 1: {"members": both[:1]},
        GROUP - 2: {"daily": PERSON},
    }
    moves = ({"members": [[], both], "daily": [None, 3]}, {"members": [both[:1], []]}, {"daily": [None, PERSON]})
    async with store.write() as conn:
        for chat_id, held in rules.items():
            await chats.set_rules(conn, chat_id, held)
        for change in moves:
            await chat_log.add(conn, Entry(chat_id=GROUP, actor_id=OTHER, actor="Ben", change=change, at=1.0))
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert [await chats.rules(conn, chat_id) for chat_id in rules] == [
            {"who": "named", "members": [other]},
            None,
            {"daily": PERSON},
        ]
        assert [entry.change for entry in reversed(await chat_log.newest(conn, GROUP, 9))] == [
            {"members": [[], [[0, ""], other]], "daily": [None, 3]},
            {"members": [[[0, ""]], []]},
            {"daily": [None, PERSON]},
        ]


async def test_what_others_made_of_it_stays(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        parent = await tasks.insert(conn, new_task(owner_id=PERSON))
        child = await tasks.insert(conn, new_task(owner_id=OTHER, parent_id=parent.id, parent_index=1))
        await forgetting.forget(conn, PERSON, today=TODAY)
        left = await tasks.get(conn, child.id)
        assert left is not None
        assert (left.parent_id, left.owner_id) == (None, OTHER)


async def test_an_id_is_never_given_again(store: Store, new_task: Make) -> None:
    """Old results' buttons must not reach somebody's new task."""
    async with store.write() as conn:
        gone = await tasks.insert(conn, new_task(owner_id=PERSON))
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert (await tasks.insert(conn, new_task())).id > gone.id


async def test_what_a_person_still_has_under_way(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        states = (State.QUEUED, State.DELIVERED, State.RUNNING, State.FAILED)
        own = [await tasks.insert(conn, new_task(owner_id=PERSON, state=state)) for state in states]
        await tasks.insert(conn, new_task(owner_id=OTHER))
        expected = [task.id for task in own if not task.finished]
        assert [task.id for task in await forgetting.unfinished(conn, PERSON)] == expected
        assert [task.id for task in await forgetting.hold_unfinished(conn, PERSON)] == expected


async def test_a_persons_collections(full: Store) -> None:
    async with full.read() as conn:
        assert sorted(await forgetting.collections_of(conn, PERSON)) == [PERSON % 1000, PERSON % 1000 + 1000]


async def finished(conn: AsyncConnection, new: NewTask, at: float | None, **more: Any) -> Task:
    task = await tasks.insert(conn, new)
    changed = await tasks.update(conn, task, finished_at=at, next_at=None, **more)
    assert changed is not None
    await pictures.put(conn, [Picture(task_id=task.id, index=0)])
    return changed


async def test_old_tasks_go_with_their_pictures(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        old = await finished(conn, new_task(state=State.DELIVERED), 9.0)
        failed = await finished(conn, new_task(state=State.FAILED, parent_id=old.id), 9.5)
        untold = await finished(conn, new_task(state=State.FAILED), 9.0)
        await tasks.update(conn, untold, next_at=1.0)
        running = await finished(conn, new_task(state=State.RUNNING), None)
        fresh = await finished(conn, new_task(state=State.DELIVERED, parent_id=old.id), 10.0)
        assert await forgetting.expire_tasks(conn, 10.0, 100) == 2
        left = list(await conn.scalars(sa.select(task_rows.c.id).order_by(task_rows.c.id)))
        assert left == [untold.id, running.id, fresh.id]
        assert [await pictures.of_task(conn, task.id) for task in (old, failed)] == [[], []]
        assert len(await pictures.of_task(conn, fresh.id)) == 1
        assert await forgetting.expire_tasks(conn, 10.0, 100) == 0


async def test_only_so_many_go_at_a_time_the_first_before_others(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        own = [await finished(conn, new_task(state=State.DELIVERED), 9.0) for _ in range(5)]
        gone = [await forgetting.expire_tasks(conn, 10.0, 2) for _ in range(2)]
        assert gone == [2, 2]
        assert await tasks.get(conn, own[-1].id) == own[-1]


async def test_a_trained_lora_outlives_its_task(store: Store, new_task: Make) -> None:
    async with store.write() as conn:
        task = await finished(conn, new_task(state=State.DELIVERED), 9.0)
        words: dict[str, Any] = {"base_model_type": "base", "trigger_words": "cat", "created_at": 1.0}
        await loras.insert(conn, Lora(id="lora", owner_id=7, task_id=task.id, name="cat", **words))
        assert await forgetting.expire_tasks(conn, 10.0, 100) == 1
        [lora] = await loras.seen_by(conn, 7, 7)
    assert (lora.task_id, lora.trigger_words) == (None, "cat")


async def test_days_that_are_over(full: Store) -> None:
    async with full.write() as conn:
        await forgetting.expire_days(conn, TODAY)
        for name in ("allowances", "group_allowances"):
            table = metadata.tables[name]
            assert set(await conn.scalars(sa.select(table.c.day))) == {TODAY}


TRAINING: dict[str, Any] = {
    "capability": "train",
    "request": {"name": "my Anna", "trigger": "anna", "base": {"id": "b", "name": "Base", "type": "MH"}, "about": "x"},
    "vendor_id": "v",
    "allowance_day": TODAY,
    "reserved": 1,
}


async def training(conn: AsyncConnection, new_task: Make, state: State, **more: Any) -> Task:
    columns = {**TRAINING, "owner_id": PERSON, "chat_id": PERSON, "message_id": PERSON % 1000, "state": state, **more}
    fresh = {name: value for name, value in columns.items() if name in NewTask.__dataclass_fields__}
    task = await tasks.insert(conn, new_task(**fresh))
    later = {name: value for name, value in columns.items() if name not in fresh}
    changed = await tasks.update(conn, task, **later)
    assert changed is not None
    return changed


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.UNCERTAIN, State.EXPIRED])
async def test_a_training_that_may_still_bring_a_lora_stays_as_nobodys(
    store: Store, new_task: Make, state: State
) -> None:
    async with store.write() as conn:
        task = await training(conn, new_task, state)
        await forgetting.forget(conn, PERSON, today=TODAY)
        left = await tasks.get(conn, task.id)
        assert left is not None
        assert (left.owner_id, left.chat_id, left.message_id, left.reserved) == (forgetting.NOBODY, 0, None, 0)
        assert (left.state, left.lease_token, left.vendor_id) == (task.state, task.lease_token, "v")
        assert not [word for word in ("Anna", "anna", str(PERSON)) if word in repr(left)]
        assert left.request["base"] == {"type": "MH"}
        for person_id in (PERSON, OTHER, 0):
            assert loras.digest_of("my Anna") in await loras.awaited_by_others(conn, person_id)
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert await tasks.get(conn, task.id) == left


@pytest.mark.parametrize(
    ("state", "more"),
    [
        (State.QUEUED, {}),
        (State.CANCELLED, {}),
        (State.FAILED, {}),
        (State.DELIVERED, {}),
        (State.EXPIRED, {"vendor_id": None}),
        (State.RUNNING, {"capability": "imagine"}),
    ],
)
async def test_what_brings_no_lora_any_more_goes(
    store: Store, new_task: Make, state: State, more: dict[str, Any]
) -> None:
    async with store.write() as conn:
        task = await training(conn, new_task, state, **more)
        await forgetting.forget(conn, PERSON, today=TODAY)
        assert await tasks.get(conn, task.id) is None


async def test_an_old_training_that_may_have_brought_a_lora_stays_as_nobodys(store: Store, new_task: Make) -> None:
    ended = {"finished_at": 9.0, "next_at": None}
    async with store.write() as conn:
        old = [await training(conn, new_task, state, **ended) for state in (State.UNCERTAIN, State.FAILED)]
        await finished(conn, new_task(state=State.DELIVERED), 9.0)
        assert await forgetting.expire_tasks(conn, 10.0, 2) == 2
        await finished(conn, new_task(state=State.DELIVERED), 9.0)
        assert await forgetting.expire_tasks(conn, 10.0, 1) == 1  # what stays is in nobody's way
        [left] = await tasks.in_states(conn, list(State), 10)
    assert (left.id, left.owner_id, left.request["name"]) == (old[0].id, forgetting.NOBODY, "")
