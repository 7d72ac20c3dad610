"""The hubs and workers that share the store: each says that it lives. Leases of rows are not here (ledger.py)."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from sentinel.model.process import Process
from sentinel.store import tables
from sentinel.store.column import lease_now
from sentinel.store.upsert import upsert

_p = tables.process
FORGOTTEN = timedelta(hours=1)
_LONGEST = {"host": 255, "version": 32, "lanes": 255}


def beat(c: Connection, process: Process, now: datetime) -> None:
    """`process` lives. Those that have not said so for long are forgotten."""
    row = asdict(process) | {"lanes": " ".join(process.lanes)}
    row |= {name: row[name][:most] for name, most in _LONGEST.items()}
    written = upsert(c, _p).values(row | {"seen_at": lease_now()})
    again = {name: written.excluded[name] for name in row if name not in ("id", "started_at")}
    c.execute(written.on_conflict_do_update(index_elements=[_p.c.id], set_=again), {"now": now})
    c.execute(delete(_p).where(_p.c.seen_at < clock(c, now) - FORGOTTEN))


def leave(c: Connection, process: str) -> None:
    """It has ended by itself: nobody need wait to find that out."""
    c.execute(delete(_p).where(_p.c.id == process))


def living(c: Connection, now: datetime, within: timedelta) -> tuple[Process, ...]:
    """Those that said within so long that they live, the longest there first."""
    heard = select(_p).where(_p.c.seen_at >= clock(c, now) - within).order_by(_p.c.started_at, _p.c.id)
    return tuple(Process(**{**row._mapping, "lanes": tuple(row.lanes.split())}) for row in c.execute(heard))


def clock(c: Connection, now: datetime) -> datetime:
    """The instant by which `seen_at` is written: the database's where many share it."""
    found: datetime = c.execute(select(lease_now()), {"now": now}).scalar_one()
    return found
