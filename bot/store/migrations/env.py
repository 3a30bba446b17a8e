"""What Alembic runs: the migrations, on the connection and in the transaction that `bot.store.migrate` hands over."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by replacing it
)
context.run_migrations()
