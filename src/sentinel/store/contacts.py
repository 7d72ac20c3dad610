"""Callers, as the desk counted them: one row a call, by service and, where it is known, by what they feel."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from sentinel.store import tables

_c = tables.contact

Topic = tuple[str, str]
"""(service, full id of a statement; empty where only the service is known)."""


def add(c: Connection, topic: Topic, who: str, now: datetime) -> None:
    """One caller more."""
    c.execute(insert(_c).values(at=now, service=topic[0], statement=topic[1], who=who))


def since(c: Connection, start: datetime) -> Mapping[Topic, int]:
    """How many called since `start`, by topic. Topics that nobody called about are not in it."""
    counted = (
        select(_c.c.service, _c.c.statement, func.count().label("n"))
        .where(_c.c.at >= start)
        .group_by(_c.c.service, _c.c.statement)
    )
    return {(row.service, row.statement): row.n for row in c.execute(counted)}
