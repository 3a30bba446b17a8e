"""An album that answers a dialog is known as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("albums", sa.Column("dialog_id", sa.BigInteger))
