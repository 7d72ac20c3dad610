"""What the sixth migration adds: schema 7. Once it is published nobody changes this any more."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()
_MANY = BigInteger().with_variant(Integer, "sqlite")

Table(
    "contact_count",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("service", String(64), primary_key=True),
    Column("statement", String(128), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Index("contact_topic", "service", "statement", "slot"),
    Index("contact_slot", "slot"),
)
Table(
    "contact_customer",
    metadata,
    Column("id", _MANY, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("service", String(64), nullable=False),
    Column("statement", String(128), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("reference", String(128), nullable=False, index=True),
    Column("at", BigInteger),
    Index("contact_customer_of", "slot", "source"),
    sqlite_autoincrement=True,
)
Table(
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

TAPS = """
INSERT INTO contact_count (source, slot, service, statement, channel, count, at)
SELECT 'desk', at / 900000000, service, statement, 'phone', count(*), max(at) FROM contact
GROUP BY at / 900000000, service, statement
"""
"""What the desk has tapped so far, by quarters of an hour."""
