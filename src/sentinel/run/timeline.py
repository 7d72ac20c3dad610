"""Writing to a timeline, and reading an incident as its fold."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from sentinel.incident.fold import BrokenTimelineError, fold
from sentinel.model.incident import Entry, Incident, Said
from sentinel.store import expansion, incidents


def fold_of(c: Connection, incident: int) -> Incident:
    """The incident as its timeline tells it. KeyError if there is none of that number."""
    entries = incidents.timeline(c, incident)
    if not entries:
        raise KeyError(incident)
    return fold(entries)


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
    folded = fold([*before, *fresh])
    # A dismissed incident stays in view while a signal stands in it: the person's word holds until that clears.
    is_over = folded.phase.is_over
    ended_at = folded.resolved_at or folded.dismissed_at
    incidents.mark(c, number, is_open=not is_over, ended_at=ended_at if is_over and not folded.standing else None)
    return folded


def is_told_of_end(c: Connection, incident: Incident) -> bool:
    """Whether a closing of the present episode has been armed: then a new failure is a new episode."""
    return expansion.has_closing_armed(c, incident.subject, incident.episode)
