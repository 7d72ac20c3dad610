"""Terms: under what the people of a snapshot get their rows: how many at once, when each may be sent to, and who may not be.

Belongs here: one window of the snapshot, looked at person by person before its rows are written in one statement. Does not
belong here: the rows (expansion.py), the policies (model/limits.py), the counting of caps (caps.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from sentinel.model.limits import Drill, Guards, Span
from sentinel.model.person import Reason
from sentinel.store import tables

_p, _b = tables.snapshot_person, tables.broken
STRIKES: Final = 2
"""Refusals on so many days, and an address is broken: as in broken.py."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """`room`: at most so many who are sent to, None for all. `only`: these people and no others (the first batch). `quiet`:
    the hours in which this notice wakes nobody; `named`: the instants that its words name."""

    room: int | None = None
    only: Sequence[str] = ()
    guards: Guards | None = None
    quiet: Span | None = None
    named: Sequence[datetime] = ()
    drill: Drill | None = None

    def hold_until(self, zone: str, at: datetime) -> datetime | None:
        """Until when somebody of `zone` is not to be woken, where `at` lies in their quiet hours."""
        if self.quiet is None:
            return None
        local = at.astimezone(ZoneInfo(zone))
        return self.quiet.over_at(local).astimezone(UTC) if self.quiet.holds(local) else None

    def names_quiet(self, zone: str) -> bool:
        """Whether the words would give somebody of `zone` a time that lies in their quiet hours."""
        quiet = self.quiet
        return quiet is not None and any(quiet.holds(each.astimezone(ZoneInfo(zone))) for each in self.named)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Some people of a snapshot in the order of their ids: those up to `last`. `whole`: nobody comes after them.

    `asked`: how many of them are sent to as far as the snapshot knows. `held`: zone → until when its people are not woken.
    `out`: reason → people who are not sent to after all.
    """

    last: str
    whole: bool
    asked: int
    held: Mapping[str, datetime] = field(default_factory=dict)
    out: Mapping[Reason, Sequence[str]] = field(default_factory=dict)


def window(c: Connection, snapshot: int, after: str, limit: int, terms: Terms, at: datetime) -> Window:
    """The next people: at most `limit`, and no more than `terms.room` who are sent to. `at`: when their messages may leave."""
    mine = [_p.c.snapshot == snapshot, *([_p.c.person.in_(list(terms.only))] if terms.only else [_p.c.person > after])]
    columns = (_p.c.person, _p.c.zone, _p.c.address, _p.c.reason)
    next_ones = select(*columns).where(*mine).order_by(_p.c.person).limit(limit)
    return _by_zone(c, next_ones, after, limit, terms, at) or _one_by_one(c, next_ones, after, limit, terms, at)


def _by_zone(c: Connection, people: Select[Any], after: str, limit: int, terms: Terms, at: datetime) -> Window | None:
    """The window from a row a zone; None where single people must be looked at. Ten thousand rows, each handed over between
    threads that both want the interpreter, cost as much as sending to a thousand people."""
    p = people.subquery().c
    last = func.max(func.max(p.person)).over().label("last")  # by the database's own order of ids
    counted = select(p.zone, func.count().label("n"), (func.count() - func.count(p.reason)).label("asked"), last)
    zones = c.execute(counted.group_by(p.zone)).all()
    asked = sum(row.asked for row in zones)
    has_room = terms.room is None or asked <= terms.room
    if terms.drill is not None or not has_room or any(terms.names_quiet(row.zone) for row in zones):
        return None
    held = {row.zone: until for row in zones if (until := terms.hold_until(row.zone, at)) is not None}
    whole = sum(row.n for row in zones) < limit
    return Window(last=zones[0].last if zones else after, whole=whole, asked=asked, held=held)


def _one_by_one(c: Connection, people: Select[Any], after: str, limit: int, terms: Terms, at: datetime) -> Window:
    rows = c.execute(people).all()
    taken, asked = len(rows), 0
    for place, row in enumerate(rows):
        if row.reason is None:
            if terms.room is not None and asked >= terms.room:
                taken = place
                break
            asked += 1
    found = rows[:taken]
    zones = {row.zone for row in found}
    held = {zone: until for zone in zones if (until := terms.hold_until(zone, at)) is not None}
    return Window(
        last=found[-1].person if found else after,
        whole=taken == len(rows) and len(rows) < limit,
        asked=asked,
        held=held,
        out=_out(found, terms),
    )


def _out(found: Sequence[Any], terms: Terms) -> Mapping[Reason, Sequence[str]]:
    if terms.drill is None and terms.quiet is None:
        return {}
    is_quiet: dict[str, bool] = {zone: terms.names_quiet(zone) for zone in {row.zone for row in found}}
    sent_to = [row for row in found if row.reason is None]
    reaches: Callable[[str], bool] = terms.drill.reaches if terms.drill is not None else lambda address: True
    out = {
        Reason.DRILL: [row.person for row in sent_to if not reaches(row.address)],
        Reason.QUIET: [row.person for row in sent_to if reaches(row.address) and is_quiet[row.zone]],
    }
    return {reason: persons for reason, persons in out.items() if persons}


def is_broken() -> ColumnElement[bool]:
    """Whether the person's address refused our messages for good, since the snapshot was taken perhaps."""
    same = (_b.c.channel == _p.c.channel, _b.c.address == _p.c.address)
    return exists().where(*same, _b.c.strikes >= STRIKES, _b.c.mended_at.is_(None))
