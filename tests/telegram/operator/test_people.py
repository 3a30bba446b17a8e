from typing import Any

import pytest

from bot.store import people
from bot.store.people import Person
from tests.telegram.stage import Stage, open_stage

ORDER = "/imagine a fox"


async def person(stage: Stage, name: str) -> Person:
    async with stage.store.read() as conn:
        return await people.standing(conn, stage.person(name).id)


async def told(stage: Stage, words: str, **more: Any) -> str:
    [answer] = await stage.say("Alice", words, **more)
    return answer.text


@pytest.mark.parametrize("command", ["quota", "ban", "unban", "allow", "disallow", "broadcast", "stats"])
async def test_for_others_the_operators_commands_are_unknown(stage: Stage, command: str) -> None:
    [answer] = await stage.say("Bob", f"/{command} @alice 5")
    assert "I do not know that command" in answer.text
    if command != "stats":
        assert await stage.say("Bob", f"/{command} @alice 5", to="Picture friends") == []


async def test_a_quota_is_set_shown_and_taken_back(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    assert "1000 pictures a day, as everybody" in await told(stage, "/quota @Bob")
    assert "100 pictures a day from now on" in await told(stage, "/quota @bob 100")
    assert (await person(stage, "Bob")).daily == 100
    assert "100 pictures a day, set with /quota" in await told(stage, f"/quota {stage.person('Bob').id}")
    assert "as everybody" in await told(stage, "/quota @bob off")
    assert (await person(stage, "Bob")).daily is None


@pytest.mark.parametrize("words", ["-1", "much", "100001", "1.5", "³"])
async def test_what_is_no_quota_changes_nothing(stage: Stage, words: str) -> None:
    await stage.say("Bob", "/start")
    assert "from 0 to 100000" in await told(stage, f"/quota @bob {words}")
    assert (await person(stage, "Bob")).daily is None


async def test_a_quota_is_kept(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    await told(stage, "/quota @bob 1")
    await stage.say("Bob", ORDER)
    [refusal] = await stage.say("Bob", ORDER)
    assert "1 of 1" in refusal.text
    assert len(await stage.tasks()) == 1


async def test_whoever_is_banned_is_told_so_and_orders_nothing(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    assert "<b>Bob</b> (@bob, " not in await told(stage, "/ban @bob")
    for words in (ORDER, "/imagine", "/start"):
        [answer] = await stage.say("Bob", words)
        assert "its operator has banned you" in answer.text
    assert await stage.tasks() == []
    assert "is not banned" in await told(stage, "/unban @bob")
    await stage.say("Bob", ORDER)
    assert len(await stage.tasks()) == 1


async def test_an_answered_message_names_its_writer(stage: Stage) -> None:
    stage.sandbox.world.users[stage.person("Bob").id].username = None
    await stage.say("Bob", "hello there", to="Picture friends")
    said = max(stage.chat("Picture friends").messages)
    assert "Bob" in await told(stage, "/ban", to="Picture friends", reply_to=said)
    assert (await person(stage, "Bob")).is_banned
    assert "3 pictures a day from now on" in await told(stage, "/quota 3", to="Picture friends", reply_to=said)


@pytest.mark.parametrize(
    ("words", "banned"),
    [("/ban {bob}", ["Bob"]), ("/ban @bob", ["Bob"]), ("/ban", ["李华"]), ("/ban for spam", ["李华"])],
)
async def test_whoever_is_named_is_meant_before_whoever_is_answered(
    stage: Stage, words: str, banned: list[str]
) -> None:
    await stage.say("Bob", "/start")
    await stage.say("李华", "hello there", to="Picture friends")
    said = max(stage.chat("Picture friends").messages)
    await told(stage, words.format(bob=stage.person("Bob").id), to="Picture friends", reply_to=said)
    assert [name for name in ("Bob", "李华") if (await person(stage, name)).is_banned] == banned


async def test_a_number_alone_is_the_quota_of_whoever_is_answered(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    await stage.say("李华", "hello there", to="Picture friends")
    said, bob = max(stage.chat("Picture friends").messages), stage.person("Bob").id
    await told(stage, f"/quota {bob} 7", to="Picture friends", reply_to=said)
    await told(stage, "/quota 3", to="Picture friends", reply_to=said)
    assert [(await person(stage, name)).daily for name in ("Bob", "李华")] == [7, 3]


@pytest.mark.parametrize("command", ["ban", "unban", "allow", "disallow", "quota"])
async def test_in_a_topic_nobody_is_named_by_its_first_message(stage: Stage, command: str) -> None:
    topic, forum = next(iter(stage.chat("Picture forum").topics)), "Picture forum"
    await stage.say("Bob", "/start")
    assert "Say who" in await told(stage, f"/{command}", to=forum, thread_id=topic)
    assert "Bob" in await told(stage, f"/{command} {stage.person('Bob').id}", to=forum, thread_id=topic)
    assert (await person(stage, "Bob")).is_banned == (command == "ban")


async def test_a_bots_message_names_nobody(stage: Stage) -> None:
    [mine] = await stage.say("Alice", "/start")
    assert "is a bot's" in await told(stage, "/ban", reply_to=mine.message_id)


@pytest.mark.parametrize("whom", ["@nobody", "12345"])
async def test_a_person_who_was_never_here_is_unknown(stage: Stage, whom: str) -> None:
    assert f"I do not know {whom}" in await told(stage, f"/ban {whom}")


async def test_one_has_to_say_who(stage: Stage) -> None:
    for words in ("/ban", "/ban bob"):
        assert "Say who" in await told(stage, words)


async def test_owners_are_not_banned(stage: Stage) -> None:
    await stage.say("Alice", "/start")
    assert "is an owner" in await told(stage, "/ban @alice")
    assert not (await person(stage, "Alice")).is_banned


async def test_a_username_that_changed_hands_is_the_new_persons(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    stage.now += 60
    stage.sandbox.world.users[stage.person("李华").id].username = "Bob"
    await stage.say("李华", "/start")
    await told(stage, "/ban @bob")
    assert (await person(stage, "李华")).is_banned
    assert not (await person(stage, "Bob")).is_banned


async def test_an_order_makes_known_who_ordered_where(stage: Stage) -> None:
    await stage.say("Bob", ORDER, to="Picture friends")
    found = await person(stage, "Bob")
    assert (found.name, found.username) == ("Bob", "bob")


async def test_where_people_are_let_in_one_by_one(stage_database: str, tmp_path: Any, settings: dict[str, Any]) -> None:
    async with open_stage(stage_database, tmp_path, access="allowlist", **settings) as stage:
        for words in ("/start", ORDER, "/imagine"):
            [answer] = await stage.say("Bob", words)
            assert str(stage.person("Bob").id) in answer.text
        assert "can use me now" in await told(stage, "/allow @bob")
        await stage.say("Bob", ORDER, to="Picture friends")
        assert len(await stage.tasks()) == 1
        assert "/allow lets them in again" in await told(stage, "/disallow @bob")
        await stage.say("Bob", ORDER)
        assert len(await stage.tasks()) == 1
        assert "they are not" in await told(stage, "/unban @bob")
        await stage.say("Alice", ORDER)
        assert len(await stage.tasks()) == 2


async def test_where_all_are_let_in_that_is_said(stage: Stage) -> None:
    await stage.say("Bob", "/start")
    assert "ACCESS is open" in await told(stage, "/allow @bob")
    assert "/ban is what shuts" in await told(stage, "/disallow @bob")
    await told(stage, "/ban @bob")
    assert "still banned" in await told(stage, "/allow @bob")
