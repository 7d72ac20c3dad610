"""Who an opening of an episode has told: an episode has several where more people came to be affected.

Belongs here: asking the ledger whom another opening tells. Does not belong here: the rows of a notice (expansion.py).
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, false, or_, select
from sqlalchemy.sql import FromClause

from sentinel.model.delivery import State
from sentinel.model.notice import Towards
from sentinel.store import tables

_d, _n = tables.delivery, tables.notice

OPENING: Final = "opened"
"""The step that tells somebody of it from the start; `opened#7` is for those who were newly affected at entry 7."""
_TOLD: Final = [
    state.value
    for state in (
        State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD, State.ACCEPTED, State.IN_DOUBT,
    )
]  # fmt: skip
"""An opening in one of these has told its person, or may have, or is about to."""


def is_opening(step: str) -> bool:
    return step.partition("#")[0] == OPENING


def steps(c: Connection, subject: str, episode: int) -> list[str]:
    """The openings of an episode."""
    mine = (_n.c.subject == subject, _n.c.episode == episode, _n.c.towards == Towards.CUSTOMERS.value)
    return list(c.execute(select(_n.c.step).where(*mine, _is_opening(_n)).distinct()).scalars())


def _is_opening(table: FromClause) -> ColumnElement[bool]:
    return or_(table.c.step == OPENING, table.c.step.startswith(f"{OPENING}#", autoescape=True))


def others(c: Connection, row: Row[Any]) -> list[str]:
    """The openings of its episode beside the one that `row`, a notice, is; none if it is no opening."""
    return [step for step in steps(c, row.subject, row.episode) if step != row.step] if is_opening(row.step) else []


def told_by(
    row: Row[Any], others: Sequence[str], person: ColumnElement[str], address: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether one of the `others` tells this person, or somebody at this address."""
    if not others:
        return false()
    t = tables.delivery.alias("elsewhere")
    there = (t.c.subject == row.subject, t.c.episode == row.episode, t.c.step.in_(others), t.c.state.in_(_TOLD))
    return or_(exists().where(*there, t.c.person == person), exists().where(*there, t.c.address == address))


def told_among(
    c: Connection, subject: str, episode: int, persons: Sequence[str], addresses: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Those of `persons` and of `addresses` (a piece of an audience) whom an opening of this episode tells."""
    there = (_d.c.subject == subject, _d.c.episode == episode, _d.c.step.in_(steps(c, subject, episode)), _d.c.state.in_(_TOLD))
    told = c.execute(select(_d.c.person).where(*there, _d.c.person.in_(persons))).scalars()
    taken = c.execute(select(_d.c.address).where(*there, _d.c.address.in_(addresses))).scalars()
    return frozenset(told), frozenset(taken)


def told_since(row: Row[Any], person: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an opening drafted at the entry of `row`, a notice, or later, told this person: then of all that it says."""
    n, t = _n.alias("drafted_since"), _d.alias("told_since")
    mine = (n.c.subject == row.subject, n.c.episode == row.episode, n.c.towards == Towards.CUSTOMERS.value)
    since = (*mine, _is_opening(n), n.c.cause >= row.cause)
    # By a list of steps, so that the key of the ledger finds the row: by a join it would go through all of the episode.
    theirs = (t.c.subject == row.subject, t.c.episode == row.episode, t.c.step.in_(select(n.c.step).where(*since)))
    whole = (*theirs, t.c.person == person, t.c.notice.in_(select(n.c.id).where(*since)))
    return exists().where(*whole, t.c.state == State.ACCEPTED.value)
