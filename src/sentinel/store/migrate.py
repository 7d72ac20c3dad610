"""Bringing a store forward to the schema of this version, one migration after the other, each in one transaction. (What would
hold up for long who writes beside it is built before, and found there.)

Belongs here: who may do it when, and the copy that is made before. Does not belong here: what a migration changes
(migrations/versions). Alembic is imported only here: it is slow to, and nothing else needs it.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text

from sentinel.store import files, migrations, postgres, processes, sqlite, tables
from sentinel.store.database import stamp
from sentinel.store.schema import StoreTaken, StoreTooNew, StoreTooOld
from sentinel.store.trouble import StoreBroken, StoreFull, in_our_words

FIRST: Final = 2
"""The oldest schema that can be brought forward: the first that was released."""
HEARD: Final = timedelta(seconds=60)
"""A hub or worker that was heard of so lately works."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One migration: what it is called, what it does in a line, the schema it leads to and the oldest that may work on that."""

    revision: str
    says: str
    schema: int
    reader: int
    ahead: Callable[[Connection], None] | None = None
    """What is done before it on PostgreSQL, while hubs and workers write: in no transaction, and no harm is done by twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a store is, and what is to be done. `schema` None: there is no store yet, and nothing to do."""

    schema: int | None
    steps: Sequence[Step]


def standing(path: Path, database: str = "", more: Path | None = None) -> Standing:
    """Where the store is. Changes nothing, and may be asked while hubs run.

    Raises StoreTooNew, StoreTooOld for one from before the first migration, StoreTrouble. `more`: a folder of more migrations.
    """
    if not database and not path.exists():
        return Standing(schema=None, steps=())
    with in_our_words(), _engine(path, database) as engine, engine.connect() as connection:
        return _standing(connection, _every(more))


def migrate(
    path: Path, database: str = "", *, now: datetime, tell: Callable[[str], None], more: Path | None = None
) -> Standing:
    """Take all steps that are due; where the store was, and what was done.

    Raises as `standing` does, and StoreTaken while a hub has it. After a crash the store is as it was before the step that was
    under way, or as it is after it: asking again goes on from there.
    """
    if not database and not path.exists():
        return Standing(schema=None, steps=())
    with in_our_words(), _alone(path, database), _engine(path, database) as engine:
        with engine.connect() as connection:
            due = _standing(connection, _every(more))
            if database:
                _refuse_company(connection, due.steps, now)
        if due.steps and not database:
            tell(f"copied to {_copy(path, due)}")
        for step in due.steps:
            tell(f"{step.revision} {step.says}")
            _take(engine, step, more)
        return due


def _config(more: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "newline")
    folders = [Path(migrations.__file__).parent / "versions", *([] if more is None else [more])]
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    return config


def _every(more: Path | None) -> list[Step]:
    """All migrations, the first one first."""
    found = ScriptDirectory.from_config(_config(more)).walk_revisions()
    return [
        Step(
            revision=each.revision,
            says=(each.doc or "").rstrip("."),
            schema=each.module.schema,
            reader=each.module.reader,
            ahead=getattr(each.module, "ahead", None),
        )
        for each in reversed(list(found))
    ]


def _standing(connection: Connection, every: Sequence[Step]) -> Standing:
    if not inspect(connection).has_table(tables.installation.name):
        return Standing(schema=None, steps=())
    at = int(connection.execute(select(tables.installation.c.schema)).scalar_one())
    if at < FIRST:
        raise StoreTooOld(f"the store has schema {at}, from before there were migrations: begin with a new store")
    if at > every[-1].schema:
        raise StoreTooNew(f"the store has schema {at}, this Sentinel knows {every[-1].schema}: install the newer version")
    return Standing(schema=at, steps=[step for step in every if step.schema > at])


def _take(engine: Engine, step: Step, more: Path | None) -> None:
    config = _config(more)
    if step.ahead is not None and engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # what it sets is for itself alone
            step.ahead(connection)
    with engine.begin() as connection:
        postgres.one_at_a_time(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("set local statement_timeout = 0"))
        at = int(connection.execute(select(tables.installation.c.schema)).scalar_one())
        if at >= step.schema:
            return  # another one took it while we waited for the lock
        _recognise(connection, at)
        config.attributes["connection"] = connection
        command.upgrade(config, step.revision)
        moved = text("update installation set schema = :schema, reader = :reader where id = 1")
        connection.execute(moved, {"schema": step.schema, "reader": step.reader})


def _recognise(connection: Connection, at: int) -> None:
    """A store of the first version does not know Alembic: it is told where it is. One that says two things is broken."""
    if not inspect(connection).has_table("alembic_version"):
        stamp(connection, at)
    said = connection.exec_driver_sql("select version_num from alembic_version").scalars().all()
    if said != [f"{at - 1:04}"]:
        raise StoreBroken(f"the store says that it has schema {at} and came to migrations {said}: restore the last backup")


def _refuse_company(connection: Connection, due: Sequence[Step], now: datetime) -> None:
    """Raises StoreTaken if hubs or workers are at work that would misread the store after these steps."""
    if not inspect(connection).has_table(tables.process.name):
        return
    oldest = max((step.reader for step in due), default=0)
    there = processes.living(connection, now, HEARD)
    misled = [f"{one.kind} on {one.host} (process {one.pid})" for one in there if one.schema < oldest]
    if misled:
        raise StoreTaken(f"these would misread the store afterwards: {', '.join(misled)}. Stop them first")


@contextmanager
def _engine(path: Path, database: str) -> Iterator[Engine]:
    engine = postgres.open_engine(database) if database else sqlite.open_engine(path)
    try:
        if database:
            postgres.reach(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(path: Path, database: str) -> Iterator[None]:
    """No hub has the SQLite file, and it is whole. (PostgreSQL: each step takes a lock of its own.)"""
    if database:
        yield
        return
    lock = sqlite.take_lock(path)
    try:
        files.examine(path)
        yield
    finally:
        os.close(lock)


def _copy(path: Path, due: Standing) -> Path:
    """A copy beside the store, whole or not there, on disk before the first step. One of an earlier try is replaced."""
    copy = path.with_name(f"{path.name}.schema-{due.schema}")
    fresh = path.with_name(f"{copy.name}.new")
    fresh.unlink(missing_ok=True)
    space = os.statvfs(path.parent)
    needed = path.stat().st_size * 2
    if space.f_bavail * space.f_frsize < needed:
        raise StoreFull(f"{needed >> 20} MB are needed beside {path}, for a copy and for the migration: make room first")
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(fresh)) as there:
        here.backup(there)
    os.chmod(fresh, 0o600)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(copy)
    sqlite.sync_folder(path.parent)
    return copy
