"""The first tables."""

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
    UniqueConstraint,
    text,
)

revision = "r0001"
down_revision = None

ID = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    _create_inbox()
    _create_tasks()
    _create_pictures()
    _create_dialogs()
    _create_people()
    _create_chats()
    _create_allowances()


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        Column("update_id", BigInteger, autoincrement=False, nullable=False),
        Column("body", JSON, nullable=False),
        Column("received_at", Double, nullable=False),
        Column("attempts", Integer, server_default="0", nullable=False),
        Column("settled_at", Double),
        PrimaryKeyConstraint("update_id", name="pk_inbox"),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["update_id"],
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    )
    op.create_index("ix_inbox_settled_at", "inbox", ["settled_at"])


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        Column("id", ID, nullable=False),
        Column("order_key", String(64), nullable=False),
        Column("capability", String(32), nullable=False),
        Column("kind", String(160), nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("chat_id", BigInteger, nullable=False),
        Column("thread_id", BigInteger),
        Column("message_id", BigInteger),
        Column("lang", String(8), nullable=False),
        Column("request", JSON, nullable=False),
        Column("state", String(16), nullable=False),
        Column("next_at", Double),
        Column("lease_token", Integer, server_default="0", nullable=False),
        Column("attempts", Integer, server_default="0", nullable=False),
        Column("vendor_id", String(128)),
        Column("error_code", Integer),
        Column("reason", JSON(none_as_null=True)),
        Column("allowance_day", String(10)),
        Column("reserved", Integer, server_default="0", nullable=False),
        Column("status_message_id", BigInteger),
        Column("buttons_message_id", BigInteger),
        Column("parent_id", ID),
        Column("parent_index", Integer),
        Column("created_at", Double, nullable=False),
        Column("submitted_at", Double),
        Column("finished_at", Double),
        Column("deadline_at", Double, nullable=False),
        ForeignKeyConstraint(["parent_id"], ["tasks.id"], name="fk_tasks_parent_id", ondelete="SET NULL"),
        PrimaryKeyConstraint("id", name="pk_tasks"),
        UniqueConstraint("order_key", name="uq_tasks_order_key"),
    )
    op.create_index("ix_tasks_chat_id_created_at", "tasks", ["chat_id", "created_at"])
    op.create_index("ix_tasks_kind_finished_at", "tasks", ["kind", "finished_at"])
    op.create_index("ix_tasks_owner_id_created_at", "tasks", ["owner_id", "created_at"])
    op.create_index("ix_tasks_owner_id_state", "tasks", ["owner_id", "state"])
    op.create_index(
        "ix_tasks_state_next_at",
        "tasks",
        ["state", "next_at"],
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    )


def _create_pictures() -> None:
    op.create_table(
        "pictures",
        Column("task_id", ID, nullable=False),
        Column("index", Integer, autoincrement=False, nullable=False),
        Column("seed", BigInteger),
        Column("small_url", Text),
        Column("raw_url", Text),
        Column("error_code", String(32), nullable=False),
        Column("message_id", BigInteger),
        Column("photo_id", Text),
        Column("document_id", Text),
        ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_pictures_task_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("task_id", "index", name="pk_pictures"),
    )


def _create_dialogs() -> None:
    op.create_table(
        "dialogs",
        Column("id", ID, nullable=False),
        Column("chat_id", BigInteger, nullable=False),
        Column("thread_id", BigInteger, server_default="0", nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("capability", String(32), nullable=False),
        Column("lang", String(8), nullable=False),
        Column("answers", JSON, nullable=False),
        Column("screen", String(64), nullable=False),
        Column("origin_id", BigInteger),
        Column("message_id", BigInteger),
        Column("version", Integer, server_default="1", nullable=False),
        Column("shown", Integer, server_default="0", nullable=False),
        Column("created_at", Double, nullable=False),
        Column("expires_at", Double, nullable=False),
        PrimaryKeyConstraint("id", name="pk_dialogs"),
        UniqueConstraint("chat_id", "thread_id", "owner_id", name="uq_dialogs_chat_id_thread_id_owner_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dialogs_expires_at", "dialogs", ["expires_at"])


def _create_people() -> None:
    op.create_table(
        "people",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("lang", String(8)),
        Column("choices", JSON, nullable=False),
        Column("seen_at", Double, nullable=False),
        PrimaryKeyConstraint("id", name="pk_people"),
    )


def _create_chats() -> None:
    op.create_table(
        "chats",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("migrated_to", BigInteger),
        Column("blocked_at", Double),
        PrimaryKeyConstraint("id", name="pk_chats"),
    )


def _create_allowances() -> None:
    op.create_table(
        "allowances",
        Column("scope", String(8), nullable=False),
        Column("subject_id", BigInteger, autoincrement=False, nullable=False),
        Column("day", String(10), nullable=False),
        Column("used", Integer, nullable=False),
        Column("last_at", Double),
        PrimaryKeyConstraint("scope", "subject_id", "day", name="pk_allowances"),
    )
