"""Incidents: their timelines, episodes, estimates and promises, and who called."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

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

# Kept beside the timeline, so that what is learned and graded can be read without folding every timeline there is.
episode = Table(
    "episode",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("service", String(64), nullable=False),
    Column("impact", String(32), nullable=False),
    Column("cause", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("recovered_at", Instant),
    Column("over_at", Instant, index=True),
)

shadow = Table(
    "shadow",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("mark", Duration, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("p50", Duration),
    Column("p80", Duration),
    Column("curve", Text, nullable=False),
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

# How many contacted us in a quarter of an hour (slot: its number since 1970), as its source counted them; the desk's taps too.
contact_count = Table(
    "contact_count",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("service", String(64), primary_key=True),
    Column("statement", String(128), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Index("contact_topic", "service", "statement", "slot"),
    Index("contact_slot", "slot"),
)

# Who contacted us, where the source knows: a customer's reference. Personal data (traces.py, retention.py).
contact_customer = Table(
    "contact_customer",
    metadata,
    Column("id", Number, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("service", String(64), nullable=False),
    Column("statement", String(128), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("reference", String(128), nullable=False, index=True),
    Column("at", Instant),
    Index("contact_customer_of", "slot", "source"),
    sqlite_autoincrement=True,
)

# What is usual of a topic in the quarter of an hour that was judged last, for pages.
contact_usual = Table(
    "contact_usual",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("statement", String(128), primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("quarter", Float, nullable=False),
    Column("hour", Float, nullable=False),
    Column("learned", Boolean, nullable=False),
    Column("known", Text, nullable=False),
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
