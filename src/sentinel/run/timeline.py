"""Writing to a timeline, and reading an incident as its fold."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce
from operator import is_
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from sentinel.incident.fold import BrokenTimelineError, extend, fold
from sentinel.model.incident import Entry, Incident, Said
from sentinel.store import expansion, incidents


class Folds:
    """Incident → lines that were folded, and what they told; of at most so many lines together, those asked for last. Not
    truth: asked only where the very same lines come first again."""

    def __init__(self, lines: int) -> None:
        self._most = lines
        self._lines = 0
        self._known: dict[int, tuple[Sequence[Entry], Incident]] = {}
        self._lock = Lock()

    def of(self, entries: Sequence[Entry]) -> Incident:
        """`fold`, going on from where it came to last time: a timeline only grows, and rounds read the whole of it."""
        number = entries[0].incident if entries else 0
        with self._lock:
            before, known = self._known.get(number, ((), None))
        if known is not None and len(before) <= len(entries) and all(map(is_, before, entries)):
            incident = reduce(extend, entries[len(before) :], known)
        else:
            incident = fold(entries)
        self._keep(number, tuple(entries), incident)
        return incident

    def _keep(self, number: int, entries: Sequence[Entry], incident: Incident) -> None:
        with self._lock:
            self._lines += len(entries) - len(self._known.pop(number, ((), None))[0])
            self._known[number] = (entries, incident)
            while self._lines > self._most:
                self._lines -= len(self._known.pop(next(iter(self._known)))[0])


_KNOWN: Final = Folds(incidents.ENTRIES)


def told_by(entries: Sequence[Entry]) -> Incident:
    """What a timeline tells, folded on from what is known of it."""
    return _KNOWN.of(entries)


def fold_of(c: Connection, incident: int) -> Incident:
    """The incident as its timeline tells it. KeyError if there is none of that number."""
    entries = incidents.timeline(c, incident)
    if not entries:
        raise KeyError(incident)
    return told_by(entries)


def as_far_as_readable(c: Connection, incident: int) -> Incident | None:
    """The incident as far as its timeline can be read and followed; None where not even its first entry can."""
    entries = incidents.readable(c, incident)
    while entries:
        try:
            return fold(entries)
        except BrokenTimelineError:
            entries.pop()
    return None


def readable_ones(c: Connection, numbers: Iterable[int]) -> list[Incident]:
    """Those of the incidents that can be read."""
    found = []
    for number in numbers:
        with suppress(ValueError, TypeError, LookupError):
            found.append(fold_of(c, number))
    return found


def write(c: Connection, incident: int | None, said: Sequence[Said], *, who: str, why: str, now: datetime) -> Incident:
    """Append to a timeline (None: a new incident's) and keep beside it whether it is over. Gives the new fold."""
    number = incidents.new_incident(c, now) if incident is None else incident
    before = incidents.timeline(c, number)
    fresh = [
        Entry(incident=number, seq=len(before) + place, at=now, who=who, said=each, why=why)
        for place, each in enumerate(said, start=1)
    ]
    incidents.append(c, fresh)
    folded = reduce(extend, fresh, told_by(before) if before else None)
    assert folded is not None, "something was said"
    # A dismissed incident stays in view while a signal stands in it: the person's word holds until that clears.
    is_over = folded.phase.is_over
    ended_at = folded.resolved_at or folded.dismissed_at
    incidents.mark(c, number, is_open=not is_over, ended_at=ended_at if is_over and not folded.standing else None)
    return folded


def is_told_of_end(c: Connection, incident: Incident) -> bool:
    """Whether a closing of the present episode has been armed: then a new failure is a new episode."""
    return expansion.has_closing_armed(c, incident.subject, incident.episode)
