"""Who reads an audience: one process at a time, and one that lost its turn writes nothing more into the snapshot.

A snapshot is written in pieces, over minutes, while no transaction is held. Two that write one would mix two answers, so that
each piece asks in its own transaction whether the reading is still its own.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, or_, update

from sentinel.store import tables
from sentinel.store.column import Duration, lease_now

_s = tables.snapshot
LEASE: Final = timedelta(seconds=60)
"""A reading that wrote nothing for so long is another's to begin again."""
_UNTIL: Final = lease_now() + bindparam("lease", type_=Duration)


class Overtaken(Exception):
    """Another process has begun this reading again, or finished it."""


def take(c: Connection, snapshot: int, reader: str, now: datetime, *, shared: bool) -> bool:
    """Begin to read, unless somebody else does. A store that is not `shared` has no one else: whoever did is gone."""
    free = or_(_s.c.read_until.is_(None), _s.c.read_until < lease_now()) if shared else _s.c.id.is_not(None)
    mine = update(_s).where(_s.c.id == snapshot, ~_s.c.complete, free).values(reader=reader, read_until=_UNTIL)
    return c.execute(mine, {"now": now, "lease": LEASE}).rowcount == 1


def keep(c: Connection, snapshot: int, reader: str, now: datetime) -> None:
    """It is still ours, until this transaction ends, and for a while longer. Raises Overtaken."""
    mine = update(_s).where(_s.c.id == snapshot, ~_s.c.complete, _s.c.reader == reader).values(read_until=_UNTIL)
    if c.execute(mine, {"now": now, "lease": LEASE}).rowcount != 1:
        raise Overtaken


def leave(c: Connection, snapshot: int, reader: str) -> None:
    """We are done with it, whatever came of it."""
    c.execute(update(_s).where(_s.c.id == snapshot, _s.c.reader == reader).values(read_until=None))
