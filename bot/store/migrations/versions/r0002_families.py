"""What the vendor's other families need: findings, collected pictures, albums, LoRAs with their owners."""

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
)

revision = "r0002"
down_revision = "r0001"

ID = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Add them."""
    op.add_column("tasks", Column("notes", JSON(none_as_null=True)))
    op.add_column("tasks", Column("found", JSON(none_as_null=True)))
    op.add_column("tasks", Column("progress", Double))
    op.add_column("pictures", Column("preview_id", BigInteger))
    op.add_column("dialogs", Column("picture", String(64)))
    _create_collected()
    _create_albums()
    _create_loras()


def _create_collected() -> None:
    op.create_table(
        "collected",
        Column("id", ID, nullable=False),
        Column("collection_id", BigInteger, nullable=False),
        Column("task_id", ID),
        Column("source", JSON, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("name", String(64), nullable=False),
        Column("created_at", Double, nullable=False),
        PrimaryKeyConstraint("id", name="pk_collected"),
        ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_collected_task_id_tasks", ondelete="SET NULL"),
        UniqueConstraint("collection_id", "digest", name="uq_collected_collection_id_digest"),
    )


def _create_albums() -> None:
    op.create_table(
        "albums",
        Column("chat_id", BigInteger, autoincrement=False, nullable=False),
        Column("album_id", String(64), nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("command", JSON(none_as_null=True)),
        Column("photos", JSON, nullable=False),
        Column("created_at", Double, nullable=False),
        PrimaryKeyConstraint("chat_id", "album_id", name="pk_albums"),
    )
    op.create_index("ix_albums_created_at", "albums", ["created_at"])


def _create_loras() -> None:
    op.create_table(
        "loras",
        Column("id", String(128), nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("task_id", ID),
        Column("name", String(64), nullable=False),
        Column("base_model_type", Text, nullable=False),
        Column("trigger_words", Text, nullable=False),
        Column("created_at", Double, nullable=False),
        PrimaryKeyConstraint("id", name="pk_loras"),
        ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_loras_task_id_tasks", ondelete="SET NULL"),
    )
    op.create_index("ix_loras_owner_id", "loras", ["owner_id"])
    op.create_table(
        "lora_shares",
        Column("lora_id", String(128), nullable=False),
        Column("chat_id", BigInteger, autoincrement=False, nullable=False),
        PrimaryKeyConstraint("lora_id", "chat_id", name="pk_lora_shares"),
        ForeignKeyConstraint(["lora_id"], ["loras.id"], name="fk_lora_shares_lora_id_loras", ondelete="CASCADE"),
    )
    op.create_index("ix_lora_shares_chat_id", "lora_shares", ["chat_id"])
