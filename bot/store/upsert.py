"""`INSERT ... ON CONFLICT` for both databases: SQLite's compiler takes PostgreSQL's construct (not the reverse)."""

from sqlalchemy.dialects.postgresql import insert

__all__ = ["insert"]
