"""Tasks can be forgotten: their ids are never given again, and those that went on from one are found at once."""

from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    """Change the table."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("tasks", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
    op.create_index("ix_tasks_parent_id", "tasks", ["parent_id"])
