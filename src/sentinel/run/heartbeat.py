"""Heartbeats: what reports to us by itself, and what it means when it does not.

Belongs here: pings and looks as observations, in and out of the store, and the record of when a hub listened. Does not belong
here: when one is overdue (detect/kind/silence.py), the address that is pinged (serve/public.py).

A look is an observation like any other, made by the hub at each interval of the check: so a heartbeat has its uptime, its place
on the board and its signals as other checks have.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, select, update

from sentinel.detect.kind import silence
from sentinel.detect.place import judged
from sentinel.model.check import Check
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.probe.kind import heartbeat
from sentinel.run import intake, sight
from sentinel.run.world import World
from sentinel.store import observations, tables, watching
from sentinel.store.upsert import upsert

NOTED_EVERY: Final = timedelta(seconds=5)
LONGEST_GAP: Final = timedelta(seconds=20)
"""A longer silence of rounds is downtime: nobody was there to hear a ping. (A start is one too, see `begin`.)"""
_i, _h = tables.installation, tables.heartbeat


def checks(world: World) -> dict[str, Check]:
    return {name: check for name, check in world.installation.checks.items() if check.is_pushed}


def by_hash(world: World) -> Mapping[str, str]:
    """SHA-256 of a token → its check. Tokens are compared by their hashes, so that no answer's time tells of them."""
    return {hash_of(heartbeat.of(check.options).token.reveal()): name for name, check in checks(world).items()}


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def ping(c: Connection, world: World, check: str, now: datetime) -> None:
    """A ping has come. On disk with all that follows for its signals when this commits; the next round sees to the rest."""
    row = {"check": check, "pinged_at": now}
    c.execute(upsert(c, _h).values(**row).on_conflict_do_update(index_elements=["check"], set_=row))
    _observe(c, world, check, SampleKind.CONFIRM, Verdict.UP, "", now)


def look(c: Connection, world: World, now: datetime) -> None:
    """Called in each thorough round: note that a hub listens, and look at each heartbeat whose interval is over."""
    mine = checks(world)
    if not mine:
        return
    up_since = _listen(c, now)
    pinged = {row.check: row.pinged_at for row in c.execute(select(_h.c.check, _h.c.pinged_at).order_by(_h.c.check))}
    for name, check in mine.items():
        last = watching.latest_of(c, name, world.installation.place)
        if last is None or not timedelta(0) <= now - last.at < check.every:
            options = heartbeat.of(check.options)
            due = silence.overdue_at(pinged.get(name), up_since, options.period, options.grace, now)
            late = f"no ping for {_words(now - due + options.grace + options.period)}, {_words(now - due)} too long"
            verdict, why = (Verdict.DOWN, late) if now > due else (Verdict.UP, "")
            _observe(c, world, name, SampleKind.SCHEDULED, verdict, why, now)


def begin(c: Connection) -> None:
    """At the start of a hub where no other hears pings: what came while we were away was not heard, however short that was."""
    c.execute(update(_i).where(_i.c.id == 1).values(seen_at=None))


def _listen(c: Connection, now: datetime) -> datetime:
    """When the present stretch of listening began, noted again every few seconds."""
    row = c.execute(select(_i.c.seen_at, _i.c.up_since).where(_i.c.id == 1)).one()
    since = silence.stretch(row.up_since, row.seen_at, now, LONGEST_GAP)
    if since != row.up_since or row.seen_at is None or now - row.seen_at >= NOTED_EVERY:
        c.execute(update(_i).where(_i.c.id == 1).values(seen_at=now, up_since=since))
    return since


def _observe(c: Connection, world: World, check: str, sample: SampleKind, verdict: Verdict, reason: str, now: datetime) -> None:
    """What we found ourselves, taken in like a prober's word: pings do not reach a place that is cut off either."""
    by = sight.of(c, world)
    seen = judged(
        Observation(
            check=check, place=world.installation.place, at=now, sample=sample, verdict=verdict, reason=reason, source="hub"
        ),
        by,
    )
    observations.store(c, [seen])
    intake.detect(c, world, seen, now, by)


def _words(length: timedelta) -> str:
    seconds = length.total_seconds()
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
