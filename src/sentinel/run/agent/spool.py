"""The agent's spool: batches on disk until the hub has them, in a bounded SQLite file.

A batch gets its number when it is written here and keeps it however often it is sent, so that one which came through although
its answer was lost is known. Where numbers cannot go on (some were left out for want of room, or the hub was put back from a
copy) they begin anew under another source.

When there is no more room, the oldest samples lose their evidence first (cut.py), and only then are some left out. The newest
half of the room keeps its evidence.

Ages go on while a batch lies here. They are counted by the clock that runs on while a machine sleeps; over a start of the
machine, by its wall clock, which is the best that is left.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from time import CLOCK_BOOTTIME, clock_gettime, time
from typing import Final

from sentinel.probe.wire import AGE_LIMIT_MS, Batch, Row, read_from_prober, write_batch
from sentinel.run.agent.cut import cut
from sentinel.run.agent.cut import size as size_of

NAME: Final = "spool.db"
ROWS_KEPT: Final = 200_000
BYTES_KEPT: Final = 64 * 1024 * 1024
PIECE: Final = 100_000
"""Bytes of a batch, about: well below what the hub takes in one report."""
ROWS_IN_A_BATCH: Final = 500
BATCHES_SENT: Final = 200
"""In one report."""
LEAN: Final = 1000
"""Bytes of a sample that has to make room for others, about."""
_ROOM: Final = 0.9
"""Making room makes so much that it is not needed again with the next sample."""
_TABLES: Final = """
create table if not exists batch (number integer primary key, boot text, up real, wall real, rows integer, body blob);
create table if not exists meta (name text primary key, value text);
"""


class Spool:
    """Of one agent."""

    def __init__(self, folder: Path, prefix: str, *, rows_kept: int = ROWS_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        """`prefix`: how its sources begin, `place/agent`."""
        self._prefix = prefix
        self._rows_kept, self._bytes_kept = rows_kept, bytes_kept
        self._db = sqlite3.connect(folder / NAME, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_TABLES)
        os.chmod(folder / NAME, 0o600)
        self._lock = Lock()
        """One connection: what one thread writes must not become part of what another one does."""
        self._boot = _boot()
        self.dropped = int(self._meta("dropped") or 0)
        """Samples that had to be left out, ever."""
        self.source = self._meta("source")
        if not self.source.startswith(f"{prefix}-"):
            self._begin_anew()

    def close(self) -> None:
        self._db.close()

    def __len__(self) -> int:
        """How many samples wait."""
        with self._lock:
            return int(self._one("select coalesce(sum(rows), 0) from batch"))

    def add(self, rows: Iterable[Row], counts: Mapping[str, int]) -> None:
        """Keep samples; their ages are as of now. On disk when it returns."""
        now = (self._boot, clock_gettime(CLOCK_BOOTTIME), time())
        with self._lock, self._transaction():
            for piece in _pieces(rows):
                body = write_batch(Batch(source=self.source, number=1, rows=tuple(piece), counts=counts))
                values = (self._last() + 1, *now, len(piece), body)
                self._db.execute("insert into batch values (?, ?, ?, ?, ?, ?)", values)
                self._put("last", str(values[0]))
            self._thin()

    def first(self, most: int) -> tuple[str, list[bytes]]:
        """The source, and its first batches as lines to send, about `most` bytes of them, with the ages that their samples have
        by now."""
        found: list[bytes] = []
        size = 0
        with self._lock:
            source, query = self.source, "select number, boot, up, wall, body from batch order by number limit ?"
            rows = self._db.execute(query, (BATCHES_SENT,)).fetchall()
        for number, boot, up, wall, body in rows:
            line = write_batch(self._aged(replace(_read(body), source=source, number=number), boot, up, wall))
            size += len(line)
            if found and size > most:
                break
            found.append(line)
        return source, found

    def taken(self, source: str, number: int) -> None:
        """The hub has every batch up to `number` of `source`; begin anew where that does not fit what is here. Where numbers
        began anew while it answered it says nothing of the present ones: what is left is sent, once more if need be."""
        with self._lock, self._transaction():
            if source != self.source:
                return
            first = self._one("select coalesce(min(number), 0) from batch")
            last = self._last()
            if number > last or (first and number < first - 1):
                self._begin_anew()
                return
            self._db.execute("delete from batch where number <= ?", (number,))

    def _aged(self, batch: Batch, boot: str, up: float, wall: float) -> Batch:
        waited = clock_gettime(CLOCK_BOOTTIME) - up if boot == self._boot else time() - wall
        more = max(0, round(waited * 1000))
        rows = (row._replace(age_ms=row.age_ms + more) for row in batch.rows)
        counts = {**batch.counts, "dropped": batch.counts.get("dropped", 0) + self.dropped}
        return replace(batch, rows=tuple(row for row in rows if row.age_ms <= AGE_LIMIT_MS), counts=counts)

    def _thin(self) -> None:
        """Leave out the oldest until there is room."""
        rows, size = self._db.execute("select coalesce(sum(rows), 0), coalesce(sum(length(body)), 0) from batch").fetchone()
        if size > self._bytes_kept:
            size -= self._make_lean(size - int(_ROOM * self._bytes_kept))
        gone = 0
        for number, count, length in self._db.execute(
            "select number, rows, length(body) from batch order by number"
        ).fetchall():
            if rows <= self._rows_kept and size <= self._bytes_kept:
                break
            self._db.execute("delete from batch where number = ?", (number,))
            rows, size, gone = rows - count, size - length, gone + count
        if gone:
            self.dropped += gone
            self._put("dropped", str(self.dropped))
            self._begin_anew()

    def _make_lean(self, bytes_wanted: int) -> int:
        """Cut the evidence of the oldest samples; how many bytes that made free. A batch is cut once, and none of the newest
        half of the room: what has just been seen says more than old verdicts without a reason, which are left out then."""
        free, lean = 0, int(self._meta("lean") or 0)
        whole = self._db.execute("select number, length(body) from batch where number > ? order by number", (lean,)).fetchall()
        left = sum(length for _, length in whole)
        for number, length in whole:
            if free >= bytes_wanted or left <= self._bytes_kept // 2:
                break
            left -= length
            (body,) = self._db.execute("select body from batch where number = ?", (number,)).fetchone()
            said = _read(body)
            cut_down = write_batch(replace(said, rows=tuple(cut(row, LEAN) for row in said.rows)))
            self._db.execute("update batch set body = ? where number = ?", (cut_down, number))
            free += len(body) - len(cut_down)
            self._put("lean", str(number))
        return free

    def _begin_anew(self) -> None:
        """Another source, whose numbers begin at 1."""
        self.source = f"{self._prefix}-{secrets.token_hex(6)}"
        self._put("source", self.source)
        numbers = [row[0] for row in self._db.execute("select number from batch order by number").fetchall()]
        for at, number in enumerate(numbers, start=1):  # upwards: what is moved never meets one that is still to move
            self._db.execute("update batch set number = ? where number = ?", (at, number))
        lean = int(self._meta("lean") or 0)
        self._put("lean", str(sum(number <= lean for number in numbers)))
        self._put("last", str(len(numbers)))

    def _last(self) -> int:
        return int(self._meta("last") or 0)

    def _meta(self, name: str) -> str:
        found = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return "" if found is None else str(found[0])

    def _put(self, name: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (name, value))

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, of what is held in memory too."""
        before = self.source, self.dropped
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            self.source, self.dropped = before
            if self._db.in_transaction:  # a full disk may have ended it already
                self._db.execute("rollback")
            raise


def _read(body: bytes) -> Batch:
    """A batch from the disk; of one that has rotted there, nothing."""
    said = read_from_prober(body)
    return said if isinstance(said, Batch) else Batch(source="?", number=1, rows=())


def _pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut so that each is small enough to be sent."""
    piece: list[Row] = []
    size = 0
    for row in rows:
        kept = cut(row, PIECE)
        length = size_of(kept)
        if piece and (size + length > PIECE or len(piece) >= ROWS_IN_A_BATCH):
            yield piece
            piece, size = [], 0
        piece.append(kept)
        size += length
    if piece:
        yield piece


def _boot() -> str:
    """Which start of the machine this is; empty where that cannot be told."""
    try:
        with closing(open("/proc/sys/kernel/random/boot_id", encoding="ascii")) as file:
            return file.read().strip()
    except OSError:
        return secrets.token_hex(8)
