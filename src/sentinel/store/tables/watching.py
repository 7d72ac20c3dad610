"""What was seen: cursors, hysteresis, the last sample of each check, signals."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from sentinel.store.column import Instant
from sentinel.store.tables.schema import metadata

# How far the input of each source has been consumed: batch numbers are contiguous, so a batch sent again is known.
cursor = Table(
    "cursor",
    metadata,
    Column("source", String(128), primary_key=True),
    Column("place", String(64), nullable=False),
    Column("batch", BigInteger, nullable=False),
    # How many observations have been stored of it.
    Column("stored", BigInteger, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

hysteresis = Table(
    "hysteresis",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("detector", String(32), primary_key=True),
    Column("state", Text, nullable=False),
)

# The last thing seen of each check, for the board.
latest = Table(
    "latest",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("shown", String(16), nullable=False),
    Column("shown_since", Instant, nullable=False),
)

check_name = Table(
    "check_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    UniqueConstraint("check", "place"),
)

signal = Table(
    "signal",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant, index=True),
    Column("body", Text, nullable=False),
)

# The last ping of each heartbeat.
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("pinged_at", Instant, nullable=False),
)

# What a heartbeat or a value said last, and the run that has not ended.
pushed = Table(
    "pushed",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("started_at", Instant),
    Column("run", String(64), nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
)

# Input that could not be taken in, kept for a person to look at: it must stop nobody else (F34).
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(128), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    # Since when, and when it was tried last, how often.
    Column("tried_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False, default=1),
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("source", "number"),
    sqlite_autoincrement=True,
)
