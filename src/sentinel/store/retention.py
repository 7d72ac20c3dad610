"""What is let go of after its time, each in small pieces: no piece holds the writer for long.

Belongs here: one function a kind of thing, (connection, everything before, at most so many) → how many. Does not belong here:
how long each is kept (model/keep.py) and when that is looked at (run/keeping.py).

A row of the ledger is kept for the reports when its people's data goes: a keyed mark stands in the place of the person, the
same in the ledger and in the snapshot, so that the books still balance.
"""

import hmac
import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, inspect, or_, select, tuple_, update

from sentinel.model.contact import slot_of
from sentinel.model.delivery import Lane, State
from sentinel.model.hook import CHECK
from sentinel.model.observation import Verdict
from sentinel.store import audit, due, tables
from sentinel.store.ledger import AT_REST
from sentinel.store.observations import day_table
from sentinel.store.upsert import upsert

_d, _p, _s, _f = tables.delivery, tables.snapshot_person, tables.snapshot, tables.anchor

PAST: Final = "past:"
"""Begins what stands in the place of a person's id and address once their data had its time."""
DELIVERIES: Final = "deliveries_past"
SNAPSHOTS: Final = "snapshots_past"
KEPT_HOUSE: Final = "kept_house"
_DAY: Final = re.compile(r"observation_(\d{8})")


def observations(c: Connection, before: datetime, most: int) -> int:
    """Let go of the oldest day that is past; how many rows, the table itself counted as one. What has still to be rolled up
    stays.

    SQLite looks at every page of a table that it drops, 0.13 s for a million rows, and nobody writes meanwhile: there the rows
    go first, in the order of their key. PostgreSQL takes the file away.
    """
    still = due.oldest(c)
    upto = before if still is None else min(before, due.begins_at(still))
    named = sorted(name for name in inspect(c).get_table_names() if (day := _DAY.fullmatch(name)) and day[1] < f"{upto:%Y%m%d}")
    if not named:
        return 0
    table = day_table(named[0].removeprefix("observation_"))
    if c.dialect.name == "sqlite":
        key = (table.c.check_id, table.c.at)
        some = select(*key).order_by(*key).limit(most).subquery()
        if gone := c.execute(delete(table).where(tuple_(*key).in_(select(some)))).rowcount:
            return gone
    table.drop(c)
    return 1


def minutes(c: Connection, before: datetime, most: int) -> int:
    """What was rolled up by minutes."""
    return _delete_hours(c, tables.rollup_minute, before, most)


def hours(c: Connection, before: datetime, most: int) -> int:
    """What was rolled up by hours."""
    return _delete_hours(c, tables.rollup_hour, before, most)


def _delete_hours(c: Connection, table: Table, before: datetime, most: int) -> int:
    key = tuple(table.primary_key.columns)
    old = select(*key).where(table.c.hour < due.hour_of(before)).order_by(table.c.hour).limit(most)
    return c.execute(delete(table).where(tuple_(*key).in_(old.subquery().select()))).rowcount


def deliveries(c: Connection, key: bytes, before: datetime, most: int) -> int:
    """Take the people out of rows that are at rest; how many rows were looked at. Where the last ended is kept."""
    last = _place(c, DELIVERIES)
    wanted = (_d.c.id, _d.c.person, _d.c.address, _d.c.state, _d.c.detail, _d.c.lane, _d.c.made_at)
    rows = c.execute(select(*wanted).where(_d.c.id > last).order_by(_d.c.id).limit(most)).all()
    old = [row for row in rows if row.made_at < before]
    if not old:
        return 0
    theirs = [row for row in old if row.lane != Lane.STAFF.value and State(row.state) in AT_REST]
    if theirs:
        changed = update(_d).where(_d.c.id == bindparam("of_id"))
        fields = {"person": bindparam("who"), "name": "", "address": bindparam("there"), "detail": bindparam("said")}
        c.execute(changed.values(**fields, ref="", bounce_why=None), [_past(key, row) for row in theirs])
    _set_place(c, DELIVERIES, old[-1].id, before)
    return len(old)


def snapshots(c: Connection, key: bytes, before: datetime, most: int) -> int:
    """The same for the audiences as they were frozen: up to `most` people of the oldest; how many."""
    last = _place(c, SNAPSHOTS)
    oldest = select(_s.c.id).where(_s.c.id > last, _s.c.asked_at < before).order_by(_s.c.id).limit(1)
    snapshot = c.execute(oldest).scalar_one_or_none()
    if snapshot is None:
        return 0
    still = (_p.c.snapshot == snapshot, ~_p.c.person.startswith(PAST, autoescape=True))
    people = list(c.execute(select(_p.c.person).where(*still).order_by(_p.c.person).limit(most)).scalars())
    if people:
        changed = update(_p).where(_p.c.snapshot == snapshot, _p.c.person == bindparam("was"))
        c.execute(
            changed.values(person=bindparam("who"), name="", address=""),
            [{"was": one, "who": past(key, one)} for one in people],
        )
    if len(people) < most:
        c.execute(update(_s).where(_s.c.id == snapshot).values(problems="[]"))
        _set_place(c, SNAPSHOTS, snapshot, before)
    return len(people) + 1


def past(key: bytes, person: str) -> str:
    """What stands in the place of a person whose data had its time."""
    if person.startswith(PAST):
        return person
    return PAST + hmac.new(key, b"past " + person.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]


def _past(key: bytes, row: Any) -> dict[str, Any]:
    mark = past(key, row.person)
    suppressed = row.state == State.SUPPRESSED.value
    return {
        "of_id": row.id,
        "who": mark,
        "there": f"suppressed:{mark}" if suppressed else mark,
        "said": row.detail if suppressed else "",
    }


def callers(c: Connection, before: datetime, most: int) -> int:
    """Calls that the desk counted."""
    return _delete(c, tables.contact, tables.contact.c.at < before, most)


def contact_counts(c: Connection, before: datetime, most: int) -> int:
    """Counts of contacts, with who these were."""
    n, w, old = tables.contact_count, tables.contact_customer, slot_of(before)
    gone = _delete(c, w, w.c.slot < old, most)
    key = tuple(n.primary_key.columns)
    some = select(*key).where(n.c.slot < old).order_by(n.c.slot).limit(most)
    return gone + c.execute(delete(n).where(tuple_(*key).in_(some.subquery().select()))).rowcount


def quarantine(c: Connection, before: datetime, most: int) -> int:
    return _delete(c, tables.quarantine, tables.quarantine.c.at < before, most)


def alerts(c: Connection, before: datetime, most: int) -> int:
    """What other tools said of alerts that are over, also of hooks that are in the files no more."""
    t = tables.pushed
    over = (t.c.check.like(f"{CHECK}%"), t.c.verdict == Verdict.UP.value, t.c.at < before)
    return c.execute(delete(t).where(t.c.check.in_(select(t.c.check).where(*over).limit(most)))).rowcount


def signals(c: Connection, before: datetime, most: int) -> int:
    """Signals that ended."""
    return _delete(c, tables.signal, tables.signal.c.cleared_at < before, most)


def troubles(c: Connection, before: datetime, most: int) -> int:
    """Trouble of our own that is over."""
    t = tables.trouble
    some = list(c.execute(select(t.c.name).where(t.c.cleared_at < before).order_by(t.c.name).limit(most)).scalars())
    return c.execute(delete(t).where(t.c.name.in_(some), t.c.cleared_at < before)).rowcount if some else 0


def callbacks(c: Connection, before: datetime, most: int) -> int:
    """What providers reported back: one that comes again after so long is refused for its time stamp."""
    t = tables.callback
    some = c.execute(select(t.c.provider, t.c.event).where(t.c.at < before).order_by(t.c.at).limit(most)).all()
    which = [(t.c.provider == row.provider) & (t.c.event == row.event) for row in some]
    return c.execute(delete(t).where(or_(*which))).rowcount if which else 0


def audit_lines(c: Connection, before: datetime, most: int) -> int:
    return audit.forget(c, before, most)


def idempotency_keys(c: Connection, before: datetime, most: int) -> int:
    return audit.forget_keys(c, before, most)


def note_done(c: Connection, now: datetime) -> None:
    """Housekeeping has come to its end."""
    _set_place(c, KEPT_HOUSE, 0, now)


def done_at(c: Connection) -> datetime | None:
    """When housekeeping last came to its end."""
    found: datetime | None = c.execute(select(_f.c.at).where(_f.c.name == KEPT_HOUSE)).scalar_one_or_none()
    return found


def _delete(c: Connection, table: Table, old: Any, most: int) -> int:
    some = select(table.c.id).where(old).order_by(table.c.id).limit(most).scalar_subquery()
    return c.execute(delete(table).where(table.c.id.in_(some))).rowcount


def _place(c: Connection, name: str) -> int:
    return int(c.execute(select(_f.c.seq).where(_f.c.name == name)).scalar_one_or_none() or 0)


def _set_place(c: Connection, name: str, seq: int, at: datetime) -> None:
    row = {"seq": seq, "at": at}
    c.execute(upsert(c, _f).values(name=name, seal="", **row).on_conflict_do_update(index_elements=["name"], set_=row))
