"""Places that take nothing any more, by their provider's word: whole channels (a revoked hook), and single addresses.

Belongs here: what is known of a place. Does not belong here: what a provider's word means (deliver/outcome.py), how a broken
channel holds its rows back (gates.py), who is admitted to a notice (directory/, notify/).

A channel is broken at once, since nobody else's message would fare better. An address is refused once by a full mailbox or a
slip of the provider's: it is written to no more after a second refusal on another day. One that does not exist, or whose reader
complained, is written to no more at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, literal, null, or_, select, true, update

from sentinel.store import tables
from sentinel.store.column import Instant
from sentinel.store.upsert import upsert

_b = tables.broken

STRIKES: Final = 2
"""Refusals on so many different days, and an address is written to no more."""
APART: Final = timedelta(hours=20)
"""Refusals nearer than this are of one day."""
FORGOTTEN: Final = timedelta(days=400)
"""A first refusal that long ago says nothing any more."""
_LONGEST_WHY: Final = 500
IN_FORCE: Final = (_b.c.mended_at.is_(None), _b.c.strikes >= STRIKES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A channel (`address` empty) or an address of one, since when it takes nothing, and its provider's last word."""

    channel: str
    address: str
    at: datetime
    why: str
    told_at: datetime | None = None


def breaks(c: Connection, channel: str, why: str, now: datetime) -> None:
    """A channel takes nothing from now on. One that is broken already stays as it is; one that was mended breaks anew."""
    row = {"channel": channel, "address": "", "at": now, "why": why[:_LONGEST_WHY], "strikes": STRIKES}
    again = upsert(c, _b).values(**row)
    anew = {"at": now, "why": row["why"], "mended_at": null(), "told_at": null()}
    mended = _b.c.mended_at.is_not(None)
    c.execute(again.on_conflict_do_update(index_elements=["channel", "address"], set_=anew, where=mended))


def strike(
    c: Connection,
    channel: str,
    address: str,
    why: str,
    now: datetime,
    *,
    sent_at: datetime | None = None,
    forgotten: timedelta = FORGOTTEN,
) -> None:
    """The provider knows no such recipient. On the second day that it says so the address is written to no more.

    `sent_at`: when the message left that it speaks of; what left before the address was mended says nothing new. `forgotten`:
    how long a first refusal counts.
    """
    row = {"channel": channel, "address": address, "at": now, "why": why[:_LONGEST_WHY], "strikes": 1}
    starts_over = (_b.c.mended_at.is_not(None)) | and_(_b.c.strikes < STRIKES, _b.c.at < now - forgotten)
    later = _b.c.at <= now - APART
    values = {
        "strikes": case((starts_over, 1), (later, _b.c.strikes + 1), else_=_b.c.strikes),
        "at": case((starts_over | later, literal(now, Instant)), else_=_b.c.at),
        "why": row["why"],
        "mended_at": null(),
    }
    _put(c, row, values, sent_at)


def suppress(c: Connection, channel: str, address: str, why: str, now: datetime, *, sent_at: datetime | None = None) -> bool:
    """The address is written to no more, at once. False: it was so already, or a person mended it since `sent_at`."""
    row = {"channel": channel, "address": address, "at": now, "why": why[:_LONGEST_WHY], "strikes": STRIKES}
    stands = and_(_b.c.mended_at.is_(None), _b.c.strikes >= STRIKES)
    return _put(c, row, {**row, "mended_at": null()}, sent_at, ~stands)


def _put(
    c: Connection, row: dict[str, Any], values: dict[str, Any], sent_at: datetime | None, *more: ColumnElement[bool]
) -> bool:
    speaks = [or_(_b.c.mended_at.is_(None), _b.c.mended_at < sent_at)] if sent_at is not None else []
    new = upsert(c, _b).values(**row)
    keys = ["channel", "address"]
    return bool(
        c.execute(new.on_conflict_do_update(index_elements=keys, set_=values, where=and_(true(), *speaks, *more))).rowcount
    )


def is_broken(c: Connection, channel: str, addresses: Sequence[str]) -> frozenset[str]:
    """Those of `addresses` (a piece of an audience) that are written to no more by `channel`."""
    mine = (_b.c.channel == channel, _b.c.address.in_([each for each in addresses if each]), *IN_FORCE)
    return frozenset(c.execute(select(_b.c.address).where(*mine)).scalars())


def standing(c: Connection) -> list[Broken]:
    """The channels that are broken, by name."""
    rows = c.execute(select(_b).where(_b.c.address == "", *IN_FORCE).order_by(_b.c.channel))
    return [Broken(channel=row.channel, address="", at=row.at, why=row.why, told_at=row.told_at) for row in rows]


def told(c: Connection, channels: Iterable[str], now: datetime) -> None:
    """Staff have been told of these."""
    c.execute(update(_b).where(_b.c.channel.in_(list(channels)), _b.c.address == "").values(told_at=now))


def mend(c: Connection, channel: str, address: str, now: datetime) -> bool:
    """It is used again from now on. False: it was not broken."""
    mine = (_b.c.channel == channel, _b.c.address == address, _b.c.mended_at.is_(None))
    return bool(c.execute(update(_b).where(*mine).values(mended_at=now)).rowcount)
