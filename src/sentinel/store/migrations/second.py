"""What the second migration adds, as it added it: schema 3. Frozen: nobody changes this any more."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def _table(name: str, *parts: SchemaItem, sqlite_autoincrement: bool = False) -> None:
    Table(name, metadata, *parts, sqlite_autoincrement=sqlite_autoincrement)


_table(
    "anchor",
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("seal", String(64), nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
)
_table(
    "broken",
    Column("channel", String(64), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("told_at", BigInteger),
    Column("mended_at", BigInteger),
)
_table(
    "callback",
    Column("provider", String(64), primary_key=True),
    Column("event", String(255), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("delivery", BigInteger),
)
_table(
    "erasure",
    Column("mark", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(200), nullable=False),
    Column("why", Text, nullable=False),
)
_table(
    "heartbeat",
    Column("check", String(160), primary_key=True),
    Column("pinged_at", BigInteger, nullable=False),
)
_table(
    "process",
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("schema", Integer, nullable=False),
    Column("place", String(64), nullable=False, server_default=""),
    Column("lanes", String(255), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
_table(
    "quarantine",
    Column("id", Integer, primary_key=True),
    Column("source", String(128), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("tried_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("source", "number"),
    sqlite_autoincrement=True,
)
_table(
    "rate",
    Column("key", String(255), primary_key=True),
    Column("arrival_at", BigInteger, nullable=False),
    Column("rest_until", BigInteger),
)
_table(
    "signature",
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False),
    Column("account", String(320), nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("draft_hash", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("counted", Integer, nullable=False),
    UniqueConstraint("notice", "draft_hash", "account"),
    sqlite_autoincrement=True,
)
_table(
    "spent",
    Column("since", BigInteger, primary_key=True),
    Column("messages", Integer, nullable=False),
)
_table(
    "trouble",
    Column("name", String(160), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("told_at", BigInteger),
    Column("cleared_at", BigInteger),
)


def columns() -> Mapping[str, tuple[Column[Any], ...]]:
    """Table → the columns that it gets, made afresh: a column belongs to one table only."""
    return {
        "audit": (
            Column("digest", String(64), nullable=False, server_default=""),
            Column("seal", String(64), nullable=False, server_default=""),
            Column("seq", BigInteger, nullable=False, server_default="0"),
            Column("salt", String(32), nullable=False, server_default=""),
            Column("erased_at", BigInteger),
        ),
        "delivery": (
            Column("dedupes_until", BigInteger),
            Column("doubted_at", BigInteger),
            Column("bounced_at", BigInteger),
            Column("bounce_why", Text),
            Column("instead_of", BigInteger),
        ),
        "installation": (
            Column("reader", Integer, nullable=False, server_default="0"),
            Column("key", LargeBinary),
            Column("cluster", String(128), nullable=False, server_default=""),
            Column("seen_at", BigInteger),
            Column("up_since", BigInteger),
            Column("restored_from", BigInteger),
            Column("restored_at", BigInteger),
        ),
        "notice": (
            Column("reached", String(128), nullable=False, server_default=""),
            Column("tried_at", BigInteger),
            Column("paused_at", BigInteger),
            Column("paused_why", Text, nullable=False, server_default=""),
        ),
        "snapshot": (
            Column("reader", String(64), nullable=False, server_default=""),
            Column("read_until", BigInteger),
        ),
    }


INDEXES: Final[tuple[tuple[str, str, tuple[str, ...], str | None], ...]] = (
    ("ix_audit_seq", "audit", ("seq",), None),
    (
        "by_address",
        "delivery",
        (
            "address",
            "made_at",
        ),
        None,
    ),
    (
        "by_person",
        "delivery",
        (
            "person",
            "made_at",
        ),
        None,
    ),
    ("of_ref", "delivery", ("ref",), "ref != ''"),
)
"""(name, table, columns, of which rows only)."""
