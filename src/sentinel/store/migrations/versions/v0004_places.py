"""Agents of places, and what heartbeats and values said last: tables that are only added. And claims find rows in order, and
rounds those that are doubted."""

from alembic import op
from sqlalchemy import text

from sentinel.store.migrations.fourth import metadata

revision = "0004"
down_revision = "0003"
schema = 5
reader = 3


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.drop_index("to_do", "delivery")
    op.create_index("to_do", "delivery", ["lane", "state", "due_at", "id"])
    doubted = text("doubted_at IS NOT NULL")
    op.create_index("doubted", "delivery", ["lane", "state", "dedupes_until"], sqlite_where=doubted, postgresql_where=doubted)
