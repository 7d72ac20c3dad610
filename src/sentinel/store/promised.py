"""Which promise somebody holds us to: the newest that a word which reached them gave.

Belongs here: asking the ledger. Does not belong here: what is owed because of it (notify/due.py), the rows (expansion.py).
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, String, and_, cast, exists, func, literal, or_, select

from sentinel.model.delivery import State
from sentinel.model.estimate import PromiseState
from sentinel.model.notice import Towards
from sentinel.store import tables

_d, _n, _p = tables.delivery, tables.notice, tables.promise

HOLDING: Final = "holding#"
"""Begins the step of holding words; the number of the promise that they are about ends it."""
_REACHED: Final = [state.value for state in (State.ACCEPTED, State.IN_DOUBT, State.ARMED)]


def holds_another(row: Row[Any], person: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether this person holds us to a newer promise than the one that `row`, a notice of holding words, is about, or to one
    that lapses later and gets words of its own: a delay that was stopped half way leaves some with the old time and others with
    a new one."""
    about = int(row.step.removeprefix(HOLDING))
    p, of_it = _p.alias("another"), _n.alias("words_of_it")
    lapses_at = select(_p.c.at).where(_p.c.id == about).scalar_subquery()
    its_own = (of_it.c.subject == row.subject, of_it.c.step == literal(HOLDING).concat(cast(p.c.id, String)))
    is_later = and_(p.c.at > lapses_at, ~exists().where(*its_own, of_it.c.void_at.is_(None)))
    standing = (p.c.incident == row.incident, p.c.episode == row.episode, p.c.state != PromiseState.WITHDRAWN.value)
    others = select(p.c.id).where(*standing, p.c.id != row.promise, or_(p.c.id > about, is_later))
    # Asked once, whoever the person is; nearly always there are none, and nobody's rows are looked at.
    return and_(others.exists(), _newest(row, person).in_(others))


def _newest(row: Row[Any], person: ColumnElement[str]) -> ColumnElement[int]:
    """The newest promise that a word of this episode gave a person whom it reached; 0 if none did."""
    d, n, giving = _d.alias("given"), _n.alias("gave"), _n.alias("giving")
    mine = (giving.c.subject == row.subject, giving.c.episode == row.episode, giving.c.towards == Towards.CUSTOMERS.value)
    # By a list of steps, so that the key of the ledger finds the rows: by a join it would go through all of the episode.
    steps = select(giving.c.step).where(*mine, giving.c.promise.is_not(None))
    theirs = (d.c.subject == row.subject, d.c.episode == row.episode, d.c.step.in_(steps), d.c.person == person)
    gave = select(n.c.promise).where(n.c.id == d.c.notice).scalar_subquery()
    return select(func.coalesce(func.max(gave), 0)).where(*theirs, d.c.state.in_(_REACHED)).scalar_subquery()
