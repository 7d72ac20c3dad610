"""Sign-ins: the hash of each cookie's token, never the token."""

from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from sentinel.store import tables


def save(c: Connection, row: dict[str, Any]) -> None:
    """A new sign-in, or a new `seen_at` of one that is there. `row` has the table's columns."""
    c.execute(upsert(tables.session).values(**row).on_conflict_do_update(index_elements=["token_hash"], set_=row))


def find(c: Connection, token_hash: str) -> dict[str, Any] | None:
    """The columns of one sign-in."""
    row = c.execute(select(tables.session).where(tables.session.c.token_hash == token_hash)).one_or_none()
    return None if row is None else dict(row._mapping)


def revoke(c: Connection, token_hash: str) -> None:
    c.execute(delete(tables.session).where(tables.session.c.token_hash == token_hash))
