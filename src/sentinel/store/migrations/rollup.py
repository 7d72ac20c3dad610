"""What the migration of roll-ups adds: schema 8. Once it is published nobody changes this any more."""

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

metadata = MetaData()

Table(
    "rollup_hour",
    metadata,
    Column("check_id", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False, index=True),
    Column("up", Integer, nullable=False),
    Column("degraded", Integer, nullable=False),
    Column("down", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("times", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "rollup_minute",
    metadata,
    Column("check_id", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False, index=True),
    Column("minutes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Table(
    "rollup_due",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("check_id", Integer, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)
