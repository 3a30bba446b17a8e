import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.capabilities import registry
from bot.errors import BadValue
from bot.limits.group_rules import GroupRules
from bot.telegram.limits_words import MOST_NAMED, Place, read
from tests.telegram.stage import Stage, picture_bytes

FORUM = Place(5, is_forum=True)
ALL = tuple(one.name for one in registry.OFFERED)
ANN, BEN = (1, "Ann"), (2, "Ben")


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("daily 20", GroupRules(), GroupRules(daily=20)),
        ("daily none", GroupRules(daily=20), GroupRules()),
        ("group 200", GroupRules(daily=1), GroupRules(daily=1, group=200)),
        ("running 2", GroupRules(), GroupRules(running=2)),
        ("interval 10", GroupRules(), GroupRules(interval=10)),
        ("only imagine,stylize", GroupRules(), GroupRules(allowed=("imagine", "stylize"))),
        ("allow imagine,stylize", GroupRules(), GroupRules(allowed=("imagine", "stylize"))),
        ("only stylize", GroupRules(allowed=("imagine",)), GroupRules(allowed=("stylize",))),
        ("only all", GroupRules(allowed=("imagine",)), GroupRules()),
        ("allow /upscale", GroupRules(allowed=("imagine",)), GroupRules(allowed=("imagine", "upscale"))),
        ("allow all", GroupRules(allowed=("imagine",)), GroupRules()),
        ("deny swap，imagine", GroupRules(), GroupRules(allowed=tuple(n for n in ALL if n not in {"swap", "imagine"}))),
        ("deny all", GroupRules(), GroupRules(allowed=())),
        ("who admins", GroupRules(), GroupRules(who="admins")),
        ("who everyone", GroupRules(who="named", members=(ANN,)), GroupRules(members=(ANN,))),
        ("who named", GroupRules(members=(ANN,)), GroupRules(who="named", members=(ANN,))),
        ("lang zh", GroupRules(), GroupRules(lang="zh_CN")),
        ("lang EN", GroupRules(), GroupRules(lang="en")),
        ("lang own", GroupRules(lang="en"), GroupRules()),
        ("topic here", GroupRules(), GroupRules(topic=5)),
        ("topic any", GroupRules(topic=5), GroupRules()),
        ("reset", GroupRules(daily=1, lang="en", members=(ANN,)), GroupRules()),
    ],
)
def test_words_change_one_rule(words: str, before: GroupRules, after: GroupRules) -> None:
    word, _, value = words.partition(" ")
    assert read(word, value, FORUM)(before) == after


def test_what_is_denied_last_can_be_allowed_again() -> None:
    denied = GroupRules(allowed=tuple(name for name in ALL if name != "swap"))
    assert read("allow", "swap", FORUM)(denied) == GroupRules()


def test_members_are_added_to_those_who_are_named() -> None:
    change = read("who", "@ben", FORUM, [BEN])
    assert change(GroupRules(members=(ANN,))) == GroupRules(who="named", members=(ANN, BEN))
    many = tuple((number, "x") for number in range(10, 10 + MOST_NAMED))
    with pytest.raises(BadValue, match=str(MOST_NAMED)):
        change(GroupRules(members=many))


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("daily", "a number from 1 to 10000, or none"),
        ("daily 0", "from 1 to"),
        ("daily 10001", "from 1 to"),
        ("daily ٣", "from 1 to"),
        ("running 1.5", "from 1 to 100"),
        ("allow", "Name commands"),
        ("deny dancing", "imagine, stylize"),
        ("only", "Name commands"),
        ("who", "everyone, admins, or @name"),
        ("who ann", "everyone, admins, or @name"),
        ("lang fr", "zh .* en .* own"),
        ("topic there", "here .* any"),
        ("reset all", "daily 20 · group 200"),
        ("weekly 3", "daily 20 · group 200"),
    ],
)
def test_bad_words_are_answered_with_what_is_allowed(words: str, allowed: str) -> None:
    word, _, value = words.partition(" ")
    with pytest.raises(BadValue, match=allowed):
        read(word, value, FORUM)


def test_without_topics_there_is_no_here() -> None:
    with pytest.raises(BadValue, match="no topics"):
        read("topic", "here", Place(0, is_forum=False))


@given(st.sampled_from(["daily", "only", "allow", "deny", "who", "lang", "topic", "reset", "x"]), st.text(max_size=20))
def test_whatever_is_typed_is_a_change_or_an_answer(word: str, value: str) -> None:
    try:
        after = read(word, value, FORUM)(GroupRules())
    except BadValue:
        return
    assert GroupRules.load(after.dump()) == after


async def test_whom_nobody_knows_is_asked_for_otherwise(stage: Stage) -> None:
    [answer] = await stage.say("Alice", "/limits who @nobody_here", to="Picture friends")
    assert "I have not met @nobody_here" in answer.text


async def test_below_a_picture_members_are_named_as_anywhere(stage: Stage) -> None:
    await stage.say("小明", "/start")
    [answer] = await stage.say("Alice", "/limits who @xiaoming", to="Picture friends", files={"a.jpg": picture_bytes()})
    assert "@xiaoming" in answer.text


async def test_a_member_may_not_and_hears_no_grammar(stage: Stage) -> None:
    [answer] = await stage.say("Bob", "/limits nonsense", to="Picture friends")
    assert "Only this group's admins" in answer.text


async def test_in_a_topic_nobody_is_named_by_its_first_message(stage: Stage) -> None:
    topic = next(iter(stage.chat("Picture forum").topics))
    [answer] = await stage.say("Alice", "/limits who", to="Picture forum", thread_id=topic)
    assert "everyone, admins, or @name" in answer.text
