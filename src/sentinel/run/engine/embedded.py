"""The embedded engine: an event in this process after the commit, and a poll. No server, no package, no table.

Wishes lie with the database connection until its transaction ends: a rolled back savepoint takes its own with it, a rolled back
transaction all of them. They are fulfilled when the connection goes back to the pool, which is after the commit is on disk.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

from sentinel.run.engine.port import Handler, Turn, take_turns

_KEPT_AS: Final = "sentinel-wakes"


@dataclass(slots=True)
class _Wishes:
    """Keys in the order in which they were wished for. `marks`: how many there were at each open savepoint."""

    keys: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    committed: bool = False


class Embedded:
    """Wakes handlers of this process alone. Implements engine.port.Engine."""

    def __init__(self, database: Engine, rng: Random) -> None:
        self._rng = rng
        self._turns: Mapping[str, Turn] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        event.listen(database, "begin", _begun)
        event.listen(database, "savepoint", _marked)
        event.listen(database, "release_savepoint", _released)
        event.listen(database, "rollback_savepoint", _taken_back)
        event.listen(database, "rollback", _begun)
        event.listen(database, "commit", _committed)
        event.listen(database, "checkin", self._given_back)

    def wake(self, c: Connection, key: str) -> None:
        _wishes(c).keys.append(key)

    def nudge(self, key: str) -> None:
        loop = self._loop
        if loop is not None and key in self._turns:
            with suppress(RuntimeError):  # it is closed: nobody is there any more
                loop.call_soon_threadsafe(self._turns[key].nudge)

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        self._loop = asyncio.get_running_loop()
        self._turns = {key: Turn(key, handler, self._rng) for key, handler in handlers.items()}
        await take_turns(self._turns)

    def _given_back(self, _connection: Any, record: Any) -> None:
        wishes: _Wishes | None = record.info.pop(_KEPT_AS, None)
        if wishes is not None and wishes.committed:
            for key in dict.fromkeys(wishes.keys):
                self.nudge(key)


def _wishes(c: Connection) -> _Wishes:
    found: _Wishes = c.info.setdefault(_KEPT_AS, _Wishes())
    return found


def _begun(c: Connection) -> None:
    c.info.pop(_KEPT_AS, None)


def _marked(c: Connection, _name: str) -> None:
    wishes = _wishes(c)
    wishes.marks.append(len(wishes.keys))


def _released(c: Connection, _name: str, _context: Any) -> None:
    _wishes(c).marks.pop()


def _taken_back(c: Connection, _name: str, _context: Any) -> None:
    wishes = _wishes(c)
    del wishes.keys[wishes.marks.pop() :]


def _committed(c: Connection) -> None:
    _wishes(c).committed = True
