"""Notices: briefs, drafts, approvals, and the frozen answers of audience rules."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint

from sentinel.store.column import Instant
from sentinel.store.tables.schema import metadata

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("cause", Integer, nullable=False),
    Column("occasion", String(16), nullable=False),
    Column("towards", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("approval", Integer),
    Column("promise", Integer),
    Column("snapshot", Integer),
    Column("void_at", Instant),
    Column("void_why", Text, nullable=False, default=""),
    Column("sendable_until", Instant),
    Column("release_at", Instant),
    Column("words_of", Integer),
    # Everybody of the snapshot has a row in the ledger: the round need not look again.
    Column("expanded", Boolean, nullable=False, default=False),
    # The last person of the snapshot who was looked at: people are given their rows in the order of their ids.
    Column("reached", String(128), nullable=False, default="", server_default=""),
    # When its first batch was judged good, or a person had it go on; or since when (and why) it is paused: then nothing goes.
    Column("tried_at", Instant),
    Column("paused_at", Instant),
    Column("paused_why", Text, nullable=False, default="", server_default=""),
    UniqueConstraint("subject", "episode", "step", "cause"),
    sqlite_autoincrement=True,
)

# What is sent to staff, made once with its notice, so that the desk reads what was true when it became due.
brief = Table(
    "brief",
    metadata,
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
    # The facts that the words were made from: the slots are filled from these and nothing else.
    Column("facts", Text, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False, unique=True),
    Column("by", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("draft_hash", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("counted", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", Text, nullable=False),
    sqlite_autoincrement=True,
)

# One frozen answer of an audience rule, shared by redrafts of one rule within an episode.
snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("complete", Boolean, nullable=False, default=False),
    Column("admitted", Integer, nullable=False, default=0),
    Column("left_out", Text, nullable=False, default="{}"),
    Column("problems", Text, nullable=False, default="[]"),
    # Which reading writes its people, and until when nobody else begins one.
    Column("reader", String(64), nullable=False, default="", server_default=""),
    Column("read_until", Instant),
    UniqueConstraint("subject", "episode", "rule"),
    sqlite_autoincrement=True,
)

snapshot_person = Table(
    "snapshot_person",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    Column("person", String(128), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("address", String(320), nullable=False),
    Column("language", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("reason", String(32)),
)

# Who has consented to a draft so far, where one person is not enough. The approval is written with the last one needed.
signature = Table(
    "signature",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False),
    Column("account", String(320), nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("draft_hash", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("counted", Integer, nullable=False),
    UniqueConstraint("notice", "draft_hash", "account"),
    sqlite_autoincrement=True,
)

# How many messages to customers were put on their way in each five minutes, for the caps of the whole installation.
spent = Table(
    "spent",
    metadata,
    Column("since", Instant, primary_key=True),
    Column("messages", Integer, nullable=False),
)
