"""Each channel finds what it may claim without looking at what waits for the others: an index that is only added."""

from typing import Final

from alembic import op
from sqlalchemy import Connection, text

revision = "0008"
down_revision = "0007"
schema = 9
reader = 8

ON: Final = "delivery (lane, state, channel, due_at, id) WHERE state IN ('queued', 'retry')"
# Whoever has this lock builds nothing beside us: an index that is not valid is what a build left that was broken off.
WHOLE_OR_GONE: Final = """
do $$ begin
    lock table delivery in share update exclusive mode;
    if exists (select from pg_index where indexrelid = to_regclass('to_claim') and not indisvalid) then
        drop index to_claim;
    end if;
end $$
"""


def ahead(connection: Connection) -> None:
    """Build it while hubs write: in a transaction they would wait until the whole ledger has been read."""
    connection.execute(text(WHOLE_OR_GONE))
    # It waits for whoever was writing before, and holds nobody up meanwhile.
    connection.execute(text("set statement_timeout = 0"))
    connection.execute(text("set lock_timeout = 0"))
    connection.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS to_claim ON {ON}"))


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(WHOLE_OR_GONE)
    op.execute(f"CREATE INDEX IF NOT EXISTS to_claim ON {ON}")
