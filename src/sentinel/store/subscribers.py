"""Subscribers: people who asked to hear of trouble, beside what the directory says. Each function is one of the transaction."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from sentinel.store import tables
from sentinel.store.upsert import upsert

_s, _u = tables.subscriber, tables.unsubscribed


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """One of them. `services`: names, empty for all."""

    person: str
    address: str
    name: str
    language: str
    zone: str
    services: tuple[str, ...]
    since: datetime


def keep(c: Connection, subscriber: Subscriber) -> None:
    """Add somebody, or change what they asked for. Whoever had asked for no more, asks again."""
    row = {name: getattr(subscriber, name) for name in Subscriber.__dataclass_fields__}
    row["services"] = json.dumps(list(subscriber.services))
    changed = {name: value for name, value in row.items() if name not in ("person", "since")}
    c.execute(upsert(c, _s).values(**row).on_conflict_do_update(index_elements=["person"], set_=changed))
    c.execute(delete(_u).where(_u.c.person == subscriber.person))


def remove(c: Connection, person: str) -> bool:
    """Take somebody off the list; whether they were on it."""
    return c.execute(delete(_s).where(_s.c.person == person)).rowcount > 0


def one(c: Connection, person: str) -> Subscriber | None:
    row = c.execute(select(_s).where(_s.c.person == person)).one_or_none()
    return None if row is None else _subscriber(row)


def page(c: Connection, after: str, limit: int) -> list[Subscriber]:
    """The next `limit` of all, by person."""
    return [_subscriber(row) for row in c.execute(select(_s).where(_s.c.person > after).order_by(_s.c.person).limit(limit))]


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(**{**row._mapping, "services": tuple(json.loads(row.services))})
