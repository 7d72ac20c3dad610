"""Places as staff look at them: whether each still tells us something, and how far behind it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from sentinel.run import placed, sight
from sentinel.run.world import World
from sentinel.serve.agents.port import REPORTING, AgentLine
from sentinel.serve.services.port import PlaceLine, PlacesPage, PlaceState
from sentinel.store import tables, watching
from sentinel.store.watching import Latest

LATE = 2
"""A check is overdue after this many of its intervals without a sample."""


def places(c: Connection, world: World, now: datetime, agents: Sequence[AgentLine] = ()) -> PlacesPage:
    """The hub's own, those of the files, and every place that a batch has come from. `agents`: those of all places."""
    t = tables.cursor
    chosen = select(t.c.place, func.max(t.c.seen_at), func.count(), func.sum(t.c.stored)).group_by(t.c.place)
    heard = {row[0]: Heard(seen_at=row[1], sources=row[2], stored=int(row[3] or 0)) for row in c.execute(chosen)}
    by_place: dict[str, list[Latest]] = {}
    for one in watching.all_latest(c):
        by_place.setdefault(one.place, []).append(one)
    names = dict.fromkeys((*world.places, *sorted({*heard, *by_place})))
    states = _states(c, world, agents, now)
    lines = [
        replace(
            _place(world, name, heard.get(name, Heard()), by_place.get(name, []), now),
            is_own=name == world.installation.place,
            state=states.get(name, PlaceState.SEES),
            agents=tuple(one for one in agents if one.place == name),
        )
        for name in names
    ]
    return PlacesPage(at=now, places=tuple(lines))


def _states(c: Connection, world: World, agents: Sequence[AgentLine], now: datetime) -> dict[str, PlaceState]:
    """What is to be said first of a place that cannot be asked: that nobody is there, nothing is heard, or it cannot see."""
    manned = {one.place for one in agents if one.state in REPORTING}
    states = dict.fromkeys(sight.blind(c, world), PlaceState.BLIND)
    states |= dict.fromkeys(placed.lost(c, world, now), PlaceState.LOST)
    return states | {name: PlaceState.NOBODY for name in world.installation.places if name not in manned}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What has come from one place: the last batch, how many starts of probers, how many samples."""

    seen_at: datetime | None = None
    sources: int = 0
    stored: int = 0


def _place(world: World, name: str, heard: Heard, seen: Iterable[Latest], now: datetime) -> PlaceLine:
    every = {check.id: check.every for check in world.installation.checks.values()}
    mine = [one for one in seen if one.check in every]
    late = [now - one.at - every[one.check] for one in mine]
    return PlaceLine(
        name=name,
        seen_at=heard.seen_at,
        checks=len(mine),
        expected=sum(name in world.places_of(check) for check in world.installation.checks.values()),
        overdue=sum(now - one.at > LATE * every[one.check] for one in mine),
        lag=max(timedelta(0), max(late, default=timedelta(0))),
        sources=heard.sources,
        stored=heard.stored,
    )
