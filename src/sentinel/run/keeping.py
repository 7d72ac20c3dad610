"""Housekeeping of the store: what a start sees to before anything is served, and what is rolled up and let go of each hour.

Belongs here: in which order, how much at once, and how long it rests between. Does not belong here: the rows
(store/retention.py), the erasure of a person (erasing.py).
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.model.keep import Keep
from sentinel.run import erasing, hooked
from sentinel.run.reads import Reads
from sentinel.store import audit, retention, rollups
from sentinel.store.database import Store

PIECE: Final = 500
"""Rows in one transaction: some milliseconds, so that nobody waits for housekeeping."""
OBSERVATIONS: Final = 5_000
"""Of these, which lie side by side and have no index: 4 ms of work."""
CHECKS: Final = 5
"""Hours of checks that are rolled up in one transaction, of a sample every 10 s some 2 ms each."""
REST_SECONDS: Final = 0.02
MOST_PIECES: Final = 20_000
"""Of one kind in one go: ten million rows, a hundred million observations. The rest comes in the next go, after the others."""

NOTED: Final = "hours that are over"
ROLLED: Final = "hours of checks"

Piece = Callable[[Connection], int]
log = logging.getLogger(__name__)


def begin(store: Store, key: bytes, now: datetime) -> None:
    """Before anything is served: an older version's lines of the audit are sealed, and whoever was erased is erased still."""
    while store.writer.submit(lambda c: audit.seal_older(c, now)).result():
        pass
    erasing.replay(store, key, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """`gone`: how many rows of each kind. `unfinished`: there was more of a kind than is done in one go."""

    gone: Mapping[str, int]
    unfinished: bool


def keep_house(reads: Reads, most: int = MOST_PIECES) -> Kept:
    """Let go of what had its time, and roll up the hours that are over, up to `most` pieces of each kind. Blocks for as long as
    that takes, in small transactions."""
    store, now, keep = reads.store, reads.clock.now(), reads.installation.keep
    while _write(store, lambda c: audit.seal_older(c, now)):
        pass
    done = {NOTED: _some(store, lambda c: int(rollups.note_over(c, now)), most)}
    done |= {name: _some(store, piece, most) for name, piece in pieces(keep, reads.world.unsubscribe_key, now).items()}
    # Where that breaks, people's data still has its time.
    done[ROLLED] = _some(store, lambda c: rollups.roll_up(c, CHECKS), most)
    done |= {name: _some(store, piece, most) for name, piece in samples(keep, now).items()}
    _write(store, lambda c: _end(c, now))
    gone = {name: each.rows for name, each in done.items() if name not in (NOTED, ROLLED)}
    if any(gone.values()):
        log.info("let go of %s", ", ".join(f"{n} {name}" for name, n in gone.items() if n))
    return Kept(gone=gone, unfinished=any(each.unfinished for each in done.values()))


def pieces(keep: Keep, key: bytes, now: datetime) -> Mapping[str, Piece]:
    """Kind → one piece of letting go of it; of all but samples."""
    return {
        "deliveries": lambda c: retention.deliveries(c, key, now - keep.deliveries, PIECE),
        "places in audiences": lambda c: retention.snapshots(c, key, now - keep.deliveries, PIECE),
        "callers": lambda c: retention.callers(c, now - keep.deliveries, PIECE),
        "counts of contacts": lambda c: retention.contact_counts(c, now - keep.deliveries, PIECE),
        "alerts of other tools": lambda c: retention.alerts(c, now - hooked.REMEMBERED, PIECE),
        "signals": lambda c: retention.signals(c, now - keep.deliveries, PIECE),
        "troubles of our own": lambda c: retention.troubles(c, now - keep.deliveries, PIECE),
        "lines of the audit": lambda c: retention.audit_lines(c, now - keep.audit, PIECE),
        "idempotency keys": lambda c: retention.idempotency_keys(c, now - keep.keys, PIECE),
        "provider reports": lambda c: retention.callbacks(c, now - keep.callbacks, PIECE // 5),
        "quarantined batches": lambda c: retention.quarantine(c, now - keep.quarantine, PIECE // 5),
    }


def samples(keep: Keep, now: datetime) -> Mapping[str, Piece]:
    """The same of what probes saw."""
    return {
        "observations": lambda c: retention.observations(c, now - keep.observations, OBSERVATIONS),
        "minutes": lambda c: retention.minutes(c, now - keep.minutes, PIECE),
        "hours": lambda c: retention.hours(c, now - keep.hours, PIECE),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Done:
    rows: int
    unfinished: bool


def _some(store: Store, piece: Piece, most: int) -> _Done:
    """Up to `most` pieces of one kind, with a rest after each."""
    total = 0
    for _ in range(most):
        done = _write(store, piece)
        if not done:
            return _Done(rows=total, unfinished=False)
        total += done
        time.sleep(REST_SECONDS)
    return _Done(rows=total, unfinished=True)


def _write(store: Store, piece: Piece) -> int:
    return store.writer_of("housekeeping").submit(piece).result()


def _end(c: Connection, now: datetime) -> int:
    """Note that it is done. Once a day the place and seal of the audit's newest line go to the log, where they outlive the
    store: `sentinel verify --seal` finds out whether lines were cut off since."""
    before, last = retention.done_at(c), audit.anchor(c, audit.LAST)
    if last is not None and (before is None or before.date() != now.date()):
        log.info("the audit stands at %d:%s", last.seq, last.seal)
    retention.note_done(c, now)
    return 0
