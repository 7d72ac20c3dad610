"""The store of one installation, over SQLite or PostgreSQL: opened, written by its writer, read in snapshots.

Belongs here: what is alike on both databases. Does not belong here: what is particular to one (sqlite.py, postgres.py), how
writes are grouped (writer.py), what the database's errors are called (trouble.py).
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, insert, inspect, select

from sentinel.store import files, memory, postgres, recalled, sqlite, tables, triggers
from sentinel.store.schema import OLDEST_READER, SCHEMA, refuse
from sentinel.store.trouble import StoreTrouble, in_our_words
from sentinel.store.writer import GROUP_MOST as GROUP_MOST
from sentinel.store.writer import Room, Writer

T = TypeVar("T")


class Known(Protocol):
    """How a store that was put back from a copy is known, by what lies outside it."""

    epoch: int

    def settle(self, engine: Engine) -> None: ...

    def look(self, connection: Connection) -> None: ...

    def committed(self) -> None: ...

    def advance(self, connection: Connection) -> int: ...

    def adopt(self, connection: Connection) -> int: ...

    def seal(self, epoch: int) -> None: ...

    def close(self) -> None: ...


class Store:
    """The store of one installation. `path`: the SQLite file, or what this machine's own files are named after on PostgreSQL.

    `shared`: other hubs and workers may use it at the same time. Beside it lie `<path>.epoch` and `<path>.seen` (which know
    a copy) and, of SQLite, `<path>.lock` (one hub only) and `<path>.reserve` (room for when the disk is full).
    """

    def __init__(self, path: Path, engine: Engine, known: Known, lock: int | None = None, room: Room | None = None) -> None:
        known.settle(engine)
        self.path = path
        self.engine = engine
        self.shared = lock is None
        self.writer = Writer(engine, room, known)
        self._known = known
        self._lock = lock
        self._writers: dict[str, Writer] = {}

    @classmethod
    def open(cls, path: Path, database: str = "") -> "Store":
        """The SQLite file at `path`, locked, or the PostgreSQL `database` (a URL). An empty one gets its tables.

        Raises StoreTaken if another hub holds it, StoreTooNew if a later version wrote it, StoreTooOld if an earlier one did,
        and StoreTrouble: StoreAway if it cannot be reached, StoreBroken if it is damaged.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with in_our_words(), ExitStack() as undo:
            if database:
                engine = postgres.open_engine(database)
                undo.callback(engine.dispose)
                postgres.reach(engine)
                _prepare(engine)
                store = cls(path, engine, postgres.Cluster(path))
            else:
                lock = sqlite.take_lock(path)
                undo.callback(os.close, lock)
                files.examine(path)
                engine = sqlite.open_engine(path)
                undo.callback(engine.dispose)
                _prepare(engine)
                store = cls(path, engine, sqlite.Beside(path), lock, files.Reserve(path))
            undo.pop_all()
            return store

    @property
    def epoch(self) -> int:
        """What this process works under. Above the store's own while that is held as put back from a copy."""
        return self._known.epoch

    def writer_of(self, hand: str) -> "Writer":
        """The writer for one kind of work. SQLite has one for all; on PostgreSQL each has its own, so that none waits for
        the locks of another (a ledger's page for another hub's round)."""
        if not self.shared:
            return self.writer
        if hand not in self._writers:
            self._writers[hand] = Writer(self.engine, None, self._known)
        return self._writers[hand]

    def advance_epoch(self, connection: Connection) -> int:
        """Something was approved: a copy of the store from before must not send it again. In the caller's transaction;
        `seal_epoch` follows the commit."""
        return self._known.advance(connection)

    def adopt_epoch(self, connection: Connection) -> int:
        """A person releases a restored store: it takes an epoch above all that went before."""
        return self._known.adopt(connection)

    def is_restored(self, connection: Connection) -> bool:
        """Whether the store is older than what is known of it: a copy that was put back."""
        kept: int = connection.execute(select(tables.installation.c.epoch)).scalar_one()
        return kept < self.epoch

    def seal_epoch(self, epoch: int) -> None:
        """Put a committed epoch beside the store. It only ever rises."""
        self._known.seal(epoch)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a reader's connection, in one consistent snapshot. Raises StoreTrouble."""
        with in_our_words(), self.engine.connect().execution_options(**self._reading) as connection:
            return query(connection)

    @property
    def _reading(self) -> dict[str, Any]:
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.shared else {"reads_only": True}

    def close(self) -> None:
        try:
            if recalled.waiting(self.engine):
                with suppress(StoreTrouble):  # it is as after a kill, then
                    self.writer.submit(memory.flush).result()
        finally:
            for writer in (self.writer, *self._writers.values()):
                writer.close()
            self._known.close()
            self.engine.dispose()
            if self._lock is not None:
                os.close(self._lock)


def _prepare(engine: Engine) -> None:
    """Make the tables of an empty database; refuse one of another version."""
    with engine.begin() as connection:
        postgres.one_at_a_time(connection)
        if not inspect(connection).has_table(tables.installation.name):
            make(connection)
        # Only what every version has is asked for by name: an older store lacks the columns of this one.
        row = connection.execute(select(tables.installation.c.schema)).scalar_one()
        if row != SCHEMA:
            reader = SCHEMA if row < SCHEMA else connection.execute(select(tables.installation.c.reader)).scalar_one()
            refuse(row, reader)


def make(connection: Connection) -> None:
    """All tables as they are now, known as such to the migrations."""
    tables.metadata.create_all(connection)
    triggers.put(connection)
    stamp(connection, SCHEMA)
    first = {"id": 1, "schema": SCHEMA, "reader": OLDEST_READER, "epoch": 1, "rounds": 0}
    connection.execute(insert(tables.installation).values(**first))


def stamp(connection: Connection, schema: int) -> None:
    """Write what Alembic would: the name of the migration that a store has come to. Its package is slow to import, and only
    `sentinel migrate` needs it."""
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{schema - 1:04}')")  # noqa: S608 - a number
