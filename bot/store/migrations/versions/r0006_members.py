"""What a member has used of the groups' allowances is found at once."""

from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_group_allowances_member_id_day", "group_allowances", ["member_id", "day"])
