"""What the fourth migration adds: schema 5. Once it is published nobody changes this any more."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

metadata = MetaData()

Table(
    "agent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("place", String(64), nullable=False),
    Column("enrol_hash", String(64), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False, server_default="", index=True),
    Column("made_by", String(200), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("enrolled_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("seen_at", BigInteger),
    Column("host", String(255), nullable=False, server_default=""),
    Column("version", String(32), nullable=False, server_default=""),
    Column("kinds", Text, nullable=False, server_default="[]"),
    sqlite_autoincrement=True,
)
Table(
    "pushed",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("started_at", BigInteger),
    Column("run", String(64), nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
)
