"""The installation's one row: the guard that rounds and commands lock, and what all hubs and workers share."""

from typing import Final

from sqlalchemy import Connection, select, update

from sentinel.store import tables

_i = tables.installation
_GUARD: Final = select(_i.c.rounds).where(_i.c.id == 1).with_for_update()
_GUARD_IF_FREE: Final = select(_i.c.rounds).where(_i.c.id == 1).with_for_update(skip_locked=True)


def guard(c: Connection) -> None:
    """Lock the one row until the transaction ends: rounds and commands happen one at a time, on whichever hub (section 4)."""
    c.execute(_GUARD).one()


def guard_if_free(c: Connection) -> bool:
    """`guard`, unless somebody else has it now; then False, and nothing is locked. (On SQLite there is nobody else.)"""
    return c.execute(_GUARD_IF_FREE).one_or_none() is not None


def key_of(c: Connection, fresh: bytes) -> bytes:
    """The key that signs unsubscribe tokens; `fresh` if there was none yet."""
    c.execute(update(_i).where(_i.c.id == 1, _i.c.key.is_(None)).values(key=fresh))
    return bytes(c.execute(select(_i.c.key).where(_i.c.id == 1)).scalar_one())
