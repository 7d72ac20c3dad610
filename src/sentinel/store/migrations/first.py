"""The tables as the first version made them, schema 2. Frozen: nobody changes this any more."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def _table(name: str, *parts: SchemaItem, sqlite_autoincrement: bool = False) -> None:
    Table(name, metadata, *parts, sqlite_autoincrement=sqlite_autoincrement)


_table(
    "installation",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("rounds", BigInteger, nullable=False, default=0),
    Column("hold", Boolean, nullable=False, default=False),
    Column("hold_why", Text, nullable=False, default=""),
    Column("hold_at", BigInteger),
)
_table(
    "cursor",
    Column("source", String(128), primary_key=True),
    Column("place", String(64), nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
_table(
    "hysteresis",
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("detector", String(32), primary_key=True),
    Column("state", Text, nullable=False),
)
_table(
    "latest",
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("shown", String(16), nullable=False),
    Column("shown_since", BigInteger, nullable=False),
)
_table(
    "check_name",
    Column("id", Integer, primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    UniqueConstraint("check", "place"),
)
_table(
    "signal",
    Column("id", String(255), primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger, index=True),
    Column("body", Text, nullable=False),
)
_table(
    "incident",
    Column("id", Integer, primary_key=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("ended_at", BigInteger, index=True),
    Column("opened_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
_table(
    "entry",
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("said", Text, nullable=False),
    Column("why", Text, nullable=False),
)
_table(
    "estimate",
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("p50", BigInteger),
    Column("p80", BigInteger),
    Column("confidence", Float, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("scope", String(200), nullable=False),
    sqlite_autoincrement=True,
)
_table(
    "promise",
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("notice", Integer, nullable=False),
    Column("estimate", Integer),
    Column("state", String(16), nullable=False),
    Column("settled_at", BigInteger),
    sqlite_autoincrement=True,
)
_table(
    "notice",
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("cause", Integer, nullable=False),
    Column("occasion", String(16), nullable=False),
    Column("towards", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("approval", Integer),
    Column("promise", Integer),
    Column("snapshot", Integer),
    Column("void_at", BigInteger),
    Column("void_why", Text, nullable=False, default=""),
    Column("sendable_until", BigInteger),
    Column("release_at", BigInteger),
    Column("words_of", Integer),
    Column("expanded", Boolean, nullable=False, default=False),
    UniqueConstraint("subject", "episode", "step", "cause"),
    sqlite_autoincrement=True,
)
_table(
    "brief",
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
_table(
    "draft",
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", Text, nullable=False),
)
_table(
    "approval",
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False, unique=True),
    Column("by", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("draft_hash", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("counted", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", Text, nullable=False),
    sqlite_autoincrement=True,
)
_table(
    "snapshot",
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False, default=False),
    Column("admitted", Integer, nullable=False, default=0),
    Column("left_out", Text, nullable=False, default="{}"),
    Column("problems", Text, nullable=False, default="[]"),
    UniqueConstraint("subject", "episode", "rule"),
    sqlite_autoincrement=True,
)
_table(
    "snapshot_person",
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    Column("person", String(128), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("address", String(320), nullable=False),
    Column("language", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("reason", String(32)),
)
_table(
    "delivery",
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False),
    Column("snapshot", Integer),
    Column("lane", String(16), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("person", String(128), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", String(320), nullable=False),
    Column("language", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", BigInteger, nullable=False, default=0),
    Column("lease_until", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("armed_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("ref", String(255), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    UniqueConstraint("subject", "episode", "step", "person", name="once_a_person"),
    UniqueConstraint("subject", "episode", "step", "address", name="once_an_address"),
    Index("to_do", "lane", "state", "due_at"),
    Index("of_notice", "notice", "state"),
    sqlite_autoincrement=True,
)
_table(
    "unsubscribed",
    Column("person", String(128), primary_key=True),
    Column("at", BigInteger, nullable=False),
)
_table(
    "session",
    Column("token_hash", String(64), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("mark", String(128), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
_table(
    "audit",
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("account", String(320), nullable=False, default=""),
    Column("key", String(255)),
    Column("command", Text, nullable=False),
    Column("result", Text, nullable=False),
    UniqueConstraint("account", "key"),
    sqlite_autoincrement=True,
)
_table(
    "account",
    Column("email", String(320), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("roles", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)
_table(
    "token",
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("rights", Text, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
    sqlite_autoincrement=True,
)
_table(
    "contact",
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("statement", String(128), nullable=False, default=""),
    Column("who", String(200), nullable=False),
    sqlite_autoincrement=True,
)
_table(
    "subscriber",
    Column("person", String(128), primary_key=True),
    Column("address", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False, default=""),
    Column("language", String(16), nullable=False, default=""),
    Column("zone", String(64), nullable=False, default=""),
    Column("services", Text, nullable=False, default="[]"),
    Column("since", BigInteger, nullable=False),
)
