"""One real reader of a notice: for whom its words are filled, where somebody wants to see them as a customer would get them.

Does not belong here: who may see a customer's name (serve/ leaves it out for all others).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from sentinel.model.notice import Notice
from sentinel.store import expansion, tables

_p = tables.snapshot_person.c


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    name: str
    zone: str
    channel: str


def reader_of(c: Connection, notice: Notice, language: str, channels: Sequence[str] | None = None) -> Reader | None:
    """The first of those whom it goes to who reads `language`, and gets it by one of `channels` if they are given. Of words to
    those who were told: somebody who was."""
    if notice.snapshot is None:
        row = expansion.one_told(c, notice.id, language, channels)
    else:
        able = () if channels is None else (_p.channel.in_(channels),)
        mine = (_p.snapshot == notice.snapshot, _p.language == language, _p.reason.is_(None), *able)
        row = c.execute(select(_p.name, _p.zone, _p.channel).where(*mine).order_by(_p.person).limit(1)).one_or_none()
    return None if row is None else Reader(name=row.name, zone=row.zone, channel=row.channel)
