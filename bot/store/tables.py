"""The tables. Times are unix seconds; ids of chats and people are Telegram's."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up only an INTEGER primary key.
Id = BigInteger().with_variant(Integer, "sqlite")

# An update is a row before it is confirmed to Telegram; settled when its effect is committed.
inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", JSON, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("settled_at", Double),
    Index(
        "ix_inbox_open",
        "update_id",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
    Index("ix_inbox_settled_at", "settled_at"),
)

# One request of one person, from its order to its picture.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_key", String(64), nullable=False, unique=True),  # what ordered it; its second arrival is refused
    Column("capability", String(32), nullable=False),
    Column("kind", String(160), nullable=False),  # capability and model: what usually takes the same time
    Column("owner_id", BigInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),
    Column("message_id", BigInteger),  # the message that asked, to be replied to
    Column("lang", String(8), nullable=False),
    Column("request", JSON, nullable=False),  # the capability's answers
    Column("state", String(16), nullable=False),
    Column("next_at", Double),  # due time and lease expiry in one; NULL: nothing is left to do
    Column("turn", Integer, nullable=False, server_default="0"),  # its place in the queue: first whose turn, ...
    Column("turn_in_chat", Integer, nullable=False, server_default="0"),  # ... then which of its chat's
    Column("lease_token", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("vendor_id", String(128)),
    Column("error_code", Integer),
    Column("reason", JSON(none_as_null=True)),  # a dumped sentence for the user, where the code says too little
    Column("allowance_day", String(10)),  # the day whose allowance it holds
    Column("reserved", Integer, nullable=False, server_default="0"),  # pictures it still holds of that day
    Column("notes", JSON(none_as_null=True)),  # dumped sentences about what was changed to carry it out
    Column("progress", Double),  # 0 to 1, where the vendor says how far it is
    Column("found", JSON(none_as_null=True)),  # what it brought besides pictures: faces, a LoRA
    Column("status_message_id", BigInteger),
    Column("buttons_message_id", BigInteger),
    Column("parent_id", Id, ForeignKey("tasks.id", ondelete="SET NULL")),
    Column("parent_index", Integer),
    Column("created_at", Double, nullable=False),
    Column("submitted_at", Double),
    Column("finished_at", Double),
    Column("deadline_at", Double, nullable=False),
    Index(
        None,
        "turn",
        "turn_in_chat",
        sqlite_where=text("submitted_at IS NOT NULL"),
        postgresql_where=text("submitted_at IS NOT NULL"),
    ),
    # Tasks that nothing is left to do about are most, and none of the tracker's business.
    Index(
        None, "state", "next_at", sqlite_where=text("next_at IS NOT NULL"), postgresql_where=text("next_at IS NOT NULL")
    ),
    Index(None, "owner_id", "created_at"),
    Index(None, "owner_id", "state"),
    Index(None, "chat_id", "created_at"),
    Index(None, "kind", "finished_at"),
    Index(None, "parent_id"),
    sqlite_autoincrement=True,  # an id is never given again: an old result's buttons must not reach a new task
)

# What a task brought: a picture, or why there is none.
pictures = Table(
    "pictures",
    metadata,
    Column("task_id", Id, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("seed", BigInteger),
    Column("small_url", Text),
    Column("raw_url", Text),
    Column("error_code", String(32), nullable=False),
    Column("message_id", BigInteger),  # where it was delivered; 0: in a group that has become a supergroup since
    Column("preview_id", BigInteger),  # the message before it that shows what it looks like, where it has one
    Column("photo_id", Text),  # Telegram's file_id as a photo
    Column("document_id", Text),  # Telegram's file_id as a file
)

# A question that waits for its answer, one a (chat, topic, person).
dialogs = Table(
    "dialogs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False, server_default="0"),
    Column("owner_id", BigInteger, nullable=False),
    Column("capability", String(32), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("answers", JSON, nullable=False),
    Column("screen", String(64), nullable=False),  # which page of the panel, or which question
    Column("origin_id", BigInteger),  # the message that began it
    Column("message_id", BigInteger),  # the bot's message that shows it
    Column("picture", String(64)),  # which picture that message shows; NULL: none, it is text
    Column("version", Integer, nullable=False, server_default="1"),  # counted up by every change
    Column("shown", Integer, nullable=False, server_default="0"),  # the version that was last shown
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    UniqueConstraint("chat_id", "thread_id", "owner_id"),
    Index(None, "expires_at"),
    sqlite_autoincrement=True,  # an id is never given again: an old panel's buttons must not reach a new dialog
)

people = Table(
    "people",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("lang", String(8)),  # chosen by the person; NULL: the client's
    Column("choices", JSON, nullable=False),  # last options, by capability
    Column("seen_at", Double, nullable=False),
    Column("name", Text),  # as Telegram last showed it
    Column("username", String(64)),  # in lower case, without the @
    Column("daily", Integer),  # pictures a day that the operator grants; NULL: as everybody
    Column("allowed_at", Double),  # let in by the operator, where only those may use the bot
    Column("banned_at", Double),
    Index(None, "username"),
)

chats = Table(
    "chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("migrated_to", BigInteger),
    Column("blocked_at", Double),  # the bot was blocked or removed: nothing is written there
    Column("title", Text),
    Column("rules", JSON(none_as_null=True)),  # what the group's admins have set
)

# Who changed a group's rules, and how.
chat_log = Table(
    "chat_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),  # the name at that time
    Column("change", JSON, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "chat_id", "id"),
)

# Pictures of a day that are used or reserved in a group: by a member, or by all of it (member 0).
group_allowances = Table(
    "group_allowances",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("used", Integer, nullable=False),
    Column("last_at", Double),  # the last accepted request
    Index(None, "member_id", "day"),
)

# Pictures of a day's allowance that are used or reserved. scope: "user", the only one so far.
allowances = Table(
    "allowances",
    metadata,
    Column("scope", String(8), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("used", Integer, nullable=False),
    Column("last_at", Double),  # the last accepted request
)

# Pictures that are collected over many messages. A collection goes by the id of the dialog that began it.
collected = Table(
    "collected",
    metadata,
    Column("id", Id, primary_key=True),
    Column("collection_id", BigInteger, nullable=False),
    Column("task_id", Id, ForeignKey("tasks.id", ondelete="SET NULL")),  # the last that it was ordered for
    Column("source", JSON, nullable=False),  # where it is to be had
    Column("digest", String(64), nullable=False),  # of its content: the same picture counts once
    Column("name", String(64), nullable=False),  # of its copy that is offered to the vendor
    Column("created_at", Double, nullable=False),
    UniqueConstraint("collection_id", "digest"),
)

# Pictures that were sent together: each comes as a message of its own, the caption only with one of them.
albums = Table(
    "albums",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("album_id", String(64), primary_key=True),  # Telegram's media_group_id
    Column("owner_id", BigInteger, nullable=False),
    Column("command", JSON(none_as_null=True)),  # what its caption asks for
    Column("dialog_id", BigInteger),  # which dialog it answers
    Column("photos", JSON, nullable=False),  # their sources, in order
    Column("created_at", Double, nullable=False),
    Index(None, "created_at"),
)

# LoRAs that were trained here: each is its owner's alone, and of the groups that it is shared with.
loras = Table(
    "loras",
    metadata,
    Column("id", String(128), primary_key=True),  # the vendor's
    Column("owner_id", BigInteger, nullable=False),
    Column("task_id", Id, ForeignKey("tasks.id", ondelete="SET NULL")),
    Column("name", String(64), nullable=False),
    Column("base_model_type", Text, nullable=False),  # the vendor's word for the models that it goes with
    Column("trigger_words", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "owner_id"),
)

lora_shares = Table(
    "lora_shares",
    metadata,
    Column("lora_id", String(128), ForeignKey("loras.id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "chat_id"),
)

# Options under a name, one's own.
presets = Table(
    "presets",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(32), primary_key=True),
    Column("capability", String(32), nullable=False),
    Column("options", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
)

# What the operator writes to everybody, and to whom it has gone.
broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("author_id", BigInteger, nullable=False),
    Column("lang", String(8), nullable=False),  # the author's
    Column("message_id", BigInteger),  # what shows the author how far it is
    Column("body", Text, nullable=False),  # Telegram's HTML
    Column("created_at", Double, nullable=False),
    Column("begun_at", Double),  # confirmed; NULL: a preview
    Column("ended_at", Double),
)

broadcast_posts = Table(
    "broadcast_posts",
    metadata,
    Column("broadcast_id", Id, ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(8), nullable=False),  # "due", "sent" or "failed"
    Index(None, "broadcast_id", "state"),
)

# Figures of a day that outlive the rows they were counted from. chat_id: a group's, or 0 for private chats.
counters = Table(
    "counters",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(32), primary_key=True),
    Column("label", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# What the owners are told once, until it is over.
alerts = Table(
    "alerts",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("raised_at", Double, nullable=False),
    Column("told_at", Double),
)
