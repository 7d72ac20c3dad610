"""Listening: since when there has been a hub, any of those that share the store, to hear what comes by itself.

Pings, values and the reports of agents come to a hub alone. Where none lived, or none could reach the store, nobody could be
heard: that time is ours, and is held against no heartbeat and no place. A worker's rounds note nothing here; they read it.

Hubs on several machines write the stretch together, so it is kept by the store's clock. Whoever asks is told in its own time.

Belongs here: the record of that stretch. Does not belong here: when a heartbeat is overdue (detect/kind/silence.py), when a
place is lost (placed.py).
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from sentinel.detect.kind import silence
from sentinel.store import tables
from sentinel.store.column import lease_now

NOTED_EVERY: Final = timedelta(seconds=5)
LONGEST_GAP: Final = timedelta(seconds=20)
"""A longer silence of the hubs' rounds is downtime: nobody was there to hear anything. (A start is one too, see `begin`.) Of a
shorter one nothing is written: an agent that was sent away has time to come back before its place is lost (placed.LOST), as its
longest pause is short (agent/agent.py)."""
_i = tables.installation
_STAND: Final = select(_i.c.seen_at, _i.c.up_since, lease_now().label("clock")).where(_i.c.id == 1)


def begin(c: Connection) -> None:
    """At the start of a hub where no other listens: what came while we were away was not heard, however short that was."""
    c.execute(update(_i).where(_i.c.id == 1).values(seen_at=None))


def note(c: Connection, now: datetime) -> datetime:
    """A hub listens now; since when one has, without a gap. Written down again every few seconds."""
    row = _read(c, now)
    since = silence.stretch(row.up_since, row.seen_at, row.clock, LONGEST_GAP)
    if since != row.up_since or row.seen_at is None or row.clock - row.seen_at >= NOTED_EVERY:
        is_ahead = row.seen_at is not None and timedelta(0) < row.seen_at - row.clock <= LONGEST_GAP
        c.execute(update(_i).where(_i.c.id == 1).values(seen_at=row.seen_at if is_ahead else row.clock, up_since=since))
    length: timedelta = row.clock - since
    return now - length


def since(c: Connection, now: datetime) -> datetime | None:
    """Since when a hub has listened without a gap; None while none does."""
    row = _read(c, now)
    if row.seen_at is None or row.up_since is None or row.clock - row.seen_at > LONGEST_GAP:
        return None
    length: timedelta = row.clock - min(row.up_since, row.clock)
    return now - length


def _read(c: Connection, now: datetime) -> Row[Any]:
    """What is written, and the instant at which it is read, by the same clock."""
    return c.execute(_STAND, {"now": now}).one()
