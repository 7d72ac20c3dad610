"""Reading a store from beside its hub: one consistent snapshot, without its lock, and without changing anything.

For backups and for `verify`, which run while the hub does. On SQLite a reader holds up nobody, and nobody holds it up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from sentinel.store import postgres
from sentinel.store.trouble import in_our_words


class NoStore(Exception):
    """There is no store where one should be. The message says where."""


@contextmanager
def snapshot(path: Path, database: str = "") -> Iterator[Connection]:
    """The SQLite file at `path`, or the PostgreSQL `database`, as it is at this moment. Raises NoStore and StoreTrouble."""
    with in_our_words(), _of_postgres(database) if database else _of_file(path) as connection:
        yield connection


@contextmanager
def _of_file(path: Path) -> Iterator[Connection]:
    if not path.is_file() or not path.stat().st_size:
        raise NoStore(f"there is no store at {path}")
    engine = create_engine(
        f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true", poolclass=NullPool, hide_parameters=True
    )
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=10000")
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.exec_driver_sql("ROLLBACK")
    finally:
        engine.dispose()


@contextmanager
def _of_postgres(database: str) -> Iterator[Connection]:
    engine = postgres.open_engine(database)
    try:
        postgres.reach(engine)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            # A backup may take longer than any hub waits, and stands idle while it writes its file.
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(text(f"set local {limit} = 0"))
            yield connection
    finally:
        engine.dispose()
