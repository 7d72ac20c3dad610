"""A mark of everything that pages show: one hash over a few bounded queries. Two marks that differ: something changed."""

from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from sentinel.store import tables

LATEST = 20
"""So many of the latest incidents, notices, promises and snapshots are looked at: what changes is recent."""


def mark(c: Connection) -> str:
    """Sixteen hexadecimal digits. Costs some milliseconds, most of them counting the deliveries of the latest notices."""
    parts = (
        _installation(c),
        c.execute(select(func.max(tables.audit.c.id))).scalar(),
        c.execute(select(func.max(tables.estimate.c.id))).scalar(),
        c.execute(select(func.max(tables.contact.c.id))).scalar(),
        c.execute(select(func.max(tables.contact_count.c.at))).scalar(),
        c.execute(select(tables.latest.c.check, tables.latest.c.place, tables.latest.c.shown, tables.latest.c.reason)).all(),
        _incidents(c),
        _notices(c),
        c.execute(_of(tables.promise, "state", "at")).all(),
        c.execute(_of(tables.snapshot, "complete", "admitted")).all(),
    )
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _installation(c: Connection) -> object:
    t = tables.installation.c
    return c.execute(select(t.epoch, t.hold, t.hold_why)).all()


def _of(table: Table, *columns: str) -> Select[Any]:
    return select(table.c.id, *(table.c[name] for name in columns)).order_by(table.c.id.desc()).limit(LATEST)


def _incidents(c: Connection) -> object:
    t, entry = tables.incident, tables.entry
    ids = [row.id for row in c.execute(select(t.c.id).order_by(t.c.open.desc(), t.c.id.desc()).limit(LATEST))]
    lines = select(entry.c.incident, func.max(entry.c.seq)).where(entry.c.incident.in_(ids)).group_by(entry.c.incident)
    return c.execute(lines).all()


def _notices(c: Connection) -> object:
    t, draft, row = tables.notice.c, tables.draft.c, tables.delivery.c
    wanted = select(t.id, t.state, t.void_at, t.approval, t.snapshot, t.release_at).order_by(t.id.desc()).limit(LATEST)
    found = c.execute(wanted).all()
    ids = [each.id for each in found]
    versions = c.execute(select(draft.notice, draft.version).where(draft.notice.in_(ids))).all()
    counts = select(row.notice, row.state, func.count()).where(row.notice.in_(ids)).group_by(row.notice, row.state)
    return found, versions, c.execute(counts).all()
