"""Which promise somebody holds us to: the newest that a word which reached them gave.

Belongs here: asking the ledger. Does not belong here: what is owed because of it (notify/due.py), the rows (expansion.py).
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, String, and_, cast, exists, literal, or_, select
from sqlalchemy.sql import FromClause

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
    d, n, p = _d.alias("given"), _n.alias("giving"), _p.alias("another")
    lapses_at = select(_p.c.at).where(_p.c.id == about).scalar_subquery()
    others = (p.c.incident == row.incident, p.c.episode == row.episode, p.c.state != PromiseState.WITHDRAWN.value)
    giving = (n.c.subject == row.subject, n.c.episode == row.episode, n.c.towards == Towards.CUSTOMERS.value)
    of_it = _n.alias("words_of_it")
    its_own = (of_it.c.subject == row.subject, of_it.c.step == literal(HOLDING).concat(cast(p.c.id, String)))
    is_later = and_(p.c.at > lapses_at, ~exists().where(*its_own, of_it.c.void_at.is_(None)))
    is_other = (p.c.id == n.c.promise, p.c.id != row.promise, or_(p.c.id > about, is_later))
    # Asked once, whoever the person is; nearly always there are none, and nobody's rows are looked at.
    notices = select(n.c.id).where(*giving, *others, *is_other)
    steps = select(n.c.step).where(*giving, *others, *is_other)
    theirs = (d.c.subject == row.subject, d.c.episode == row.episode, d.c.step.in_(steps), d.c.person == person)
    reached = (*theirs, d.c.notice.in_(notices), d.c.state.in_(_REACHED))
    return exists().where(*reached, ~_was_given_newer(row, d))


def _was_given_newer(row: Row[Any], than: FromClause) -> ColumnElement[bool]:
    """Whether a newer promise than that of one of their rows reached its person."""
    d, n, before = _d.alias("newer"), _n.alias("giving_newer"), _n.alias("giving_before")
    mine = (n.c.subject == row.subject, n.c.episode == row.episode, n.c.towards == Towards.CUSTOMERS.value)
    is_newer = (before.c.id == than.c.notice, n.c.promise > before.c.promise)
    theirs = (d.c.subject == row.subject, d.c.episode == row.episode, d.c.step == n.c.step, d.c.person == than.c.person)
    return exists().where(*mine, *is_newer, *theirs, d.c.notice == n.c.id, d.c.state.in_(_REACHED))
