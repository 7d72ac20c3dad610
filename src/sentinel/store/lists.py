"""Lists by the page, as the API reads them: each takes where the last page ended and how many rows are wanted at most."""

from sqlalchemy import Connection, select

from sentinel.model.estimate import Basis, Estimate
from sentinel.model.incident import Entry, Said
from sentinel.store import codec, tables


def incident_ids(c: Connection, below: int | None, limit: int, is_open: bool | None = None) -> list[int]:
    """Incidents with an id below `below` (None: all), newest first; those open or over alone if asked."""
    t = tables.incident
    older = () if below is None else (t.c.id < below,)
    chosen = () if is_open is None else (t.c.open.is_(is_open),)
    return list(c.execute(select(t.c.id).where(*older, *chosen).order_by(t.c.id.desc()).limit(limit)).scalars())


def is_incident(c: Connection, incident: int) -> bool:
    return c.execute(select(tables.incident.c.id).where(tables.incident.c.id == incident)).one_or_none() is not None


def entries(c: Connection, incident: int, after: int, limit: int) -> list[Entry]:
    """The timeline past the entry numbered `after`, oldest first."""
    t = tables.entry
    rows = c.execute(select(t).where(t.c.incident == incident, t.c.seq > after).order_by(t.c.seq).limit(limit))
    return [
        Entry(incident=row.incident, seq=row.seq, at=row.at, who=row.who, said=codec.from_text(Said, row.said), why=row.why)  # type: ignore[arg-type]  # Said is a union
        for row in rows
    ]


def estimates(c: Connection, incident: int, after: int, limit: int) -> list[Estimate]:
    """What was estimated, by id, past the one numbered `after`."""
    t = tables.estimate
    rows = c.execute(select(t).where(t.c.incident == incident, t.c.id > after).order_by(t.c.id).limit(limit))
    return [Estimate(**{**row._mapping, "basis": Basis(row.basis)}) for row in rows]
