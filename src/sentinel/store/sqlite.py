"""SQLite: the engine, the lock that lets one hub have the store, and the epoch that lies beside it."""

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.pool import QueuePool

from sentinel.store import tables
from sentinel.store.schema import StoreTaken
from sentinel.store.seen import Seen

BUSY_SECONDS: Final = 5.0
_COUNT: Final = "UPDATE installation SET rounds = rounds + 1 RETURNING rounds"


def open_engine(path: Path, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """A SQLite engine in WAL mode with synchronous=FULL: an acknowledged write survives power loss (P2)."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=4,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # an error in a log must not hold an address
        execution_options={"preserve_rowcount": True},  # of an INSERT too, whichever way it is carried out
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: we say BEGIN IMMEDIATE, see below.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # where a plain fsync does not reach the disk (macOS)
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A read that turns into a write under plain BEGIN fails at once with "database is locked".
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


class Beside:
    """The epoch beside a SQLite store, in `<path>.epoch`: a store that is older than it was put back from a copy.

    So was one that has been used and has nothing beside it, or something that nobody can read; and one of the same epoch that
    has fewer commits than were seen (`<path>.seen`): a copy that was made since the last start and the last approval.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = Seen(path)
        self._commits = self._counted = 0
        self._is_older = False
        self.epoch = 0

    def settle(self, engine: Engine) -> None:
        """Bump the epoch, unless the store is older than its sidecar: then it was restored, and customer work stays held."""
        with engine.begin() as connection:
            mine = tables.installation.c
            kept, commits = connection.execute(select(mine.epoch, mine.rounds)).one()
            seen = self._seen.read()
            if kept == 1 and not self._beside.exists():
                self._write(kept)  # a store just made; from here on one without a sidecar was carried here
                seen = (kept, commits)
            beside = self._read()
            self._is_older = beside is None or kept < beside or (kept, commits) < seen
            if self._is_older:
                self.epoch = max(beside or 0, seen[0], kept + 1)
            else:
                self.epoch = kept + 1
                connection.execute(update(tables.installation).values(epoch=self.epoch))
            self._commits = commits
        # The store first, then the sidecar: a crash between leaves the store ahead, which is no restore. One that is older goes
        # on counting, and is known by its epoch from here on.
        self._write(self.epoch)
        if not self._is_older:
            self._seen.write(self.epoch, self._commits)

    def look(self, connection: Connection) -> None:
        """Count a commit that is about to be made. (Nobody else has the store: what is known of it stays so.)"""
        self._counted = int(connection.exec_driver_sql(_COUNT).scalar_one())

    def committed(self) -> None:
        """It is on disk, and what follows from it may happen now: a copy of earlier must not do that again."""
        self._commits = self._counted
        if not self._is_older:
            self._seen.write(self.epoch, self._commits)

    def advance(self, connection: Connection) -> int:
        """The next epoch, in the caller's transaction; `seal` puts it beside the store after the commit."""
        mine = tables.installation.c.epoch
        return int(connection.execute(update(tables.installation).values(epoch=mine + 1).returning(mine)).scalar_one())

    def adopt(self, connection: Connection) -> int:
        """An epoch above all that is known, written in the caller's transaction."""
        kept: int = connection.execute(select(tables.installation.c.epoch)).scalar_one()
        epoch = max(self._read() or 0, self.epoch, kept) + 1
        connection.execute(update(tables.installation).values(epoch=epoch))
        return epoch

    def seal(self, epoch: int) -> None:
        """Put a committed epoch beside the store. It only ever rises."""
        if epoch > self.epoch:
            self.epoch = epoch
            self._is_older = False
            self._write(epoch)
            self._seen.write(epoch, self._commits)

    def close(self) -> None:
        self._seen.close()

    @property
    def _beside(self) -> Path:
        return Path(f"{self._path}.epoch")

    def _read(self) -> int | None:
        """None: there is nothing, or nothing that can be read."""
        try:
            return int(json.loads(self._beside.read_bytes())["epoch"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def _write(self, epoch: int) -> None:
        put(self._beside, {"epoch": epoch})


def put(path: Path, record: dict[str, Any]) -> None:
    """A small record as a file: whole or not at all, and on disk before we go on."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")  # others may write it at the same time
    with fresh.open("w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def take_lock(path: Path) -> int:
    """The lock file's descriptor. Raises StoreTaken while another hub holds it."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise StoreTaken(
            f"{path} is in use by another hub (process {holder}): stop that one first, or give this one a store of its own"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock
