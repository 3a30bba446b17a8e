import pytest

from bot.errors import Unavailable
from bot.sandbox.telegram.people.membership import set_admin, set_member
from bot.sandbox.telegram.people.requests import AdminChange, MemberChange
from bot.telegram.admins import KEPT_SECONDS, Admins
from tests.telegram.stage import Stage


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(stage: Stage) -> int:
    return len(stage.calls("getChatAdministrators"))


async def test_asked_once_and_again_after_some_minutes(stage: Stage) -> None:
    clock, group = Clock(), stage.chat("Picture friends").id
    alice, bob = stage.person("Alice").id, stage.person("Bob").id
    admins = Admins(stage.bot, clock=clock)
    assert await admins.of(group) == {alice: False}
    set_admin(stage.sandbox, AdminChange(chat_id=group, user_id=bob, admin=True))
    clock.now += KEPT_SECONDS - 1
    assert not await admins.has(group, bob)
    assert asked(stage) == 1
    clock.now += 1
    assert await admins.has(group, bob)
    assert asked(stage) == 2


async def test_what_speaks_as_the_group_is_an_admin_of_it(stage: Stage) -> None:
    group, admins = stage.chat("Picture forum").id, Admins(stage.bot)
    assert await admins.has(group, group)
    assert asked(stage) == 0


async def test_telegram_that_does_not_answer_makes_nobody_an_admin(stage: Stage) -> None:
    group, admins = stage.chat("Picture friends").id, Admins(stage.bot)
    stage.refuse("getChatAdministrators", 502, "Bad Gateway")
    with pytest.raises(Unavailable, match="try again"):
        await admins.has(group, stage.person("Alice").id)
    assert await admins.has(group, stage.person("Alice").id)


async def test_a_group_without_the_bot_has_none(stage: Stage) -> None:
    group, admins = stage.chat("Picture friends").id, Admins(stage.bot)
    set_member(stage.sandbox, MemberChange(chat_id=group, user_id=stage.sandbox.world.bot.id, member=False))
    assert await admins.of(group) == {}


async def test_an_answer_from_before_a_change_is_not_kept(stage: Stage) -> None:
    group, bob = stage.chat("Picture friends").id, stage.person("Bob").id
    admins = Admins(stage.bot)

    async def change() -> None:
        set_admin(stage.sandbox, AdminChange(chat_id=group, user_id=bob, admin=True))
        admins.forget(group)

    stage.wire.after["getChatAdministrators"] = change
    assert not await admins.has(group, bob)
    assert await admins.has(group, bob)


async def test_updates_about_members_and_about_the_bot_make_it_ask_again(stage: Stage) -> None:
    group, bob = stage.chat("Picture friends").id, stage.person("Bob").id
    admins, me = stage.parts.services.admins, stage.sandbox.world.bot.id
    stage.sandbox.updates.allow(["message", "callback_query", "my_chat_member", "chat_member"])
    assert not await admins.has(group, bob)
    set_admin(stage.sandbox, AdminChange(chat_id=group, user_id=me, admin=True))
    set_admin(stage.sandbox, AdminChange(chat_id=group, user_id=bob, admin=True))
    assert not await admins.has(group, bob)
    await stage.handle()
    assert stage.updates[-1].chat_member is not None
    assert await admins.has(group, bob)
