"""Batches of a prober → stored observations, hysteresis and signals, with the cursor, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from sentinel.detect.board import show
from sentinel.detect.watch import signal_id, watch
from sentinel.model.observation import Observation
from sentinel.model.signal import Hysteresis, Signal
from sentinel.probe.wire import Batch, stamp
from sentinel.run.world import World
from sentinel.store import observations, watching


def take(c: Connection, world: World, batch: Batch, received_at: datetime) -> str:
    """Consume one batch. The answer is empty, or says why it was left aside.

    Batch numbers are contiguous per source, so one that came before is known and changes nothing, and a gap is seen.
    """
    place = world.installation.place
    known = watching.cursor_of(c, batch.source)
    if batch.number != known + 1:
        came = "again" if batch.number <= known else f"before batch {known + 1}"
        return f"batch {batch.number} of {batch.source} came {came}: left aside"
    seen = [one for one in stamp(batch, received_at, place) if one.check in world.installation.checks]
    observations.store(c, seen)
    for one in seen:
        _detect(c, world, one, received_at)
    watching.move_cursor(c, batch.source, place, batch.number, len(seen), received_at)
    return ""


def _detect(c: Connection, world: World, seen: Observation, now: datetime) -> None:
    check = world.installation.checks[seen.check]
    held = watching.hysteresis_of(c, seen.check, seen.place)
    watched = watch(check, held, seen, now, world.detectors[check.id], _standing(c, seen, held))
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
