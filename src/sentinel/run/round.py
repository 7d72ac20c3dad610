"""One round: every decision call, in order, on one screen.

A round asks the stored facts and `now` what should be so, and commits the change and the intent in one transaction. It runs on
the store's writer under the guard row, so that opening and grouping happen one at a time. A command runs `settle` in its own
transaction: what it changes and what follows from it are on disk together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from sentinel.incident.decide import decide
from sentinel.model.observation import Verdict
from sentinel.probe.wire import Batch
from sentinel.run import intake, tend, timeline
from sentinel.run.world import World
from sentinel.store import incidents, ledger, notices, tables, watching

NOT_GOOD = ("unknown", "failing")
"""What the board shows of checks that hold a recovery: we cannot see, or it may be failing again."""
LINGER = timedelta(minutes=5)
"""An incident that ended longer ago is seen to no more, unless it owes something still."""
EXPAND_AT_ONCE = 5000
"""Ledger rows written in one round: a million recipients must not hold the writer for seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the shell has to see to after a commit. `wants_audience`: a snapshot is to be read. `unfinished`: come soon."""

    wants_audience: bool
    unfinished: bool
    refused: tuple[str, ...] = ()


def play(
    c: Connection, world: World, arrived: Sequence[tuple[Batch, datetime]], now: datetime, *, thorough: bool = True
) -> Outcome:
    """Take in what probers sent, then settle."""
    c.execute(select(tables.installation.c.rounds).with_for_update())
    refused = tuple(why for batch, at in arrived if (why := intake.take(c, world, batch, at)))
    settled = settle(c, world, now, thorough=thorough)
    return Outcome(wants_audience=settled.wants_audience, unfinished=settled.unfinished, refused=refused)


def settle(c: Connection, world: World, now: datetime, touched: Collection[int] = (), *, thorough: bool = True) -> Outcome:
    """Decide what should be so, and write what of it has not been done.

    `touched`: incidents that a command was about. A round that is not `thorough` sees to these and to what has just moved; the
    timers of all the others are found by the next thorough one, a second later at most.
    """
    moved = _move(c, world, now)
    waiting = incidents.unfinished(c, now - LINGER) if thorough else ()
    for incident in sorted({*waiting, *touched, *moved}):
        tend.tend(c, world, incident, now)
    if thorough:
        ledger.lapse(c, now)
        ledger.expire(c, now)
    written = tend.expand(c, now, EXPAND_AT_ONCE)
    return Outcome(wants_audience=bool(notices.incomplete_snapshots(c)), unfinished=written >= EXPAND_AT_ONCE)


def _move(c: Connection, world: World, now: datetime) -> set[int]:
    """Write what the incident room says, and tell of which incidents."""
    installation = world.installation
    recent = now - installation.incident.reopen_within
    folded = [timeline.fold_of(c, incident) for incident in incidents.live(c, recent)]
    moves = decide(
        now,
        services=installation.services,
        checks=installation.checks,
        statements=installation.statements,
        policy=installation.incident,
        incidents=folded,
        signals=watching.signals_since(c, recent),
        told_of_end={one.id for one in folded if one.phase.is_over and timeline.is_told_of_end(c, one)},
        unknown={seen.check for seen in watching.all_latest(c) if seen.shown in NOT_GOOD or seen.verdict is Verdict.UNKNOWN},
    )
    return {timeline.write(c, move.incident, move.said, who="sentinel", why=move.why, now=now).id for move in moves}
