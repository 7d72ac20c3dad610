"""What the fifth migration adds: schema 6. Once it is published nobody changes this any more."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

metadata = MetaData()

Table(
    "episode",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("service", String(64), nullable=False),
    Column("impact", String(32), nullable=False),
    Column("cause", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("recovered_at", BigInteger),
    Column("over_at", BigInteger, index=True),
)
Table(
    "shadow",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("p50", BigInteger),
    Column("p80", BigInteger),
    Column("curve", Text, nullable=False),
)
