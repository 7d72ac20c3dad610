"""How fast each channel may be used, shared by all senders everywhere: one row a channel.

Belongs here: the row. Does not belong here: how much is left (deliver/pace.py), for how long a provider is left alone
(deliver/ledger.py). All instants here are of the clock of leases: many machines read them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, or_, select, update

from sentinel.deliver import pace
from sentinel.deliver.pace import Budget
from sentinel.model.delivery import Rate
from sentinel.store import tables
from sentinel.store.column import Duration, lease_now
from sentinel.store.upsert import upsert

_r = tables.rate
_END: Final = lease_now() + bindparam("pause", type_=Duration)


def open_budget(c: Connection, key: str, rate: Rate, now: datetime) -> Budget:
    """What may leave by `key` now. Its row is locked until the transaction ends: `spend` in the same one.

    To be called in a transaction that waits for no other lock: whoever holds this one holds up all who send by the key.
    """
    asked = select(_r.c.arrival_at, lease_now().label("at")).where(_r.c.key == key).with_for_update()
    row = c.execute(asked, {"now": now}).one_or_none()
    if row is None:
        fresh = upsert(c, _r).values(key=key, arrival_at=datetime.fromtimestamp(0, now.tzinfo)).on_conflict_do_nothing()
        c.execute(fresh)
        row = c.execute(asked, {"now": now}).one()
    return pace.budget(rate, row.arrival_at, row.at)


def spend(c: Connection, key: str, rate: Rate, left: Budget, count: int) -> None:
    """So many of what was left are used."""
    if count:
        c.execute(update(_r).where(_r.c.key == key).values(arrival_at=pace.spent(rate, left, count)))


def rest(c: Connection, pauses: Mapping[str, timedelta], now: datetime) -> None:
    """Nobody uses these keys for so long from now on, wherever they are. One that rests longer already goes on resting."""
    for key, pause in sorted(pauses.items()):  # in one order, so that no two transactions wait for each other
        c.execute(upsert(c, _r).values(key=key, arrival_at=now).on_conflict_do_nothing())
        shorter = or_(_r.c.rest_until.is_(None), _r.c.rest_until < _END)
        c.execute(update(_r).where(_r.c.key == key, shorter).values(rest_until=_END), {"now": now, "pause": pause})


def resting(c: Connection, keys: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Those of `keys` that are left alone, and until when."""
    asked = select(_r.c.key, _r.c.rest_until).where(_r.c.key.in_(list(keys)), _r.c.rest_until > lease_now())
    return {row.key: row.rest_until for row in c.execute(asked.order_by(_r.c.key), {"now": now})}
