"""The agents of places, row by row. Who may enrol and report is decided in run/agents.py."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, String, and_, case, cast, func, insert, or_, select, update

from sentinel.model.agent import Agent
from sentinel.store import tables

SHOWN: Final = 500
_a = tables.agent
_WORKS: Final = and_(_a.c.enrolled_at.is_not(None), _a.c.revoked_at.is_(None))
"""It is to report."""


def add(c: Connection, *, place: str, enrol_hash: str, by: str, now: datetime, expires_at: datetime) -> int:
    """The number of the new agent, which has yet to enrol."""
    row = insert(_a).values(place=place, enrol_hash=enrol_hash, made_by=by, made_at=now, expires_at=expires_at)
    key = c.execute(row).inserted_primary_key
    if key is None:
        raise AssertionError("the database gave a new row no number")
    number: int = key[0]
    return number


def every(c: Connection) -> list[Agent]:
    """Newest first, revoked ones too; of too many, those that are to report are not left out."""
    found = [_agent(row) for row in c.execute(select(_a).order_by(case((_WORKS, 0), else_=1), _a.c.id.desc()).limit(SHOWN))]
    return sorted(found, key=lambda agent: -agent.id)


def shown(c: Connection, since: datetime) -> list[Agent]:
    """Those at work, those that may still enrol, and those whose chance or work ended after `since`: the newest first, and
    those at work before all others, so that however many were shut out none of them is missing."""
    unused = and_(_a.c.revoked_at.is_(None), _a.c.enrolled_at.is_(None), _a.c.expires_at >= since)
    mine = select(_a).where(or_(_WORKS, _a.c.revoked_at >= since, unused))
    chosen = mine.order_by(case((_WORKS, 0), else_=1), _a.c.id.desc()).limit(SHOWN)
    return [_agent(row) for row in c.execute(chosen)]


def one(c: Connection, number: int) -> Agent | None:
    row = c.execute(select(_a).where(_a.c.id == number)).one_or_none()
    return None if row is None else _agent(row)


def to_enrol(c: Connection, enrol_hash: str) -> Agent | None:
    """The one that this enrolment token was made for."""
    row = c.execute(select(_a).where(_a.c.enrol_hash == enrol_hash)).one_or_none()
    return None if row is None else _agent(row)


def of_credential(c: Connection, token_hash: str) -> Agent | None:
    row = c.execute(select(_a).where(_a.c.token_hash == token_hash)).one_or_none() if token_hash else None
    return None if row is None else _agent(row)


def enrol(c: Connection, number: int, *, token_hash: str, host: str, version: str, now: datetime) -> None:
    said = {"token_hash": token_hash, "host": host[:255], "version": version[:32]}
    c.execute(update(_a).where(_a.c.id == number).values(**said, enrolled_at=now, seen_at=now))


def heard(c: Connection, number: int, *, host: str, version: str, kinds: tuple[str, ...], now: datetime) -> None:
    """It has reported."""
    said = {"host": host[:255], "version": version[:32], "kinds": json.dumps(kinds)}
    c.execute(update(_a).where(_a.c.id == number).values(**said, seen_at=now))


def revoke(c: Connection, number: int, now: datetime) -> None:
    c.execute(update(_a).where(_a.c.id == number, _a.c.revoked_at.is_(None)).values(revoked_at=now))


def at_work(c: Connection, place: str | None = None) -> list[Agent]:
    """Those that are to report, of one place or of all, the oldest first."""
    mine = select(_a).where(_WORKS)
    found = mine if place is None else mine.where(_a.c.place == place)
    return [_agent(row) for row in c.execute(found.order_by(_a.c.id).limit(SHOWN))]


def heard_of(c: Connection) -> Mapping[str, datetime]:
    """Place → when any of its agents last reported; revoked ones too: where the only one was shut out nobody looks any more."""
    theirs = select(_a.c.place, func.max(_a.c.seen_at)).where(_a.c.seen_at.is_not(None))
    return {row[0]: row[1] for row in c.execute(theirs.group_by(_a.c.place))}


def stored(c: Connection, of: Collection[int]) -> Mapping[int, int]:
    """Agent → how many samples of it are on disk, or were, by whatever sources; one that never told any is missing."""
    t = tables.cursor
    own = _a.c.place + "/" + cast(_a.c.id, String) + "-%"
    theirs = select(_a.c.id, func.sum(t.c.stored)).join_from(_a, t, and_(t.c.place == _a.c.place, t.c.source.like(own)))
    return {row[0]: int(row[1]) for row in c.execute(theirs.where(_a.c.id.in_(of)).group_by(_a.c.id))}


def _agent(row: Row[Any]) -> Agent:
    values = dict(row._mapping)
    return Agent(**{**values, "kinds": tuple(json.loads(values["kinds"]))})
