"""Each channel finds what it may claim without looking at what waits for the others: an index that is only added."""

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"
schema = 9
reader = 8


def upgrade() -> None:
    claimable = text("state IN ('queued', 'retry')")
    columns = ["lane", "state", "channel", "due_at", "id"]
    op.create_index("to_claim", "delivery", columns, sqlite_where=claimable, postgresql_where=claimable)
