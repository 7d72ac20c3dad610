"""Recalled: what detectors remember at one place as this process knows it, so that no sample needs a look into the store.

It holds for as long as nobody else has written there and nothing of it was undone: every writing leaves a mark of its own in
the store, in the same transaction. Where another mark lies there, or none, all is read anew.

What changes at every sample (`gathered`, `kept`) is written with the first sample after five minutes, by a process that is
alone at this place, and at its end. After a kill, a fail-over, an undone transaction, or when a check or detector is taken
away, that is what is lost of it; claims, runs and what was learned are written with their sample. Belongs here: what holds, and
what may wait. Does not belong here: reading and writing memories (memory.py).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, bindparam, delete, select

from sentinel.model.signal import Hysteresis
from sentinel.store import tables

LATER: Final = timedelta(minutes=5)
ALONE_AFTER: Final = 20
"""Writings in a row that nobody came in between: then nobody else needs what waits."""
MARK: Final = "mark"
"""Lies where a detector's name does, of no check."""

_h = tables.hysteresis
_MARK: Final = select(_h.c.state).where(_h.c.check == "", _h.c.place == bindparam("place"), _h.c.detector == MARK)


_lasting: Final = attrgetter("bad_since", "bad_samples", "good_since", "good_samples", "raised_since", "learned")
"""All but what changes at every sample."""


@dataclass(slots=True)
class Recalled:
    """`held`: check → detector → what it remembers. `waiting`: what of it is not in the store yet: check → detector → since
    when."""

    place: str
    mark: str = ""
    unbroken: int = 0
    held: dict[str, dict[str, Hysteresis]] = field(default_factory=dict)
    waiting: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def changed(self, check: str, detector: str, before: Hysteresis, after: Hysteresis, now: datetime) -> None:
        """It is due now, or, where nothing has changed but what changes at every sample, later."""
        waits = self.waiting.setdefault(check, {})
        if self.unbroken >= ALONE_AFTER and _lasting(after) == _lasting(before):
            waits.setdefault(detector, now)
        else:
            waits[detector] = now - LATER

    def due(self, check: str, now: datetime) -> list[str]:
        """The detectors of a check of which that is to be written now which has changed."""
        waits = self.waiting.get(check, {})
        due = sorted(detector for detector, since in waits.items() if not timedelta(0) <= now - since < LATER)
        for detector in due:
            del waits[detector]
        return due

    def renew(self) -> dict[str, Any]:
        """The row with another mark, to be written with all that is written now."""
        self.mark = uuid4().hex
        self.unbroken += 1
        return {"check": "", "place": self.place, "detector": MARK, "state": self.mark}


_KNOWN: Final[WeakKeyDictionary[Engine, dict[str, Recalled]]] = WeakKeyDictionary()
"""Database → place → what is recalled. It ends with the engine."""


def recall(c: Connection, place: str) -> Recalled:
    """What is known of a place, empty where it does not hold any more."""
    places = _KNOWN.setdefault(c.engine, {})
    there = c.execute(_MARK, {"place": place}).scalar_one_or_none() or ""
    known = places.get(place)
    if known is None or not there or known.mark != there:
        known = places[place] = Recalled(place, there)
    return known


def waiting(engine: Engine) -> tuple[str, ...]:
    """The places of which something waits to be written."""
    known = list(_KNOWN.get(engine, {}).items())  # a round on the writer may learn of another place meanwhile
    return tuple(place for place, held in known if any(list(held.waiting.values())))


def disown(c: Connection, place: str) -> None:
    """Somebody writes past this: what is recalled of a place holds no more, and goes, as of a place that is left."""
    _KNOWN.get(c.engine, {}).pop(place, None)
    c.execute(delete(_h).where(_h.c.check == "", _h.c.place == place, _h.c.detector == MARK))
