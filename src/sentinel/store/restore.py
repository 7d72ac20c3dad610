"""Putting a backup back, into SQLite or PostgreSQL, whichever of the two it was made from.

Belongs here: filling the store beside the one that is there, erasing again whom the erasure list names, marking it as put
back, and changing the two over in one step. Does not belong here: the backup's format (backup.py), what a person is told
(cli/restore.py).

What was there is moved aside and never deleted. A restored store holds all customer work until a person releases it: what it
has as unsent may have been sent since the backup was made, and nobody can know. Killed at any point, it leaves the old store
or the new one; and once the epoch beside the store is raised, even the old one is held, which is the safe side.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from sentinel.store import audit, backup, database, erasure, observations, postgres, sqlite, tables
from sentinel.store.backup import Manifest, NoBackup
from sentinel.store.erasure import Erasure
from sentinel.store.schema import SCHEMA, StoreTaken

_i = tables.installation
Replay = Callable[[Connection, bytes, Sequence[Erasure], datetime], None]
"""Puts marks on the list and takes out whom they name."""
NOT_COPIED: Final = ("alembic_version",)


class NotEmpty(Exception):
    """There is a store already. The message says how it is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be put back, by whom. `force`: a store that is there is moved aside. `key`: the installation's, None where it
    is lost, which makes the erasure list unreadable."""

    backup: Path
    manifest: Manifest
    key: bytes | None
    replay: Replay
    who: str
    now: datetime
    force: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was done. `aside`: where the store that was there lies now. `erased`: marks of the list that the backup lacked."""

    manifest: Manifest
    aside: str = ""
    erased: int = 0


def into_file(order: Order, path: Path) -> Restored:
    """Put a backup into the SQLite file at `path`. Raises StoreTaken while a hub has it, NotEmpty, and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite.take_lock(path)
    try:
        is_there = path.exists() and path.stat().st_size > 0
        if is_there and not order.force:
            raise NotEmpty(f"there is a store at {path}: with --force it is moved aside, and kept")
        epoch, missing = _known(path, order)
        fresh = Path(f"{path}.restoring")
        _make_fresh(order, fresh, missing)
        # From here on, whichever of the two is opened is older than what lies beside it, and is held.
        sqlite.put(Path(f"{path}.epoch"), {"epoch": epoch + 1})
        erasure.write_beside(path, missing)
        for each in (fresh, *(Path(f"{path}.{part}") for part in ("epoch", "erased", "lock"))):
            _belongs_to(each, path if is_there else path.absolute().parent)
        aside = _move_aside(path, order.now) if is_there else None
        os.replace(fresh, path)
        sqlite.sync_folder(path.absolute().parent)
        lacked = _not_in_backup(order, missing)
        return Restored(manifest=order.manifest, aside="" if aside is None else str(aside), erased=lacked)
    finally:
        os.close(lock)


def into_database(order: Order, path: Path, url: str) -> Restored:
    """Put a backup into the PostgreSQL database at `url`, in one transaction. `path` names this machine's own files.

    Raises StoreTaken while hubs or workers are connected, NotEmpty, StoreAway.
    """
    engine = postgres.open_engine(url)
    try:
        postgres.reach(engine)
        with engine.begin() as c:
            c.execute(text("set local statement_timeout = 0"))
            c.execute(text("set local idle_in_transaction_session_timeout = 0"))
            postgres.one_at_a_time(c)
            _refuse_company(c)
            aside, missing = _clear(c, order, path)
            database.make(c)
            c.execute(_i.delete())
            _fill(c, order)
            _finish(c, order, missing)
            c.execute(update(_i).values(cluster=postgres.OLDER))
        erasure.write_beside(path, _union(missing, erasure.read_beside(path)))
        return Restored(manifest=order.manifest, aside=aside, erased=_not_in_backup(order, missing))
    finally:
        engine.dispose()


# SQLite


def _known(path: Path, order: Order) -> tuple[int, list[Erasure]]:
    """The highest epoch that is known here, and the erasure list as far as it can be read from the old store and beside it."""
    epoch, marks = order.manifest.epoch, erasure.read_beside(path)
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        epoch = max(epoch, int(json.loads(Path(f"{path}.epoch").read_bytes())["epoch"]))
    # The old store may be what is broken: then the list beside it must do, which is why it lies there.
    with suppress(SQLAlchemyError, OSError), backup.closing_engine(path) as engine:
        if path.exists() and path.stat().st_size:
            with engine.connect() as c:
                marks = _union(marks, erasure.every(c))
                epoch = max(epoch, int(c.execute(select(_i.c.epoch)).scalar_one()))
    return epoch, marks


def _belongs_to(path: Path, like: Path) -> None:
    """Give a file to the user who runs the hub, where root puts a store back."""
    there = like.stat()
    if os.geteuid() == 0:
        os.chown(path, there.st_uid, there.st_gid)


def _make_fresh(order: Order, fresh: Path, missing: list[Erasure]) -> None:
    """The new store beside its place, whole and on disk, with nothing of who was erased in it."""
    for part in ("", "-wal", "-shm", "-journal"):  # one that was killed left a log, which would be read as this file's
        Path(f"{fresh}{part}").unlink(missing_ok=True)
    with (
        order.backup.open("rb") as source,
        os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)
    engine = sqlite.open_engine(fresh)
    try:
        with engine.begin() as c:
            c.exec_driver_sql(f"DROP TABLE {backup.MANIFEST}")
            _finish(c, order, missing)
        with closing(engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE"):
                cursor.execute(statement)
                cursor.fetchall()
    finally:
        engine.dispose()
    with fresh.open("rb") as file:
        os.fsync(file.fileno())


def _move_aside(path: Path, now: datetime) -> Path:
    """Give the old store a second name, so that there is never none under the first; its log goes with it."""
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    with suppress(SQLAlchemyError):
        _fold_log_in(path)
    os.link(path, aside)
    for part in ("-wal", "-shm"):
        log = Path(f"{path}{part}")
        if log.exists():
            log.rename(f"{aside}{part}")
    sqlite.sync_folder(path.absolute().parent)
    return aside


def _fold_log_in(path: Path) -> None:
    """A log that is left beside another file of the same name would be read as that file's."""
    with backup.closing_engine(path) as engine, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.exec_driver_sql("PRAGMA journal_mode=DELETE")


# PostgreSQL


def _refuse_company(c: Connection) -> None:
    asked = text(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and application_name = 'sentinel' and pid <> pg_backend_pid()"
    )
    others = int(c.execute(asked).scalar_one())
    if others:
        raise StoreTaken("hubs or workers are connected to this database: stop all of them first")


def _clear(c: Connection, order: Order, path: Path) -> tuple[str, list[Erasure]]:
    """Move the tables that are there into a schema of their own; its name, and the erasure list that they held."""
    marks = erasure.read_beside(path)
    if not inspect(c).has_table(_i.name):
        return "", marks
    is_used = c.execute(text("select exists (select 1 from incident) or exists (select 1 from audit)")).scalar_one()
    if is_used and not order.force:
        raise NotEmpty(
            "there is a store in this database: with --force its tables are moved into a schema of their own, and kept"
        )
    marks = _union(marks, erasure.every(c))
    aside = f"before_{order.now:%Y%m%dt%H%M%S}"
    c.execute(text(f"create schema {aside}"))
    ours = {*tables.metadata.tables, *NOT_COPIED}
    for name in inspect(c).get_table_names():
        if name in ours or name.startswith("observation"):
            c.execute(text(f'alter table "{name}" set schema {aside}'))
    return aside, marks


def _fill(c: Connection, order: Order) -> None:
    with backup.closing_engine(order.backup) as engine, engine.connect() as source:
        for name in order.manifest.tables:
            table = backup.plain(name)
            if name not in tables.metadata.tables:
                observations.day_table(name.removeprefix("observation_")).create(c)
            piece: list[dict[str, object]] = []
            for row in backup.rows(source, table):
                piece.append(dict(zip(table.columns.keys(), row, strict=True)))
                if len(piece) >= backup.PIECE:
                    c.execute(insert(table), piece)
                    piece = []
            if piece:
                c.execute(insert(table), piece)
    for table in tables.metadata.sorted_tables:
        if "id" in table.columns and table.columns["id"].autoincrement is not False and len(table.primary_key.columns) == 1:
            _count_on(c, table.name)


def _count_on(c: Connection, name: str) -> None:
    """New rows are numbered from where the old ones end."""
    sequence = c.execute(text("select pg_get_serial_sequence(:name, 'id')"), {"name": name}).scalar_one_or_none()
    if sequence is not None:
        most = text(f'select setval(:sequence, (select coalesce(max(id), 0) + 1 from "{name}"), false)')  # noqa: S608 - our own name
        c.execute(most, {"sequence": sequence})


# Both


def _finish(c: Connection, order: Order, missing: Sequence[Erasure]) -> None:
    """Erase again, put the key back, say that it was put back, and until when it knows anything."""
    if order.key is not None:
        order.replay(c, order.key, missing, order.now)
    made = order.manifest.made_at
    within = {"key": order.key} if c.dialect.name == "postgresql" else {}
    c.execute(update(_i).values(restored_from=made, restored_at=order.now, **within))
    command = json.dumps({"do": "restored", "about": f"a backup of {made.isoformat()}"}, separators=(",", ":"))
    audit.write(c, at=order.now, who=order.who, account="", key=None, command=command, result="{}")


def _union(first: Sequence[Erasure], second: Sequence[Erasure]) -> list[Erasure]:
    both = {each.mark: each for each in (*second, *first)}
    return sorted(both.values(), key=lambda each: (each.at, each.mark))


def _not_in_backup(order: Order, marks: Sequence[Erasure]) -> int:
    with backup.closing_engine(order.backup) as engine, engine.connect() as c:
        return len({each.mark for each in marks} - {each.mark for each in erasure.every(c)})


def refuse_other_schema(manifest: Manifest) -> None:
    """A backup of an earlier version is brought forward by the version that made it."""
    if manifest.schema != SCHEMA:
        why = f"it has schema {manifest.schema}, this Sentinel wants {SCHEMA}"
        raise NoBackup(f"{why}: restore it with Sentinel {manifest.version}, then install this one and run `sentinel migrate`")
