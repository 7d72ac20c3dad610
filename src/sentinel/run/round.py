"""One round: every decision call, in order, on one screen.

A round asks the stored facts and `now` what should be so, and commits the change and the intent in one transaction. It runs on
the store's writer under the guard row, so that opening and grouping happen one at a time. A command runs `settle` in its own
transaction: what it changes and what follows from it are on disk together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sentinel.incident.decide import Move, decide
from sentinel.model.delivery import Lane
from sentinel.model.incident import Incident
from sentinel.probe.wire import Batch
from sentinel.run import (
    batches,
    callers,
    course,
    failover,
    heartbeat,
    hooked,
    intake,
    listening,
    placed,
    poison,
    tend,
    timeline,
)
from sentinel.run.case import Case
from sentinel.run.world import World
from sentinel.store import episodes, incidents, installations, ledger, notices, tally, watching

NOT_GOOD = ("unknown", "failing")
"""What the board shows of checks that hold a recovery: we cannot see, or it may be failing again."""
LINGER = timedelta(minutes=5)
"""An incident that ended longer ago is seen to no more, unless it owes something still."""
EXPAND_AT_ONCE = 10_000
"""Ledger rows written in one round: a million recipients must not hold the writer for seconds."""
EXPAND_BESIDE = 500
"""Those that are written together with a command, for which somebody waits."""
QUEUES_AFTER = timedelta(seconds=2)
"""How long news, or a thorough round that is due, waits for a moment when nobody else is at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the shell has to see to after a commit. `wants_audience`: a snapshot is to be read. `unfinished`: come soon.

    `lanes`: those that got something to send. `skipped`: another hub was playing a round, so that this one did nothing.
    """

    wants_audience: bool = False
    unfinished: bool = False
    lanes: tuple[Lane, ...] = ()
    refused: tuple[str, ...] = ()
    skipped: bool = False


def play(
    c: Connection,
    world: World,
    arrived: Sequence[tuple[Batch, datetime]],
    now: datetime,
    *,
    thorough: bool = True,
    hears: bool = True,
    overdue: bool = False,
) -> Outcome:
    """Take in what probers sent, then settle. It does not queue up behind another hub's round, so that a command, the kill
    switch above all, waits for one round and not for several; unless its news has waited for a while. Where it was skipped,
    nothing was taken in.

    `hears`: pings, and agents, come to this process. That a worker lives does not mean that there was anybody to hear one.
    `overdue`: this process has come to no thorough round for a while, and queues up for one.
    """
    if overdue or (arrived and now - arrived[0][1] >= QUEUES_AFTER):
        installations.guard(c)
    elif not installations.guard_if_free(c):
        return Outcome(skipped=True)
    refused = tuple(why for batch, at in arrived if (why := intake.take(c, world, batch, at)))
    if thorough and hears:
        since = listening.note(c, now)
        poison.step(c, poison.HEARTBEATS, lambda: heartbeat.look(c, world, since, now), now)
    settled = settle(c, world, now, thorough=thorough)
    return replace(settled, refused=refused)


def settle(
    c: Connection,
    world: World,
    now: datetime,
    touched: Collection[int] = (),
    *,
    thorough: bool = True,
    expands: int | None = None,
) -> Outcome:
    """Decide what should be so, and write what of it has not been done.

    `touched`: incidents that a command was about. A round that is not `thorough` sees to these and to what has just moved; the
    timers of all the others are found by the next thorough one, a second later at most. `expands`: ledger rows that are written
    at most, where that is fewer than usual; the next round, which is to come soon, writes the others.
    """
    before = tally.newest(c)
    if thorough:
        poison.step(c, poison.PLACES, lambda: placed.see_to(c, world, now), now)
        poison.step(c, poison.HOOKS, lambda: hooked.see_to(c, world, now), now)
        poison.step(c, poison.CONTACTS, lambda: callers.see_to(c, world, now), now)
    moved: set[int] = set()
    poison.step(c, poison.DECISIONS, lambda: moved.update(_move(c, world, now)), now)
    waiting = incidents.unfinished(c, now - LINGER) if thorough else ()
    ended = episodes.left_open(c) if thorough else ()
    due = sorted({*waiting, *touched, *moved, *ended})
    cases: list[Case] = []
    poison.each(c, poison.INCIDENT, due, lambda incident: cases.append(tend.tend(c, world, incident, now)), now, touched)
    course.keep(c, world, cases, now)
    if thorough:
        ledger.lapse(c, now)
        ledger.expire(c, now)
        poison.step(c, poison.FAILOVER, lambda: failover.see_to(c, world, now), now)
    most = EXPAND_AT_ONCE if expands is None else min(expands, EXPAND_AT_ONCE)
    written = batches.expand(c, world, now, most) if most else 0
    asks = any(each.again_at is None or each.again_at <= now for each in notices.incomplete_snapshots(c))
    return Outcome(wants_audience=asks, unfinished=written >= most, lanes=tally.lanes_since(c, before))


def _move(c: Connection, world: World, now: datetime) -> set[int]:
    """Write what the incident room says, and tell of which incidents."""
    installation = world.installation
    recent = now - installation.incident.reopen_within
    folded, unreadable = _folded(c, incidents.live(c, recent), now)
    signals = watching.signals_since(c, recent)
    if not folded and not signals:
        return set()  # nothing can follow from that all is well, however much is looked at
    deaf = placed.deaf(c, world, now)
    agreed = placed.quorum(c, world, signals, deaf, now)
    moves = decide(
        now,
        services=installation.services,
        checks=installation.checks,
        statements=installation.statements,
        policy=installation.incident,
        incidents=folded,
        signals=signals,
        told_of_end={one.id for one in folded if one.phase.is_over and timeline.is_told_of_end(c, one)},
        unknown=placed.unsure(c, world, deaf, NOT_GOOD, now),
        places=agreed.places,
        asked=agreed.asked,
        own=agreed.own,
    )
    return _write(c, [move for move in moves if move.incident not in unreadable], now)


def _folded(c: Connection, live: Sequence[int], now: datetime) -> tuple[list[Incident], set[int]]:
    """The incidents, and which of them cannot be read to their end. Such a one counts as far as it can be read: what is in it
    must not open another incident beside it. Nothing is written to it."""
    whole: dict[int, Incident] = {}

    def fold(incident: int) -> None:
        whole[incident] = timeline.fold_of(c, incident)

    poison.each(c, poison.TIMELINE, live, fold, now, touched=live)
    unreadable = set(live) - set(whole)
    parts = (timeline.as_far_as_readable(c, incident) for incident in sorted(unreadable))
    return [*whole.values(), *(part for part in parts if part is not None)], unreadable


def _write(c: Connection, moves: Sequence[Move], now: datetime) -> set[int]:
    """Each incident's moves in their order; one that cannot be written stops no other incident."""
    theirs: dict[int, list[Move]] = {}
    for place, move in enumerate(moves, start=1):
        theirs.setdefault(-place if move.incident is None else move.incident, []).append(move)
    moved: set[int] = set()

    def say(number: int) -> None:
        for move in theirs[number]:
            moved.add(timeline.write(c, move.incident, move.said, who="sentinel", why=move.why, now=now).id)

    poison.each(c, poison.SAYING, theirs, say, now, touched=theirs)
    return moved
