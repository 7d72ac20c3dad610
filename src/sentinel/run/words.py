"""The words of what is sent: the contents of notices, remembered for a while, made into a message for one row.

Belongs here: asking for contents, and the line that says how a brief came. Does not belong here: the contents themselves
(contents.py), when and by whom a row is sent (outlet.py).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sentinel.model.delivery import Delivery, Lane
from sentinel.model.message import Letter, Message, StaffNote, Wording
from sentinel.model.notice import Brief
from sentinel.run.failover import carried, is_odd
from sentinel.store.database import Store

REMEMBERED: Final = timedelta(seconds=30)
_REMEMBERED_MOST: Final = 256


class Contents(Protocol):
    """Who knows the words of a notice. None: there are none, and its rows are dead after a few tries."""

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None: ...

    async def brief(self, notice: int) -> Brief | None: ...


class Words:
    """The contents of notices, remembered for a while: a million rows share a handful of wordings."""

    def __init__(self, lane: Lane, contents: Contents, store: Store, now: Callable[[], datetime]) -> None:
        self._lane = lane
        self._contents = contents
        self._store = store
        self._now = now
        self._known: dict[tuple[int, str, str], tuple[datetime, Wording | Brief]] = {}

    def forget(self) -> None:
        """Read them afresh: the configuration that they were made under has changed."""
        self._known.clear()

    async def message(self, row: Delivery) -> Message | None:
        """What is to be sent for `row`; None if there are no words for it."""
        found = await self._of(row)
        if isinstance(found, Wording):
            who = {"person": row.person, "name": row.name, "address": row.address}
            return Letter(key=row.key, delivery=row.id, wording=found, **who)
        return None if found is None else StaffNote(key=row.key, brief=await self._as_carried(row, found))

    async def _as_carried(self, row: Delivery, brief: Brief) -> Brief:
        """The brief, with a line that says why it comes late or by this channel, if it does."""
        now = self._now()
        said = await asyncio.to_thread(self._store.read, lambda c: carried(c, row, now)) if is_odd(row, now) else ""
        return replace(brief, carried=said) if said else brief

    async def _of(self, row: Delivery) -> Wording | Brief | None:
        key = (row.notice, row.language, row.zone)
        known = self._known.get(key)
        if known is not None and self._now() - known[0] < REMEMBERED:
            return known[1]
        found: Wording | Brief | None
        if self._lane in (Lane.CUSTOMERS, Lane.CONFIRMATIONS):
            found = await self._contents.wording(row.notice, row.language, row.zone)
        else:
            found = await self._contents.brief(row.notice)
        if found is not None:
            if len(self._known) >= _REMEMBERED_MOST:
                self._known.clear()
            self._known[key] = (self._now(), found)
        return found
