"""What the public status page rests on: which incidents it may tell of, and a mark that changes with any of it."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from sentinel.model.notice import Towards
from sentinel.store import tables

WATCHED = 20
"""The latest incidents that the mark looks at, beside those that are open: older ones are found within a minute."""


def recent(c: Connection, since: datetime, most: int) -> list[int]:
    """Incidents that are open, or were opened or ended since; newest first, at most `most`."""
    t = tables.incident
    is_recent = t.c.open | (t.c.opened_at >= since) | (t.c.ended_at >= since)
    return list(c.execute(select(t.c.id).where(is_recent).order_by(t.c.id.desc()).limit(most)).scalars())


def mark(c: Connection, now: datetime) -> str:
    """Another text whenever a timeline grew, approved words were released, a promise was settled, or the hold was turned."""
    t, e, n, p, i = tables.incident, tables.entry, tables.notice, tables.promise, tables.installation
    latest = c.execute(select(t.c.id).order_by(t.c.id.desc()).limit(WATCHED)).scalars()
    ids = sorted({*latest, *c.execute(select(t.c.id).where(t.c.open)).scalars()})
    seqs = c.execute(select(e.c.incident, func.max(e.c.seq)).where(e.c.incident.in_(ids)).group_by(e.c.incident))
    to_customers = (n.c.incident.in_(ids), n.c.towards == Towards.CUSTOMERS.value)
    released = c.execute(select(n.c.id).where(*to_customers, n.c.release_at <= now).order_by(n.c.id)).scalars()
    promises = c.execute(select(p.c.id, p.c.state).where(p.c.incident.in_(ids)).order_by(p.c.id))
    hold = c.execute(select(i.c.hold, i.c.hold_at, i.c.epoch)).one()
    return repr((sorted(map(tuple, seqs)), list(released), list(map(tuple, promises)), tuple(hold)))
