"""The database: one writer that commits in groups, readers beside it, and the sidecar files that go with a SQLite store.

Every write is a function of a connection, handed to `Writer.submit`. What queues up while one group is being synced to disk
becomes the next group, so that a hundred small writes cost one sync. Each function runs in a savepoint of its own: one that
fails takes nobody down with it.
"""

import fcntl
import json
import logging
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.pool import QueuePool

from sentinel.store import tables

T = TypeVar("T")
SCHEMA = 2
BUSY_SECONDS = 5.0
GROUP_SECONDS = 0.002
"""How long a group waits for company before it is committed; well within the 5 ms that DESIGN.md section 14 allows."""
GROUP_MOST = 500

log = logging.getLogger(__name__)


class StoreTaken(Exception):
    """Another hub has this store open. The message says which process, and what to do."""


class StoreTooOld(Exception):
    """The store was written by a version from before the first release; nothing brings it forward."""


class StoreTooNew(Exception):
    """The store was written by a later version of Sentinel."""


def open_engine(path: Path) -> Engine:
    """A SQLite engine in WAL mode with synchronous=FULL: an acknowledged write survives power loss (P2)."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=4,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # an error in a log must not hold an address
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: we say BEGIN IMMEDIATE, see below.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A read that turns into a write under plain BEGIN fails at once with "database is locked".
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Future[Any]


class Writer:
    """The one writer of a store: a thread that runs what it is given and commits in groups."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self.commits = 0
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Run `work` in a transaction. The future is done once the commit is on disk, or holds what `work` raised."""
        done: Future[T] = Future()
        self._jobs.put(_Job(work, done))
        return done

    def close(self) -> None:
        """Finish what was submitted, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group, last = self._company_of(first)
            self._commit(group)
            if last:
                return

    def _company_of(self, first: _Job) -> tuple[list[_Job], bool]:
        group, until = [first], monotonic() + GROUP_SECONDS
        with suppress(queue.Empty):
            while len(group) < GROUP_MOST:
                job = self._jobs.get(timeout=max(0.0, until - monotonic()))
                if job is None:
                    return group, True
                group.append(job)
        return group, False

    def _commit(self, group: list[_Job]) -> None:
        results: list[tuple[_Job, Any]] = []
        try:
            with self._engine.begin() as connection:
                for job in group:
                    if not job.done.set_running_or_notify_cancel():
                        continue  # its asker went away before it began; from here on nobody can take it back
                    try:
                        with connection.begin_nested():
                            results.append((job, job.work(connection)))
                    except Exception as error:  # noqa: BLE001 - belongs to the submitter: handed over, not swallowed
                        job.done.set_exception(error)
        except Exception as error:  # noqa: BLE001 - the commit failed: nobody of the group has been written
            log.error("a group of %d writes could not be committed: %s", len(group), type(error).__name__)
            for job in group:
                if not job.done.done():
                    job.done.set_exception(error)
            return
        self.commits += 1
        for job, result in results:
            job.done.set_result(result)


class Store:
    """A SQLite store and its sidecars: `<path>.lock` (one hub only), `<path>.epoch` (knows a restored copy)."""

    def __init__(self, path: Path, engine: Engine, writer: Writer, epoch: int, lock: int) -> None:
        self.path = path
        self.engine = engine
        self.writer = writer
        self.epoch = epoch
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Lock, open, create the tables where they are missing, and settle the epoch.

        Raises StoreTaken if another hub holds it, StoreTooNew if a later version wrote it, StoreTooOld if one too early did.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(path)
        engine = open_engine(path)
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            row = connection.execute(select(tables.installation.c.schema)).one_or_none()
            if row is None:
                connection.execute(insert(tables.installation).values(id=1, schema=SCHEMA, epoch=1, rounds=0))
            elif row.schema < SCHEMA:
                raise StoreTooOld(f"{path} has schema {row.schema}, this Sentinel wants {SCHEMA}: begin with a new store")
            elif row.schema > SCHEMA:
                raise StoreTooNew(f"{path} has schema {row.schema}, this Sentinel knows {SCHEMA}: install the newer version")
        store = cls(path, engine, Writer(engine), 0, lock)
        store._settle_epoch()
        return store

    def _settle_epoch(self) -> None:
        """Bump the epoch, unless the store is older than its sidecar: then it was restored, and customer work stays held."""
        with self.engine.begin() as connection:
            kept = connection.execute(select(tables.installation.c.epoch)).scalar_one()
            beside = _read_epoch(self.path)
            if beside is not None and kept < beside:
                self.epoch = beside
                return
            connection.execute(update(tables.installation).values(epoch=kept + 1))
        # The store first, then the sidecar: a crash between leaves the store ahead, which is no restore.
        self.epoch = kept + 1
        _write_epoch(self.path, self.epoch)

    def advance_epoch(self, connection: Connection) -> int:
        """The next epoch, written in the caller's transaction; `seal_epoch` puts it beside the store after the commit."""
        epoch: int = connection.execute(
            update(tables.installation).values(epoch=tables.installation.c.epoch + 1).returning(tables.installation.c.epoch)
        ).scalar_one()
        return epoch

    def adopt_epoch(self, connection: Connection) -> int:
        """A person releases a restored store: it takes an epoch above its sidecar's."""
        beside = _read_epoch(self.path) or 0
        kept: int = connection.execute(select(tables.installation.c.epoch)).scalar_one()
        epoch = max(beside, kept) + 1
        connection.execute(update(tables.installation).values(epoch=epoch))
        return epoch

    def is_restored(self, connection: Connection) -> bool:
        """Whether the store is older than what lies beside it: a copy that was put back."""
        kept: int = connection.execute(select(tables.installation.c.epoch)).scalar_one()
        return kept < self.epoch

    def seal_epoch(self, epoch: int) -> None:
        """Put a committed epoch beside the store. It only ever rises."""
        if epoch <= self.epoch:
            return
        self.epoch = epoch
        _write_epoch(self.path, epoch)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a reader's connection, in one consistent snapshot."""
        with self.engine.connect().execution_options(reads_only=True) as connection:
            return query(connection)

    def close(self) -> None:
        self.writer.close()
        self.engine.dispose()
        os.close(self._lock)


def _take_lock(path: Path) -> int:
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


def _read_epoch(path: Path) -> int | None:
    try:
        return cast(int, json.loads(Path(f"{path}.epoch").read_text())["epoch"])
    except FileNotFoundError:
        return None


def _write_epoch(path: Path, epoch: int) -> None:
    """Whole or not at all, and on disk before we go on."""
    beside, fresh = Path(f"{path}.epoch"), Path(f"{path}.epoch.new")
    with fresh.open("w") as file:
        json.dump({"epoch": epoch}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(beside)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
