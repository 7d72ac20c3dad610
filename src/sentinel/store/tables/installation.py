"""The installation itself, and the processes that serve it."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text

from sentinel.store.column import Instant
from sentinel.store.tables.schema import metadata

# One row, locked by every round: the guard, the kill switch of customers' lanes, and the epoch that knows a restored store.
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema", Integer, nullable=False),
    # The oldest schema whose hubs and workers may work on this one too.
    Column("reader", Integer, nullable=False, server_default="0"),
    Column("epoch", BigInteger, nullable=False),
    # How many commits there were (SQLite), or approvals and releases (PostgreSQL): a store that has fewer than somebody saw was
    # put back from a copy.
    Column("rounds", BigInteger, nullable=False, default=0),
    Column("hold", Boolean, nullable=False, default=False),
    Column("hold_why", Text, nullable=False, default=""),
    Column("hold_at", Instant),
    # Signs unsubscribe tokens. On SQLite it lies beside the store, on PostgreSQL here, where every hub and worker finds it.
    Column("key", LargeBinary),
    # PostgreSQL: the cluster, timeline and database that this lies in. Somewhere else means that it was put back from a copy.
    Column("cluster", String(128), nullable=False, default="", server_default=""),
    # When a hub last said that it listens, and since when one has done so without a gap: what heartbeats are counted by.
    Column("seen_at", Instant),
    Column("up_since", Instant),
    # While a store that was put back waits for a release: when the backup was made, and when it was put back.
    Column("restored_from", Instant),
    Column("restored_at", Instant),
)

# The hubs and workers that share the store: who is there, since when, and of which version.
process = Table(
    "process",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("schema", Integer, nullable=False),
    # Where its prober probes from; hubs of one place share its checks.
    Column("place", String(64), nullable=False, default="", server_default=""),
    Column("lanes", String(255), nullable=False, default=""),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# Trouble of our own that staff are told of once: since when, when they were told, when it was over.
trouble = Table(
    "trouble",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("told_at", Instant),
    Column("cleared_at", Instant),
    # Until when one process tells staff of it and no other does; and when they were told of its end.
    Column("tell_until", Instant),
    Column("end_told_at", Instant),
)
