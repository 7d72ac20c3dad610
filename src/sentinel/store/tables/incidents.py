"""Incidents: their timelines, estimates and promises, and who called."""

from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text

from sentinel.store.column import Duration, Instant, Number
from sentinel.store.tables.schema import metadata

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("ended_at", Instant, index=True),
    Column("opened_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

entry = Table(
    "entry",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("said", Text, nullable=False),
    Column("why", Text, nullable=False),
)

estimate = Table(
    "estimate",
    metadata,
    Column("id", Number, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("p50", Duration),
    Column("p80", Duration),
    Column("confidence", Float, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("scope", String(200), nullable=False),
    sqlite_autoincrement=True,
)

promise = Table(
    "promise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("notice", Integer, nullable=False),
    Column("estimate", Integer),
    Column("state", String(16), nullable=False),
    Column("settled_at", Instant),
    sqlite_autoincrement=True,
)

# One row a caller, as the desk counted them: by service and, where known, by what they feel.
contact = Table(
    "contact",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("statement", String(128), nullable=False, default=""),
    Column("who", String(200), nullable=False),
    sqlite_autoincrement=True,
)
