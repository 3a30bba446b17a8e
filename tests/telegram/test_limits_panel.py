import re
from datetime import datetime

import pytest

from bot.limits.group_rules import GroupRules
from bot.locales import times
from bot.sandbox.telegram.people.membership import migrate
from bot.sandbox.telegram.people.requests import Migration
from bot.sandbox.telegram.people.shown import ChatMessage
from bot.sandbox.telegram.people.speaking import Voice
from bot.store import chat_log, chats, people
from bot.store.chat_log import Entry
from bot.telegram.admins import Admins
from tests.telegram.stage import Stage, data_of, labels

GROUP = "Picture friends"
FORUM = "Picture forum"


async def rules(stage: Stage, title: str = GROUP) -> GroupRules:
    async with stage.store.read() as conn:
        return GroupRules.load(await chats.rules(conn, stage.chat(title).id))


async def log(stage: Stage, title: str = GROUP) -> list[Entry]:
    async with stage.store.read() as conn:
        return await chat_log.newest(conn, stage.chat(title).id, 50)


async def panel(stage: Stage, title: str = GROUP) -> ChatMessage:
    [shown] = await stage.say("Alice", "/limits", to=title)
    return shown


async def told(stage: Stage, who: str, words: str, to: str | None = GROUP) -> str:
    [answer] = await stage.say(who, words, to=to)
    return answer.text


def now_shown(stage: Stage, message: ChatMessage, title: str = GROUP) -> ChatMessage:
    return next(one for one in stage.shown(stage.chat(title)) if one.message_id == message.message_id)


def many(count: int) -> tuple[tuple[int, str], ...]:
    """Name members as long as Telegram lets them be."""
    return tuple((1001 + number, f"Member {number} {'x' * 110}") for number in range(count))


class TestButtons:
    async def test_a_number_is_set_moved_and_taken_away_in_one_message(self, stage: Stage) -> None:
        message = await panel(stage)
        group = stage.chat(GROUP)
        for data, daily in [
            ("g:page:daily", None),
            ("g:set:daily:20", 20),
            ("g:add:daily:-1", 19),
            ("g:add:daily:-1", 18),  # pressed twice before it was drawn anew
            ("g:set:daily:1", 1),
            ("g:add:daily:-1", 1),
            ("g:set:daily:none", None),
            ("g:add:daily:1", 20),
        ]:
            assert await stage.press("Alice", message, data) == ""
            assert (await rules(stage)).daily == daily
        shown = now_shown(stage, message)
        assert "Pictures a day for each member: 20" in shown.text
        assert {"−1", "+1", "✓ 20", "« Back"} <= set(labels(shown))
        assert len(stage.shown(group)) == 1

    async def test_every_button_of_every_page_does_something(self, stage: Stage) -> None:
        message = await panel(stage, FORUM)
        await told(stage, "Alice", "/limits who named", FORUM)
        pages = [str(one.data) for one in message.buttons]
        seen: set[str] = set()
        while pages:
            data = pages.pop()
            if data not in seen and len(seen) < 300:
                seen.add(data)
                assert len(data.encode()) <= 64
                assert await stage.press("Alice", message, data) == "", data
                shown = [str(one.data) for one in now_shown(stage, message, FORUM).buttons]
                pages += [one for one in shown if not one.startswith("g:add")]
        assert {"g:page:topic", "g:set:topic:here", "g:yes", "g:log", "g:deny:imagine", "g:set:lang:zh"} <= seen

    async def test_capabilities(self, stage: Stage) -> None:
        message = await panel(stage)
        await stage.press("Alice", message, "g:deny:swap")
        assert not (await rules(stage)).allows("swap")
        assert (await rules(stage)).allows("imagine")
        await stage.press("Alice", message, "g:allow:swap")
        assert (await rules(stage)).allowed is None

    @pytest.mark.parametrize("name", ["swap", "imagine", "no-longer-there"])
    async def test_a_second_press_or_an_old_button_denies_nothing(self, stage: Stage, name: str) -> None:
        message = await panel(stage)
        await stage.press("Alice", message, "g:deny:swap")
        for _ in range(2):
            await stage.press("Alice", message, "g:allow:swap")
        await stage.press("Alice", message, f"g:allow:{name}")
        assert await rules(stage) == GroupRules()

    async def test_named_members_can_be_taken_off(self, stage: Stage) -> None:
        [words] = await stage.say("Bob", "/help", to=GROUP)
        assert words.reply_to_message_id is not None
        await stage.say("Alice", "/limits who", to=GROUP, reply_to=words.reply_to_message_id)
        bob = stage.person("Bob").id
        assert (await rules(stage)).members == ((bob, "Bob"),)
        message = await panel(stage)
        await stage.press("Alice", message, "g:page:who")
        await stage.press("Alice", message, data_of(now_shown(stage, message), "✕ Bob"))
        assert (await rules(stage)).members == ()

    async def test_the_language_changes_at_once_and_for_everybody(self, stage: Stage) -> None:
        message = await panel(stage)
        await stage.press("Alice", message, "g:set:lang:zh")
        assert (await rules(stage)).lang == "zh_CN"
        [answer] = await stage.say("Bob", "/tasks", to=GROUP)
        [at_home] = await stage.say("Bob", "/tasks")
        assert re.search("[一-鿿]", answer.text)
        assert not re.search("[一-鿿]", at_home.text)

    async def test_a_change_of_language_is_confirmed_in_it(self, stage: Stage) -> None:
        assert re.search("[一-鿿]", (await told(stage, "Alice", "/limits lang zh")).replace("简体中文", ""))
        assert not re.search("[一-鿿]", await told(stage, "Alice", "/limits lang en"))

    async def test_all_is_reset_after_a_question(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits daily 3")
        message = await panel(stage)
        await stage.press("Alice", message, "g:reset")
        assert (await rules(stage)).daily == 3
        await stage.press("Alice", message, "g:yes")
        assert await rules(stage) == GroupRules()

    @pytest.mark.parametrize("data", ["g:main", "g:set:daily:1", "g:yes", "g:drop:7", "g:log"])
    async def test_a_member_gets_a_polite_no_and_nothing_changes(self, stage: Stage, data: str) -> None:
        await told(stage, "Alice", "/limits daily 3")
        message = await panel(stage)
        assert "Only this group's admins" in str(await stage.press("Bob", message, data))
        assert (await rules(stage)).daily == 3
        assert now_shown(stage, message) == message
        assert len(await log(stage)) == 1

    @pytest.mark.parametrize("data", ["g:page:weekly", "g:set:daily:0", "g:add:daily:x", "g:what", "g:set:topic:here"])
    async def test_data_that_no_button_has_changes_nothing(self, stage: Stage, data: str) -> None:
        assert await stage.press("Alice", await panel(stage), data)
        assert await rules(stage) == GroupRules()

    async def test_in_private_there_is_no_panel_to_press(self, stage: Stage) -> None:
        [answer] = await stage.say("Alice", "/limits")
        assert "out of date" in str(await stage.press("Alice", answer, "g:set:daily:1"))

    async def test_a_second_arrival_of_a_press_counts_once(self, stage: Stage) -> None:
        message = await panel(stage)
        await stage.press("Alice", message, "g:set:daily:20")
        await stage.press("Alice", message, "g:add:daily:1")
        stage.sandbox.updates.redeliver(stage.updates[-1].update_id)
        await stage.handle()
        assert (await rules(stage)).daily == 21


class TestWhoChangedWhat:
    async def test_by_name_and_what_was_before(self, stage: Stage) -> None:
        assert "Nobody has changed" in await told(stage, "Bob", "/limits log")
        await told(stage, "Alice", "/limits daily 20")
        await told(stage, "Alice", "/limits daily 20")  # no change
        await stage.press("Alice", await panel(stage), "g:set:daily:5")
        newest, oldest = await log(stage)
        assert (oldest.actor_id, oldest.actor, oldest.change) == (
            stage.person("Alice").id,
            "Alice",
            {"daily": [None, 20]},
        )
        assert newest.change == {"daily": [20, 5]}
        words = await told(stage, "Alice", "/limits log")
        assert "Alice: Pictures a day for each member: 20 → 5" in words
        assert "Pictures a day for each member: not set here → 20" in words

    async def test_of_many_members_it_says_who_came_and_who_went(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits who named")
        async with stage.store.write() as conn:
            await chats.set_rules(conn, stage.chat(GROUP).id, GroupRules(who="named", members=many(49)).dump())
        await stage.say("小明", "/start")
        message = await panel(stage)
        assert f"{many(1)[0][1][:29]}…, " in message.text
        assert message.text.count("…") == 10
        assert "and 39 more" in message.text
        assert "@xiaoming" not in await told(stage, "Alice", "/limits who @xiaoming")
        assert (await log(stage))[0].change == {"members": [[], [[stage.person("小明").id, "@xiaoming"]]]}
        await stage.press("Alice", message, "g:drop:1001")
        assert (await log(stage))[0].change == {"members": [[list(many(1)[0])], []]}
        words = await told(stage, "Alice", "/limits log")
        assert "Alice: Named members: + @xiaoming" in words
        assert f"Alice: Named members: − {many(1)[0][1][:29]}…" in words

    async def test_whoever_was_named_and_is_forgotten_is_somebody(self, stage: Stage) -> None:
        await stage.say("小明", "/start")
        await told(stage, "Alice", "/limits who @xiaoming")
        [asked] = await stage.say("小明", "/forget")
        await stage.press("小明", asked, "f:yes")
        assert (await rules(stage)).members == ()
        assert "Named members: + somebody" in await told(stage, "Alice", "/limits log")

    @pytest.mark.parametrize("lang", ["en", "zh"])
    async def test_a_long_log_is_cut_to_what_a_message_holds(self, stage: Stage, lang: str) -> None:
        full = GroupRules(daily=1, group=1, running=1, interval=1, allowed=(), who="named", members=many(20))
        for _ in range(8):
            async with stage.store.write() as conn:
                await chats.set_rules(conn, stage.chat(GROUP).id, full.dump())
            await told(stage, "Alice", "/limits reset")
        await told(stage, "Alice", f"/limits lang {lang}")
        words = await told(stage, "Alice", "/limits log")
        assert 2048 < len(words) <= 4096
        message = await panel(stage)
        assert await stage.press("Alice", message, "g:log") == ""
        assert now_shown(stage, message).text.startswith(words.splitlines()[0])

    async def test_the_time_is_as_the_language_writes_it(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits lang en")
        when = datetime.fromtimestamp(stage.now, stage.parts.services.settings.limits_timezone)
        assert times.moment(when).plain("en") + " Alice: Language" in await told(stage, "Alice", "/limits log")

    async def test_an_anonymous_admin_stays_anonymous(self, stage: Stage) -> None:
        await stage.say("Alice", "/limits daily 20", to=FORUM, voice="group")
        assert (await rules(stage, FORUM)).daily == 20
        [answer] = await stage.say("Alice", "/limits log", to=FORUM)
        assert "an anonymous admin: Pictures" in answer.text

    async def test_also_where_the_press_comes_in_their_own_name(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message, alice = await panel(stage), stage.person("Alice").id

        async def of(admins: Admins, chat_id: int) -> dict[int, bool]:
            return {alice: True}

        monkeypatch.setattr(Admins, "of", of)
        await stage.press("Alice", message, "g:set:daily:5")
        [entry] = await log(stage)
        assert (entry.actor_id, entry.actor) == (alice, "")
        assert "an anonymous admin" in await told(stage, "Bob", "/limits log")


class TestAnonymousAdmin:
    async def test_opens_the_panel_and_presses_it_as_a_person(self, stage: Stage) -> None:
        [message] = await stage.say("Alice", "/limits", to=FORUM, voice="group")
        assert message.buttons
        assert await stage.press("Alice", message, "g:set:daily:2") == ""
        assert "Only this group's admins" in str(await stage.press("Bob", message, "g:set:daily:9"))
        assert (await rules(stage, FORUM)).daily == 2

    async def test_a_channel_is_no_admin(self, stage: Stage) -> None:
        [answer] = await stage.say("Alice", "/limits daily 2", to=FORUM, voice="channel")
        assert "Only this group's admins" in answer.text
        assert await rules(stage, FORUM) == GroupRules()

    async def test_has_an_allowance_of_its_own(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits daily 1", FORUM)
        voices: tuple[Voice, ...] = ("user", "group", "channel")
        for voice in voices:
            await stage.say("Alice", "/imagine a fox", to=FORUM, voice=voice)
        assert len({task.owner_id for task in await stage.tasks()}) == 3
        [refused] = await stage.say("Alice", "/imagine a fox", to=FORUM, voice="group")
        assert "Today's pictures are used up: 1 of 1" in refused.text


class TestWhatOthersSee:
    async def test_what_holds_and_what_is_left(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits daily 20")
        await stage.say("Bob", "/imagine a fox --n 3", to=GROUP)
        [answer] = await stage.say("Bob", "/limits", to=GROUP)
        assert not answer.buttons
        assert "Pictures a day for each member: 20" in answer.text
        assert "You, in this group: 3 of 20 pictures today, 1 of 100 tasks" in answer.text
        assert "You, everywhere: 3 of 1000 pictures today" in answer.text
        assert "This group, all together: 3 pictures today." in answer.text
        assert re.search(r"There will be new ones in \d", answer.text)

    async def test_in_private_everything_at_a_glance(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits daily 20")
        await stage.say("Bob", "/imagine a fox --n 3", to=GROUP)
        await stage.say("Bob", "/imagine a fox --n 1")
        words = await told(stage, "Bob", "/limits", None)
        assert "You, everywhere: 4 of 1000 pictures today, 2 of 100 tasks" in words
        assert "Picture friends: 3/20" in words
        assert "set in the group" in await told(stage, "Bob", "/limits daily 3", None)

    async def test_what_the_operator_grants_a_person_stands_in_place_of_the_daily(self, stage: Stage) -> None:
        bob = stage.person("Bob").id
        async with stage.store.write() as conn:
            await people.meet(conn, bob, "Bob", None, stage.now)
            await people.judge(conn, bob, daily=2)
        assert "0 of 2 pictures today" in await told(stage, "Bob", "/limits", None)
        assert "more than the 2 of a whole day" in await told(stage, "Bob", "/imagine a fox --n 3", None)


class TestRulesHold:
    async def test_a_members_day_ends_in_the_group_and_not_at_home(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits daily 1")
        assert await stage.say("Bob", "/imagine a fox", to=GROUP) == []
        refused = await told(stage, "Bob", "/imagine a wolf")
        assert "1 of 1 (your allowance in this group)" in refused
        assert "/limits" in refused
        assert await stage.say("小明", "/imagine a fox", to=GROUP) == []
        assert await stage.say("Bob", "/imagine a wolf") == []

    async def test_the_groups_day_is_everybodys(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits group 2")
        await stage.say("Bob", "/imagine a fox --n 2", to=GROUP)
        assert "this group's allowance" in await told(stage, "Alice", "/imagine a fox")

    async def test_what_is_not_allowed_begins_no_dialog_either(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits deny imagine,swap")
        for words in ("/imagine a fox", "/imagine", "/swap"):
            assert "is not allowed in this group" in await told(stage, "Alice", words)
        assert await stage.tasks() == []
        [question] = await stage.say("Bob", "/imagine")
        assert "What shall I draw" in question.text

    async def test_only_admins_and_those_they_name(self, stage: Stage) -> None:
        await told(stage, "Alice", "/limits who admins")
        assert await stage.say("Alice", "/imagine a fox", to=GROUP) == []
        assert "for its admins" in await told(stage, "Bob", "/imagine a fox")
        await stage.say("小明", "/imagine a fox")  # so that there is somebody of that name
        assert "@xiaoming" in await told(stage, "Alice", "/limits who @xiaoming")
        assert await stage.say("小明", "/imagine a fox", to=GROUP) == []
        assert await stage.say("Alice", "/imagine a fox", to=GROUP) == []
        assert "for its admins" in await told(stage, "Bob", "/imagine a fox")

    async def test_answers_go_into_one_topic_and_it_says_so(self, stage: Stage) -> None:
        forum = stage.chat(FORUM)
        here, other = forum.topics
        await stage.say("Alice", "/limits topic here", to=FORUM, thread_id=here)
        [note] = await stage.say("Bob", "/imagine a fox", to=FORUM, thread_id=other)
        assert (note.thread_id, "one topic" in note.text) == (other, True)
        assert f"/c/{str(forum.id)[4:]}/{here}" in note.html
        assert await stage.say("Bob", "/imagine a wolf", to=FORUM, thread_id=here) == []
        newest, oldest = sorted(await stage.tasks(), key=lambda task: -task.id)
        assert (oldest.thread_id, oldest.message_id) == (here, None)
        assert newest.thread_id == here
        assert newest.message_id is not None
        asked = [message for message in forum.messages.values() if "/imagine" in message.content.text]
        assert [message.reactions for message in asked] == [["👀"], ["👀"]]

    async def test_after_a_migration_all_holds(self, stage: Stage) -> None:
        group = stage.chat(GROUP)
        await told(stage, "Alice", "/limits daily 1")
        await stage.say("Bob", "/imagine a fox", to=GROUP)
        migrate(stage.sandbox, Migration(chat_id=group.id))
        group.title = ""  # the supergroup has the name now
        await stage.handle()
        assert "1 of 1 (your allowance in this group)" in await told(stage, "Bob", "/imagine a wolf")
        assert "Alice: Pictures" in await told(stage, "Alice", "/limits log")
        assert await stage.say("小明", "/imagine a fox", to=GROUP) == []
