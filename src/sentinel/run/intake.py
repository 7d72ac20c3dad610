"""Batches of probers, ours and agents' → stored observations, hysteresis and signals, with cursors, in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy import Connection

from sentinel.detect.board import show
from sentinel.detect.place import Sight, believed, judged
from sentinel.detect.watch import NOTHING, watch
from sentinel.model.observation import Observation
from sentinel.probe.wire import Batch, stamp
from sentinel.run import poison, sight
from sentinel.run.world import World
from sentinel.store import observations, quarantine, watching
from sentinel.store.memory import Memory

BAD_MOST = 50
"""So many bad rows of one batch are told apart from the good ones; of one that has more, what is left goes aside whole."""
LATE = timedelta(seconds=30)
"""A sample of another place that began so much earlier than its own time limit is stored, and raises and clears nothing."""
_Bad = tuple[str, str]
"""A row that cannot be stored as text, and what broke."""


def take(c: Connection, world: World, batch: Batch, received_at: datetime, place: str = "") -> str:
    """Consume one batch of `place`, the hub's own if none is named. The answer is empty, or says why it was left aside.

    Batch numbers are contiguous per source, so one that came before is known and changes nothing, and a gap is seen. A row that
    cannot be stored is tried three times and set aside; all others of the batch are taken in.
    """
    place = place or world.installation.place
    known = watching.cursor_of(c, batch.source)
    if batch.number != known + 1:
        came = "again" if batch.number <= known else f"before batch {known + 1}"
        return f"batch {batch.number} of {batch.source} came {came}: left aside"
    bad, stored = _stored(c, world, batch, received_at, place)
    watching.move_cursor(c, batch.source, place, batch.number, stored, received_at)
    return "" if not bad else _set_aside(c, batch, bad, received_at)


def _stored(c: Connection, world: World, batch: Batch, received_at: datetime, place: str) -> tuple[list[_Bad], int]:
    """Store what of a batch can be stored, each row in its order; what cannot, and how much was. Late ones by themselves: one
    that cannot be stored costs no other."""
    bad: list[_Bad] = []
    found: list[_Sorted] = []
    why = poison.attempt(c, lambda: found.append(_sort(c, world, stamp(batch, received_at, place), batch.source, received_at)))
    if why:
        return [(str(batch), why)], 0
    by, seen, late = found[0]
    pieces = [seen]
    while pieces:
        piece = pieces.pop(0)
        why = poison.attempt(c, partial(_take_in, c, world, piece, by, received_at)) if piece else ""
        if not why:
            continue
        if len(piece) > 1 and len(bad) < BAD_MOST:
            half = len(piece) // 2
            pieces[:0] = [piece[:half], piece[half:]]
        elif len(piece) > 1 or all(poison.attempt(c, partial(_take_in, c, world, piece, by, received_at)) for _ in range(2)):
            bad += [(str(one), why) for one in piece]
    bad += _store_late(c, late)
    return bad, len(seen) + len(late) - len(bad)


def _store_late(c: Connection, late: Sequence[Observation]) -> list[_Bad]:
    """Keep history; what of it cannot be stored."""
    if not late or not poison.attempt(c, lambda: observations.store(c, late)):
        return []
    bad: list[_Bad] = []
    for at, one in enumerate(late):
        if len(bad) >= BAD_MOST:
            return bad + [(str(rest), bad[-1][1]) for rest in late[at:]]
        tries = (poison.attempt(c, partial(observations.store, c, [one])) for _ in range(poison.MOST - 1))
        whys = list(takewhile(bool, tries))
        if len(whys) == poison.MOST - 1:
            bad.append((str(one), whys[-1]))
    return bad


class _Sorted(NamedTuple):
    """What a place's canaries say of it, its samples to be taken in, and those that come so late from another place that they
    are history (F23)."""

    by: Sight
    seen: list[Observation]
    late: list[Observation]


def _sort(c: Connection, world: World, stamped: Sequence[Observation], source: str, received_at: datetime) -> _Sorted:
    found = _Sorted(sight.look(c, world, stamped, source), [], [])
    checks, own = world.installation.checks, world.installation.place
    for one in stamped:
        check = checks.get(one.check)
        if check is not None and one.place in world.places_of(check):
            is_late = one.place != own and received_at - one.at > LATE + check.timeout
            (found.late if is_late else found.seen).append(judged(one, found.by))
    return found


def _take_in(c: Connection, world: World, seen: Sequence[Observation], by: Sight, now: datetime) -> None:
    observations.store(c, seen)
    detect(c, world, seen, now, by)


def _set_aside(c: Connection, batch: Batch, bad: Sequence[_Bad], now: datetime) -> str:
    why = bad[0][1]
    body = "\n".join(text for text, _ in bad)
    quarantine.put(c, batch.source, batch.number, why, now, body=body, tries=poison.MOST)
    return f"batch {batch.number} of {batch.source}: {len(bad)} results could not be stored and were set aside: {why}"


def detect(c: Connection, world: World, seen: Sequence[Observation], now: datetime, by: Sight) -> None:
    """Take observations of one place through their detectors, in their order. `by`: what its canaries say of what it sees."""
    if not seen:
        return
    memory = Memory(c, {one.check for one in seen}, seen[0].place)
    for one in seen:
        _detect(world, memory, one, now, by)
    memory.write(now)


def _detect(world: World, memory: Memory, seen: Observation, now: datetime, by: Sight) -> None:
    check, held = world.installation.checks[seen.check], memory.held(seen.check)
    watched = believed(held, watch(check, held, seen, now, world.detectors[check.id], memory), by)
    if watched is not NOTHING:
        memory.keep(check.id, watched.held, watched.signals)
    shown = show(check.id, memory.held(check.id), seen)
    memory.show(seen, shown.state.value, shown.since or seen.at, shown.reason)
