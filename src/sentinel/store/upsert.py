"""INSERT with ON CONFLICT, in the dialect of the connection that it is for."""

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite


def upsert(c: Connection, table: Table) -> sqlite.Insert:
    """An INSERT into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`.

    Name the `index_elements` of an update: PostgreSQL wants them. (Both dialects' inserts have these two methods alike; the
    type is SQLite's for want of a common one.)
    """
    return upsert_in(c.dialect, table)


def upsert_in(dialect: Dialect, table: Table) -> sqlite.Insert:
    """The same, for a statement that is prepared before there is a connection."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # 3 MB, of which a hub on SQLite has no use

        return postgresql.insert(table)  # type: ignore[return-value]  # see above
    return sqlite.insert(table)
