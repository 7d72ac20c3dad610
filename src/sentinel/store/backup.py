"""A backup: one SQLite file with every table of a store, whichever database that is in, and a manifest of what it holds.

Belongs here: the format, writing it and checking it. Does not belong here: putting it back (restore.py), where it goes and
who is told (cli/backup.py).

The rows are copied from one consistent snapshot while the hub goes on. Left out: sign-ins, processes, and what senders share
from second to second, none of which must come back; and the installation's key, since whoever holds a backup must not be able
to sign as the installation. The file is written beside its place, synced, checked and then put there: whoever is killed in
between has left the last backup, or the new one, and never a half.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, MetaData, Table, create_engine, insert, inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from sentinel.store import audit, database, observations, tables
from sentinel.store.schema import SCHEMA
from sentinel.store.sqlite import sync_folder

FORMAT: Final = 1
PIECE: Final = 2_000
MANIFEST: Final = "backup"
LEFT_OUT: Final = frozenset({"session", "process", "rate"})
_DAY: Final = re.compile(r"observation_(\d{8})")

Progress = Callable[[str, int], None]
"""(table, rows copied so far)."""


class NoBackup(Exception):
    """A file is no backup of ours, or not whole. The message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a backup holds of one table: how many rows, and the sum of their SHA-256s, which no order of rows changes (databases
    sort text differently)."""

    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a backup holds. `key`: a fingerprint of the installation's key, which is not in it. `audit`: the place and seal of
    the newest line of the audit, "place:seal"."""

    made_at: datetime
    version: str
    schema: int
    epoch: int
    audit: str
    key: str
    tables: Mapping[str, Held] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables.values())


def fingerprint(key: bytes | None) -> str:
    """Tells one key from another, and shows neither."""
    return "" if key is None else hashlib.sha256(b"fingerprint of " + key).hexdigest()[:16]


def write(
    source: Connection, to: Path, *, now: datetime, version: str, key: bytes | None, progress: Progress = lambda *_: None
) -> Manifest:
    """Write a backup of the store that `source` is a snapshot of to the file `to`, for its owner alone. Checks what it wrote.

    Raises NoBackup if what was written is not what was read, and OSError.
    """
    fresh = to.with_name(f".{to.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        made = _fill(source, fresh, now, version, key, progress)
        _sync(fresh)
        examine(fresh)
        os.replace(fresh, to)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    sync_folder(to.absolute().parent)
    return made


def examine(path: Path) -> Manifest:
    """The manifest of a backup, once every row of it has been read and found as it was written. Raises NoBackup."""
    if not path.is_file():
        raise NoBackup(f"there is no file {path}")
    try:
        with closing_engine(path) as engine, engine.connect() as c:
            found = str(c.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
            if found != "ok":
                raise NoBackup(f"{path} is damaged: {found.splitlines()[0][:200]}")
            made = manifest(c, path)
            for name, held in made.tables.items():
                digest = _Digest()
                for _ in digest.over(rows(c, plain(name))):
                    pass
                if digest.held != held:
                    raise NoBackup(f"{path} is damaged: the table {name} does not hold what was written to it")
    except DatabaseError as error:
        raise NoBackup(f"{path} cannot be read as a backup: {str(error.orig).splitlines()[0]}") from None
    return made


def manifest(c: Connection, path: Path) -> Manifest:
    """What a file says that it holds. Raises NoBackup if it is none of ours, or of a later version."""
    if not inspect(c).has_table(MANIFEST):
        raise NoBackup(f"{path} is no backup that `sentinel backup` made")
    said = json.loads(str(c.exec_driver_sql(f"SELECT manifest FROM {MANIFEST}").scalar_one()))  # noqa: S608 - our own name
    if said["format"] > FORMAT or said["schema"] > SCHEMA:
        raise NoBackup(f"{path} was made by Sentinel {said['version']}, which is later than this one: install that version")
    held = {name: Held(**one) for name, one in said.pop("tables").items()}
    return Manifest(**said | {"made_at": datetime.fromisoformat(said["made_at"]), "tables": held})


def names(c: Connection) -> list[str]:
    """The tables of a store that go into a backup."""
    days = sorted(name for name in inspect(c).get_table_names() if _DAY.fullmatch(name))
    return [table.name for table in tables.metadata.sorted_tables if table.name not in LEFT_OUT] + days


def plain(name: str) -> Table:
    """One of our tables with its columns as they lie on disk: instants as numbers."""
    day = _DAY.fullmatch(name)
    whole = observations.day_table(day[1]) if day else tables.metadata.tables[name]
    columns = (
        Column(
            one.name, one.type.impl_instance if isinstance(one.type, TypeDecorator) else one.type, primary_key=one.primary_key
        )
        for one in whole.columns
    )
    return Table(name, MetaData(), *columns)


def rows(c: Connection, table: Table) -> Iterator[Any]:
    """Every row in the order of its key, a piece at a time."""
    found = c.execution_options(yield_per=PIECE).execute(select(table).order_by(*table.primary_key.columns))
    yield from found


def closing_engine(path: Path) -> "_Opened":
    """An engine over a file that nobody else has open, gone again at the end."""
    return _Opened(path)


class _Opened:
    def __init__(self, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


class _Digest:
    """Counts rows and sums them up as they pass."""

    def __init__(self) -> None:
        self._sum = 0
        self._rows = 0

    def over(self, passing: Iterator[Any]) -> Iterator[Any]:
        for row in passing:
            text_of_row = repr([_canonical(value) for value in row]).encode("utf-8", "surrogatepass")
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(text_of_row).digest())) % (1 << 256)
            self._rows += 1
            yield row

    @property
    def held(self) -> Held:
        return Held(rows=self._rows, sha256=f"{self._sum:064x}")


def _canonical(value: Any) -> Any:
    """The same whichever database it came from."""
    if isinstance(value, bool):
        return int(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _fill(source: Connection, path: Path, now: datetime, version: str, key: bytes | None, progress: Progress) -> Manifest:
    kept = source.execute(select(tables.installation.c.schema, tables.installation.c.epoch)).one()
    last = audit.anchor(source, audit.LAST)
    held: dict[str, Held] = {}
    with closing_engine(path) as engine, engine.connect() as target:
        # The file counts only once it is whole and synced: no journal is needed on the way there.
        target.exec_driver_sql("PRAGMA journal_mode=OFF")
        target.exec_driver_sql("PRAGMA synchronous=OFF")
        database.make(target)
        target.execute(tables.installation.delete())
        for name in names(source):
            held[name] = _copy(source, target, name, progress)
        made = Manifest(
            made_at=now,
            version=version,
            schema=kept.schema,
            epoch=kept.epoch,
            audit="" if last is None else f"{last.seq}:{last.seal}",
            key=fingerprint(key),
            tables=held,
        )
        target.exec_driver_sql(f"CREATE TABLE {MANIFEST} (manifest TEXT NOT NULL)")
        target.execute(text(f"INSERT INTO {MANIFEST} VALUES (:said)"), {"said": as_json(made)})  # noqa: S608 - our own name
        target.commit()
    return made


def as_json(made: Manifest) -> str:
    return json.dumps({**asdict(made), "made_at": made.made_at.isoformat()}, sort_keys=True)


def _copy(source: Connection, target: Connection, name: str, progress: Progress) -> Held:
    table, digest = plain(name), _Digest()
    if _DAY.fullmatch(name):
        table.create(target)
    piece: list[dict[str, Any]] = []
    done = 0
    for row in digest.over(_without_secrets(name, rows(source, table))):
        piece.append(dict(zip(table.columns.keys(), row, strict=True)))
        if len(piece) >= PIECE:
            target.execute(insert(table), piece)
            done += len(piece)
            piece = []
            progress(name, done)
    if piece:
        target.execute(insert(table), piece)
    progress(name, done + len(piece))
    return digest.held


def _without_secrets(name: str, passing: Iterator[Any]) -> Iterator[Any]:
    """Neither the key, nor where the store lay: a copy of it lies elsewhere."""
    if name != tables.installation.name:
        yield from passing
        return
    for row in passing:
        yield tuple(({**row._mapping, "key": None, "cluster": ""}).values())


def _sync(path: Path) -> None:
    with closing(os.fdopen(os.open(path, os.O_RDONLY), "rb")) as file:
        os.fsync(file.fileno())


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file, to be noted elsewhere."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
