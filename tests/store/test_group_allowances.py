import pytest

from bot.store import group_allowances
from bot.store.engine import Store


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_member_has_used_is_found_at_once(store: Store) -> None:
    async with store.read() as conn:
        compiled = group_allowances._OF_MEMBER.compile(dialect=conn.dialect)
        given = tuple(compiled.params[name] or 0 for name in compiled.positiontup or ())
        plan = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)
        steps = [row.detail for row in plan]
    assert steps[0].startswith("SEARCH group_allowances USING INDEX ix_group_allowances_member_id_day"), steps
