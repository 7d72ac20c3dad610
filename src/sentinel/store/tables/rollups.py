"""What was seen, rolled up: every check (its number, as in `check_name`) by hours, and by minutes."""

from sqlalchemy import Column, Integer, LargeBinary, Table

from sentinel.store.tables.schema import metadata

# Scheduled samples of one check in one hour (since 1970, UTC) by verdict, and the sketch of how long those took that had an
# answer. store/rollups.py knows how the bytes lie.
rollup_hour = Table(
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

# The same of its minutes, all in one.
rollup_minute = Table(
    "rollup_minute",
    metadata,
    Column("check_id", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False, index=True),
    Column("minutes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What has still to be rolled up, or anew.
rollup_due = Table(
    "rollup_due",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("check_id", Integer, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)
