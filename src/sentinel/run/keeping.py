"""Housekeeping of the store: what a start sees to before anything is served, and what is rolled up and let go of each hour.

Belongs here: in which order, how much at once, and how long it rests between. Does not belong here: the rows
(store/retention.py), the erasure of a person (erasing.py).
"""

import logging
import time
from collections.abc import Callable, Mapping
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
"""Of one kind in one go: ten million rows, a hundred million observations. The rest comes an hour later."""

Piece = Callable[[Connection], int]
log = logging.getLogger(__name__)


def begin(store: Store, key: bytes, now: datetime) -> None:
    """Before anything is served: an older version's lines of the audit are sealed, and whoever was erased is erased still."""
    while store.writer.submit(lambda c: audit.seal_older(c, now)).result():
        pass
    erasing.replay(store, key, now)


def keep_house(reads: Reads) -> Mapping[str, int]:
    """Let go of what had its time, and roll up the hours that are over; how many rows of each kind are gone. Blocks for as long
    as that takes, in small transactions."""
    store, now, keep = reads.store, reads.clock.now(), reads.installation.keep
    while _write(store, lambda c: audit.seal_older(c, now)):
        pass
    _all(store, lambda c: int(rollups.note_over(c, now)))
    done = {name: _all(store, piece) for name, piece in pieces(keep, reads.world.unsubscribe_key, now).items()}
    _all(store, lambda c: rollups.roll_up(c, CHECKS))  # where that breaks, people's data still has its time
    done |= {name: _all(store, piece) for name, piece in samples(keep, now).items()}
    _write(store, lambda c: _end(c, now))
    if any(done.values()):
        log.info("let go of %s", ", ".join(f"{n} {name}" for name, n in done.items() if n))
    return done


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


def _all(store: Store, piece: Piece) -> int:
    """Every piece of one kind, with a rest between."""
    total = 0
    for _ in range(MOST_PIECES):
        done = _write(store, piece)
        total += done
        if not done:
            break
        time.sleep(REST_SECONDS)
    return total


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
