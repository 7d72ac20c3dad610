"""Sign-ins: the hash of each cookie's token, never the token."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select

from sentinel.store import tables
from sentinel.store.upsert import upsert


def save(c: Connection, row: dict[str, Any]) -> None:
    """A new sign-in, or a new `seen_at` of one that is there. `row` has the table's columns."""
    c.execute(upsert(c, tables.session).values(**row).on_conflict_do_update(index_elements=["token_hash"], set_=row))


def find(c: Connection, token_hash: str) -> dict[str, Any] | None:
    """The columns of one sign-in."""
    row = c.execute(select(tables.session).where(tables.session.c.token_hash == token_hash)).one_or_none()
    return None if row is None else dict(row._mapping)


def revoke(c: Connection, token_hash: str) -> None:
    c.execute(delete(tables.session).where(tables.session.c.token_hash == token_hash))


def of(c: Connection, email: str, most: int) -> list[dict[str, Any]]:
    """The sign-ins of one address, newest first."""
    mine = select(tables.session).where(tables.session.c.email == email).order_by(tables.session.c.made_at.desc())
    return [dict(row._mapping) for row in c.execute(mine.limit(most))]


def revoke_all(c: Connection, email: str, but: str = "") -> None:
    """All sign-ins of one address, but the one with that hash."""
    t = tables.session
    c.execute(delete(t).where(t.c.email == email, t.c.token_hash != but))


def prune(c: Connection, *, made_before: datetime, seen_before: datetime) -> None:
    """Forget the sign-ins that nobody can use any more."""
    t = tables.session
    c.execute(delete(t).where(or_(t.c.made_at < made_before, t.c.seen_at < seen_before)))
