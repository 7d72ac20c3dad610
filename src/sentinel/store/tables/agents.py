"""The agents of places: who was asked for, who enrolled, who is heard of."""

from sqlalchemy import Column, Integer, String, Table, Text

from sentinel.store.column import Instant
from sentinel.store.tables.schema import metadata

# Hashes alone: what opens anything is with the agent, and was shown once to whoever asked for it.
agent = Table(
    "agent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place", String(64), nullable=False),
    Column("enrol_hash", String(64), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False, default="", server_default="", index=True),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("enrolled_at", Instant),
    Column("revoked_at", Instant),
    # Its last report, by the hub's clock.
    Column("seen_at", Instant),
    Column("host", String(255), nullable=False, default="", server_default=""),
    Column("version", String(32), nullable=False, default="", server_default=""),
    # The kinds of checks that it can look at, as JSON.
    Column("kinds", Text, nullable=False, default="[]", server_default="[]"),
    sqlite_autoincrement=True,
)
