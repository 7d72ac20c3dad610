"""Due: which hours of which checks have still to be rolled up, or anew.

An hour that is over makes the checks due that were seen in it; a sample that comes later makes its check due in its hour once
more. So what is stopped anywhere goes on from here, and what is done twice comes to the same. Belongs here: what is due. Does
not belong here: the rolling up (rollups.py), the samples (observations.py).
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Select, delete, func, literal, select, tuple_, update

from sentinel.store import tables
from sentinel.store.column import microseconds
from sentinel.store.upsert import upsert

HOUR_US: Final = 3_600_000_000
ROLLED: Final = "rolled_up"
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_d, _f = tables.rollup_due, tables.anchor
_OVER: Final = select(_f.c.seq).where(_f.c.name == ROLLED)
# Of the hour that is being looked through, `seal` is `<hour>:<the last check that was looked at>`. That of another hour says
# nothing: a hub of schema 8 moves `seq` on and leaves `seal` as it is.
_STAND: Final = select(_f.c.seq, _f.c.seal).where(_f.c.name == ROLLED)
_STAND_HELD: Final = _STAND.with_for_update(read=True)
_STAND_MINE: Final = _STAND.with_for_update()

Key = tuple[int, int]
"""An hour (since 1970, UTC), and the number of a check."""


def hour_of(at: datetime) -> int:
    """The hour that an instant lies in."""
    return microseconds(at) // HOUR_US


def begins_at(hour: int) -> datetime:
    """When an hour begins."""
    return datetime.fromtimestamp(3600 * hour, UTC)


def over(c: Connection) -> int:
    """The first hour that has not been noted as over, or not of all checks yet; 0 before the first."""
    return int(c.execute(_OVER).scalar_one_or_none() or 0)


def note_late(c: Connection, samples: Iterable[tuple[int, int]]) -> None:
    """Samples (the number of the check, the instant in microseconds) are being stored: those of an hour that is over, or of
    which some checks have been noted, make it due once more. Until we are done nothing further is noted."""
    over, begun = _stand(c, _STAND_HELD)
    first = over + 1 if begun else over
    late = sorted({(at // HOUR_US, check) for check, at in samples if at < first * HOUR_US})
    if late:
        rows = upsert(c, _d)
        # An update, though of nothing: whoever is rolling the hour up waits for us, or we for them.
        again = rows.on_conflict_do_update(index_elements=["hour", "check_id"], set_={"hour": rows.excluded.hour})
        c.execute(again, [{"hour": hour, "check_id": check} for hour, check in late])


def _stand(c: Connection, held: Select[int, str]) -> tuple[int, int]:
    """The first hour that is not over, and the last check of it that was looked at: 0 before the first."""
    if (row := c.execute(held).one_or_none()) is None:  # a lock on no row holds nobody up
        c.execute(upsert(c, _f).values(name=ROLLED, seal="", seq=0, at=BEGINNING).on_conflict_do_nothing())
        row = c.execute(held).one()
    hour, _, check = row.seal.partition(":")
    return row.seq, int(check) if check and hour == str(row.seq) else 0


def looked_at(c: Connection, hour: int) -> int | None:
    """The last check that was looked at of an hour that is over, 0 if it is to be begun with; None if another hub has noted it
    meanwhile. In a transaction that takes note of the next ones: nothing is stored beside it."""
    over, last = _stand(c, _STAND_MINE)
    if over > hour:
        return None
    return last if over == hour else 0


def note_over(c: Connection, hour: int, seen: Select[int], last: int, now: datetime) -> None:
    """Of the checks up to `last`, `seen` were seen in an hour that is over: they are due. What comes late from here on makes
    its check due too."""
    c.execute(update(_f).where(_f.c.name == ROLLED).values(seq=hour, seal=f"{hour}:{last}", at=now))
    rows = seen.add_columns(literal(hour))
    c.execute(upsert(c, _d).from_select(["check_id", "hour"], rows).on_conflict_do_nothing())


def note_whole(c: Connection, hour: int, now: datetime) -> None:
    """All checks of an hour have been looked at: it is over."""
    c.execute(update(_f).where(_f.c.name == ROLLED).values(seq=hour + 1, seal="", at=now))


def take(c: Connection, most: int) -> list[Key]:
    """Some of what is due, the oldest first: done with this transaction. What others have in hand is theirs."""
    some = select(_d.c.hour, _d.c.check_id).order_by(_d.c.hour, _d.c.check_id).limit(most).with_for_update(skip_locked=True)
    taken = [(row.hour, row.check_id) for row in c.execute(some)]
    if taken:
        c.execute(delete(_d).where(tuple_(_d.c.hour, _d.c.check_id).in_(taken)))
    return taken


def pending(c: Connection, first: int, last: int, checks: Collection[int] | None = None) -> set[Key]:
    """What is due from one hour to another, of these checks or of all."""
    asked = select(_d.c.hour, _d.c.check_id).where(_d.c.hour.between(first, last))
    mine = asked if checks is None else asked.where(_d.c.check_id.in_(checks))
    return {(row.hour, row.check_id) for row in c.execute(mine)}


def oldest(c: Connection) -> int | None:
    """The oldest hour that is due; None if none is."""
    found: int | None = c.execute(select(func.min(_d.c.hour))).scalar_one()
    return found
