"""Batches of a prober → stored observations, hysteresis and signals, with the cursor, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from sentinel.detect.board import show
from sentinel.detect.place import Sight, believed, judged
from sentinel.detect.watch import signal_id, watch
from sentinel.model.observation import Observation
from sentinel.model.signal import Hysteresis, Signal
from sentinel.probe.wire import Batch, stamp
from sentinel.run import poison, sight
from sentinel.run.world import World
from sentinel.store import observations, quarantine, watching

BAD_MOST = 50
"""So many bad rows of one batch are told apart from the good ones; of one that has more, what is left goes aside whole."""
_Bad = tuple[str, str]
"""A row that cannot be stored as text, and what broke."""


def take(c: Connection, world: World, batch: Batch, received_at: datetime) -> str:
    """Consume one batch. The answer is empty, or says why it was left aside.

    Batch numbers are contiguous per source, so one that came before is known and changes nothing, and a gap is seen. A row that
    cannot be stored is tried three times and set aside; all others of the batch are taken in.
    """
    place = world.installation.place
    known = watching.cursor_of(c, batch.source)
    if batch.number != known + 1:
        came = "again" if batch.number <= known else f"before batch {known + 1}"
        return f"batch {batch.number} of {batch.source} came {came}: left aside"
    bad, stored = _stored(c, world, batch, received_at)
    watching.move_cursor(c, batch.source, place, batch.number, stored, received_at)
    return "" if not bad else _set_aside(c, batch, bad, received_at)


def _stored(c: Connection, world: World, batch: Batch, received_at: datetime) -> tuple[list[_Bad], int]:
    """Store what of a batch can be stored, each row in its order; what cannot, and how much was."""
    bad: list[_Bad] = []
    seen: list[Observation] = []
    by: list[Sight] = []
    why = poison.attempt(c, lambda: _stamp(c, world, batch, received_at, seen, by))
    if why:
        return [(str(batch), why)], 0
    pieces = [seen]
    while pieces:
        piece = pieces.pop(0)
        why = poison.attempt(c, partial(_take_in, c, world, piece, by[0], received_at)) if piece else ""
        if not why:
            continue
        if len(piece) > 1 and len(bad) < BAD_MOST:
            half = len(piece) // 2
            pieces[:0] = [piece[:half], piece[half:]]
        elif len(piece) > 1 or all(poison.attempt(c, partial(_take_in, c, world, piece, by[0], received_at)) for _ in range(2)):
            bad += [(str(one), why) for one in piece]
    return bad, len(seen) - len(bad)


def _stamp(c: Connection, world: World, batch: Batch, received_at: datetime, seen: list[Observation], by: list[Sight]) -> None:
    stamped = stamp(batch, received_at, world.installation.place)
    by.append(sight.look(c, world, stamped, batch.source))
    seen += [judged(one, by[0]) for one in stamped if one.check in world.installation.checks]


def _take_in(c: Connection, world: World, seen: Sequence[Observation], by: Sight, now: datetime) -> None:
    observations.store(c, list(seen))
    for one in seen:
        detect(c, world, one, now, by)


def _set_aside(c: Connection, batch: Batch, bad: Sequence[_Bad], now: datetime) -> str:
    why = bad[0][1]
    body = "\n".join(text for text, _ in bad)
    quarantine.put(c, batch.source, batch.number, why, now, body=body, tries=poison.MOST)
    return f"batch {batch.number} of {batch.source}: {len(bad)} results could not be stored and were set aside: {why}"


def detect(c: Connection, world: World, seen: Observation, now: datetime, by: Sight) -> None:
    """Take one observation through its detectors. `by`: what its place's canaries say of what it sees."""
    check = world.installation.checks[seen.check]
    held = watching.hysteresis_of(c, seen.check, seen.place)
    watched = believed(held, watch(check, held, seen, now, world.detectors[check.id], _standing(c, seen, held)), by)
    watching.keep_hysteresis(c, seen.check, seen.place, watched.held)
    watching.keep_signals(c, watched.signals)
    before = watching.latest_of(c, seen.check, seen.place)
    shown = show(check.id, {**held, **watched.held}, seen)
    since = shown.since or seen.at
    if before is not None and before.shown == shown.state:
        since = min(since, before.shown_since)
    watching.keep_latest(c, seen, shown.state.value, since, shown.reason)


def _standing(c: Connection, seen: Observation, held: Mapping[str, Hysteresis]) -> dict[str, Signal]:
    """The signals that stand for this check and place, as stored."""
    ids = [signal_id(kind, seen.check, seen.place, h.raised_since) for kind, h in held.items() if h.raised_since]
    return {one: found for one in ids if (found := watching.signal_of(c, one)) is not None}
