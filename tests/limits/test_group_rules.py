import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits.group_rules import GroupRules, Who

numbers = st.none() | st.integers(1, 1000)
some_rules = st.builds(
    GroupRules,
    daily=numbers,
    group=numbers,
    running=numbers,
    interval=numbers,
    allowed=st.none() | st.lists(st.sampled_from(["imagine", "swap"]), unique=True).map(tuple),
    who=st.sampled_from(["everyone", "admins", "named"]),
    members=st.lists(st.tuples(st.integers(), st.text(max_size=5)), max_size=3).map(tuple),
    lang=st.sampled_from([None, "en", "zh_CN"]),
    topic=st.none() | st.integers(0, 99),
)


@given(some_rules)
def test_what_is_dumped_is_loaded(rules: GroupRules) -> None:
    assert GroupRules.load(json.loads(json.dumps(rules.dump()))) == rules


def test_a_group_that_has_set_nothing_has_no_row_of_rules() -> None:
    assert GroupRules().dump() is None
    assert GroupRules.load(None) == GroupRules()


def test_every_rule_is_of_the_rows_and_what_is_not_is_left_out() -> None:
    assert GroupRules.load({"daily": 3, "weekly": 9}) == GroupRules(daily=3)
    assert set(GroupRules(daily=3).dump() or {}) <= {field.name for field in fields(GroupRules)}


@pytest.mark.parametrize(
    ("who", "member", "named", "admin"),
    [("everyone", True, True, True), ("admins", False, False, True), ("named", False, True, True)],
)
def test_who_is_let_in(who: Who, member: bool, named: bool, admin: bool) -> None:  # noqa: FBT001  columns of a table
    rules = GroupRules(who=who, members=((5, "Ann"),))
    assert rules.admits(7, is_admin=False) is member
    assert rules.admits(5, is_admin=False) is named
    assert rules.admits(7, is_admin=True) is admin


def test_what_is_allowed() -> None:
    assert GroupRules().allows("swap")
    assert not GroupRules(allowed=("imagine",)).allows("swap")
    assert not GroupRules(allowed=()).allows("imagine")
