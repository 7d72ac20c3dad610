"""The writer: a thread that runs what it is given and commits in groups.

Every write is a function of a connection, handed to `Writer.submit`. What queues up while one group is being synced to disk
becomes the next group, so that a hundred small writes cost one sync. Each function runs in a savepoint of its own: one that
fails takes nobody down with it. (One that is alone needs none: it fails with its transaction.) Trouble of the store itself
fails the group: nobody of it has been written, and each is told so.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from sentinel.store import postgres
from sentinel.store.trouble import StoreAway, StoreBroken, StoreBusy, StoreFull, StoreUnsure, trouble_of

T = TypeVar("T")
GROUP_SECONDS: Final = 0.002
"""How long a group waits for company before it is committed; well within the 5 ms that DESIGN.md section 14 allows."""
GROUP_MOST: Final = 500
WAITING_MOST: Final = 5000
"""So many writes may wait. A store that stands still must not fill the memory: what comes then is refused at once."""
_TRANSACTION_ENDS: Final = (StoreAway, StoreFull, StoreBroken)
"""Trouble after which a database may have ended the whole transaction by itself: going on would write outside of it."""

log = logging.getLogger(__name__)


class Room(Protocol):
    """Space that is kept for what must be written when the disk is full."""

    def release(self) -> bool:
        """Give the space up; False if it was gone already."""

    def is_back(self) -> bool:
        """Whether there is room again, and some of it is kept aside again."""


class Watch(Protocol):
    """Who must know of every commit."""

    def look(self, connection: Connection) -> None:
        """At the beginning of each group, in its transaction."""

    def committed(self) -> None:
        """The group is on disk, and nobody has been told so yet."""


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Future[Any]
    vital: bool
    gathered: bool


class Writer:
    """The one writer of a store, or one of several."""

    def __init__(self, engine: Engine, room: Room | None = None, watch: Watch | None = None) -> None:
        self._engine = engine
        self._room = room
        self._watch = watch
        # Not SimpleQueue: its get with a timeout waits for ever when the time has passed between its two looks (CPython 3.11).
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._is_full = False
        self._is_closed = False
        self._said: type[Exception] | None = None
        """What kept the last group from being committed."""
        self.commits = 0
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], *, vital: bool = False, gathered: bool = False) -> "Future[T]":
        """Run `work` in a transaction. The future is done once the commit is on disk, or holds what `work` raised.

        It holds a StoreTrouble if the store cannot write: then nothing was written, except of StoreUnsure, where it may be.
        `vital`: what must be on disk even if there is hardly any room (what became of a message under way). Such work must bear
        being run again from the start. `gathered`: it is a group already, which takes along who is there and waits for nobody.
        """
        done: Future[T] = Future()
        if self._is_closed:
            done.set_exception(StoreAway("the store is closed"))
        elif self._jobs.qsize() >= WAITING_MOST:
            done.set_exception(StoreBusy(f"{WAITING_MOST} writes wait already"))
        else:
            self._jobs.put(_Job(work, done, vital, gathered))
        return done

    def close(self) -> None:
        """Finish what was submitted, then end the thread."""
        self._is_closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group, last = self._company_of(first)
            self._write(group)
            if last:
                break
        with suppress(queue.Empty):  # whoever submitted while we closed
            while True:
                late = self._jobs.get_nowait()
                if late is not None:
                    late.done.set_exception(StoreAway("the store is closed"))

    def _company_of(self, first: _Job) -> tuple[list[_Job], bool]:
        group, until, hurried = [first], monotonic() + GROUP_SECONDS, first.gathered
        with suppress(queue.Empty):
            while len(group) < GROUP_MOST:
                wait = 0.0 if hurried else until - monotonic()
                job = self._jobs.get(timeout=wait) if wait > 0 else self._jobs.get_nowait()
                if job is None:
                    return group, True
                group.append(job)
                hurried = hurried or job.gathered
        return group, False

    def _write(self, group: Sequence[_Job]) -> None:
        # An asker who went away before it began is left out; from here on nobody can take it back.
        begun = [job for job in group if job.done.set_running_or_notify_cancel()]
        if self._is_full and self._room is not None and self._room.is_back():
            self._is_full = False
        trouble = self._commit([job for job in begun if job.vital or not self._is_full])
        if isinstance(trouble, StoreFull) and self._room is not None and self._room.release():
            self._is_full = True
            trouble = self._commit([job for job in begun if job.vital and not job.done.done()])
        if self._is_full:
            trouble = trouble or StoreFull("the store's disk is full: make room, the hub goes on by itself")
        for job in begun:
            if not job.done.done():
                job.done.set_exception(trouble or AssertionError("a write had no result"))

    def _commit(self, jobs: Sequence[_Job]) -> Exception | None:
        """Write them together. What the store said, if it could not: then those without an answer have not been written."""
        results: list[tuple[_Job, Any]] = []
        is_ending = False
        if not jobs:
            return None
        try:
            with self._engine.connect() as connection, connection.begin() as transaction:
                if self._watch is not None:
                    self._watch.look(connection)
                for job in jobs:
                    if (result := _run(connection, job, is_alone=len(jobs) == 1)) is not None:
                        results.append(result)
                if not results:
                    transaction.rollback()
                    return None  # each was told why
                is_ending = True
        except Exception as error:  # noqa: BLE001 - the group failed: nobody of it has been written
            trouble = trouble_of(error)
            if is_ending and isinstance(trouble, StoreAway | StoreBroken):
                trouble = StoreUnsure(f"nobody said how the commit ended: {trouble}")
            if (kind := type(trouble or error)) is not self._said:  # said once: a database away for a day must not fill a disk
                log.error("a group of %d writes could not be committed: %s", len(jobs), trouble or kind.__name__)
            self._said = kind
            return trouble or error
        if self._said is not None:
            log.info("writes are committed again")
        self._said = None
        self.commits += 1
        if self._watch is not None:
            self._watch.committed()
        for job, value in results:
            job.done.set_result(value)
        return None


def _run(connection: Connection, job: _Job, *, is_alone: bool) -> tuple[_Job, Any] | None:
    """The job with its result; None if it failed by itself, and was told so. Raises trouble that ends the whole group."""
    try:
        with nullcontext() if is_alone else connection.begin_nested():
            value = job.work(connection)
            if postgres.is_aborted(connection):  # a savepoint that cannot be released is not rolled back to either
                raise AssertionError("a write went on after a statement of its own had failed")
    except Exception as error:
        trouble = trouble_of(error)
        if isinstance(trouble, _TRANSACTION_ENDS) or connection.invalidated or not connection.in_transaction():
            raise
        job.done.set_exception(trouble or error)  # belongs to the submitter: handed over, not swallowed
        return None
    return job, value
