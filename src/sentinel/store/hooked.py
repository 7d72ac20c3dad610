"""What other tools said of each of their alerts, and the signals that stand by their word.

Belongs here: the rows, which lie among those of checks that report by themselves. Does not belong here: what an alert changes
(detect/hook.py), the transaction (run/hooked.py).
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, case, delete, func, or_, select

from sentinel.model.hook import CHECK, Known
from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal
from sentinel.store import codec, pushed, tables
from sentinel.store.pushed import Said

_p, _s = tables.pushed, tables.signal
_STANDS: Final = (Verdict.DOWN.value, Verdict.DEGRADED.value, Verdict.UNKNOWN.value)
_SINCE: Final = "since"
_PRUNED: Final = 5000
"""Rows that one pruning lets go of."""


def known(c: Connection, check: str, marks: Collection[str]) -> dict[str, Known]:
    """Mark → what is remembered of that alert of the hook."""
    names = {f"{check}/{mark}": mark for mark in marks}
    rows = c.execute(select(_p).where(_p.c.check.in_(list(names))))
    return {names[row.check]: _known(row) for row in rows}


def keep(c: Connection, check: str, mark: str, one: Known) -> None:
    facts = {} if one.since is None else {_SINCE: one.since.isoformat()}
    said = Said(
        check=f"{check}/{mark}", at=one.heard_at, verdict=one.verdict, reason=one.words, facts=facts, started_at=one.began_at
    )
    pushed.keep(c, said)


def silent(c: Connection, check: str, before: datetime) -> Iterator[tuple[str, Known]]:
    """(mark, what is remembered) of what stands and was heard of last before an instant; not what is unknown already."""
    mine = (_of(check), _p.c.verdict.in_(_STANDS), _p.c.verdict != Verdict.UNKNOWN.value, _p.c.at < before)
    for row in c.execute(select(_p).where(*mine).order_by(_p.c.check)).all():
        yield row.check.rpartition("/")[2], _known(row)


def forget_over(c: Connection, check: str, before: datetime, most: int) -> None:
    """What is over: all that was heard of last before an instant, and all but the last `most` of the rest."""
    over = select(_p.c.check).where(_of(check), _p.c.verdict == Verdict.UP.value)
    old = over.where(_p.c.at < before).limit(_PRUNED)
    c.execute(delete(_p).where(_p.c.check.in_(old)))
    beyond = over.order_by(_p.c.at.desc(), _p.c.check).offset(most).limit(_PRUNED)
    c.execute(delete(_p).where(_p.c.check.in_(beyond)))


def lately(c: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """Hook's check → how many of its signals stand, and how many ended since an instant."""
    stands = func.count(case((_s.c.cleared_at.is_(None), 1)))
    asked = select(_s.c.check, stands.label("stands"), func.count().label("n")).group_by(_s.c.check)
    mine = (_s.c.check.like(f"{CHECK}%"), or_(_s.c.cleared_at.is_(None), _s.c.cleared_at > since))
    return {row.check: (row.stands, row.n - row.stands) for row in c.execute(asked.where(*mine))}


def ended_of(c: Connection, check: str, mark: str, since: datetime) -> int:
    """How many signals of one alert ended since an instant."""
    mine = (_s.c.check == check, _s.c.place == mark, _s.c.cleared_at > since)
    return c.execute(select(func.count()).where(*mine)).scalar_one()


def forget(c: Connection, check: str, mark: str) -> None:
    c.execute(delete(_p).where(_p.c.check == f"{check}/{mark}"))


def signals(c: Connection, check: str | None = None, mark: str | None = None) -> list[Signal]:
    """Those that stand: of one alert, of one hook, or of all."""
    mine = [_s.c.cleared_at.is_(None), _s.c.check.like(f"{CHECK}%") if check is None else _s.c.check == check]
    if mark is not None:
        mine.append(_s.c.place == mark)
    found = select(_s.c.body).where(*mine).order_by(_s.c.id)
    return [codec.from_text(Signal, body) for body in c.execute(found).scalars()]


def _of(check: str) -> ColumnElement[bool]:
    return _p.c.check.startswith(f"{check}/", autoescape=True)


def _known(row: object) -> Known:
    one = pushed.said(row._mapping)  # type: ignore[attr-defined]  # a Row, whose class SQLAlchemy does not type by column
    since = one.facts.get(_SINCE)
    return Known(
        heard_at=one.at,
        began_at=one.started_at,
        since=datetime.fromisoformat(since) if isinstance(since, str) else None,
        verdict=one.verdict,
        words=one.reason,
    )
