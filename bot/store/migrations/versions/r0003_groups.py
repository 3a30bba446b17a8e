"""What groups and the operator need: rules and their log, group allowances, names, presets, broadcasts, counters."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    text,
)

revision = "r0003"
down_revision = "r0002"

ID = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Add them."""
    op.add_column("chats", Column("title", Text))
    op.add_column("chats", Column("rules", JSON(none_as_null=True)))
    op.add_column("people", Column("name", Text))
    op.add_column("people", Column("username", String(64)))
    op.add_column("people", Column("daily", Integer))
    op.add_column("people", Column("allowed_at", Double))
    op.add_column("people", Column("banned_at", Double))
    op.create_index("ix_people_username", "people", ["username"])
    _add_turns()
    _create_chat_log()
    _create_group_allowances()
    _create_presets()
    _create_broadcasts()
    _create_counters()
    _create_alerts()


def _add_turns() -> None:
    op.add_column("tasks", Column("turn", Integer, server_default="0", nullable=False))
    op.add_column("tasks", Column("turn_in_chat", Integer, server_default="0", nullable=False))
    ordered, columns = text("submitted_at IS NOT NULL"), ["turn", "turn_in_chat"]
    op.create_index("ix_tasks_turn_turn_in_chat", "tasks", columns, sqlite_where=ordered, postgresql_where=ordered)


def _create_chat_log() -> None:
    op.create_table(
        "chat_log",
        Column("id", ID, nullable=False),
        Column("chat_id", BigInteger, nullable=False),
        Column("actor_id", BigInteger, nullable=False),
        Column("actor", Text, nullable=False),
        Column("change", JSON, nullable=False),
        Column("at", Double, nullable=False),
        PrimaryKeyConstraint("id", name="pk_chat_log"),
    )
    op.create_index("ix_chat_log_chat_id_id", "chat_log", ["chat_id", "id"])


def _create_group_allowances() -> None:
    op.create_table(
        "group_allowances",
        Column("chat_id", BigInteger, autoincrement=False, nullable=False),
        Column("member_id", BigInteger, autoincrement=False, nullable=False),
        Column("day", String(10), nullable=False),
        Column("used", Integer, nullable=False),
        Column("last_at", Double),
        PrimaryKeyConstraint("chat_id", "member_id", "day", name="pk_group_allowances"),
    )


def _create_presets() -> None:
    op.create_table(
        "presets",
        Column("owner_id", BigInteger, autoincrement=False, nullable=False),
        Column("name", String(32), nullable=False),
        Column("capability", String(32), nullable=False),
        Column("options", JSON, nullable=False),
        Column("created_at", Double, nullable=False),
        PrimaryKeyConstraint("owner_id", "name", name="pk_presets"),
    )


def _create_broadcasts() -> None:
    op.create_table(
        "broadcasts",
        Column("id", ID, nullable=False),
        Column("author_id", BigInteger, nullable=False),
        Column("lang", String(8), nullable=False),
        Column("message_id", BigInteger),
        Column("body", Text, nullable=False),
        Column("created_at", Double, nullable=False),
        Column("begun_at", Double),
        Column("ended_at", Double),
        PrimaryKeyConstraint("id", name="pk_broadcasts"),
    )
    op.create_table(
        "broadcast_posts",
        Column("broadcast_id", ID, nullable=False),
        Column("chat_id", BigInteger, autoincrement=False, nullable=False),
        Column("state", String(8), nullable=False),
        PrimaryKeyConstraint("broadcast_id", "chat_id", name="pk_broadcast_posts"),
        ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name="fk_broadcast_posts_broadcast_id_broadcasts",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_broadcast_posts_broadcast_id_state", "broadcast_posts", ["broadcast_id", "state"])


def _create_counters() -> None:
    op.create_table(
        "counters",
        Column("day", String(10), nullable=False),
        Column("chat_id", BigInteger, autoincrement=False, nullable=False),
        Column("name", String(32), nullable=False),
        Column("label", String(64), nullable=False),
        Column("value", BigInteger, nullable=False),
        PrimaryKeyConstraint("day", "chat_id", "name", "label", name="pk_counters"),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        Column("name", String(32), nullable=False),
        Column("raised_at", Double, nullable=False),
        Column("told_at", Double),
        PrimaryKeyConstraint("name", name="pk_alerts"),
    )
