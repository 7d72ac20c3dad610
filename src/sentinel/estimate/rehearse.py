"""The past told anew: what would have been estimated of each of its incidents, when, and what became of it.

Belongs here: the order in which an installation would have learned. Does not belong here: histories from files (exchange), the
figures of a scorecard (grade.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from sentinel.estimate.grade import MARKS, Shadow, is_late, shadow
from sentinel.estimate.history import History, Outlook, outlook
from sentinel.estimate.levels import Levels, Outcome, outcomes
from sentinel.estimate.likeness import Present
from sentinel.estimate.past import OPEN, RECOVERY, Past, Row, past
from sentinel.model.estimate import Basis, Episode, EstimatePolicy, PastIncident

TAUGHT: Final = 200
"""Levels are learned from this many incidents of an imported history: enough to settle, and done in a second."""
_MINUTE = timedelta(minutes=1)

OPEN_ENDED: Final = timedelta(days=3650)
_SHORTEST = timedelta(seconds=1)

Marks = Callable[[Row], Sequence[timedelta]]
"""At which elapsed times a row is asked about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What would have been said of the row number `place` when it had lasted `mark`; None: nothing."""

    place: int
    mark: timedelta
    said: Outlook
    shadow: Shadow | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What became of something that was said of an incident, which was known `at` that instant."""

    at: datetime
    service: str
    began_at: datetime
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Experience:
    """Past incidents, and the lessons of what was estimated of them. `again_at`: when time alone will have taught more of
    what is open; None: nothing is."""

    rows: tuple[PastIncident, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    again_at: datetime | None = None


def _at_all(_: Row) -> Sequence[timedelta]:
    return MARKS


def rehearse(
    known: Past,
    policy: EstimatePolicy,
    first: int = 0,
    marks: Marks = _at_all,
    claims: Sequence[float] = (),
) -> Iterator[Rehearsed]:
    """Every row from the number `first` on, at every one of its marks that it outlasted, in the order of the instants.

    Each is asked of what was known then, and steered by those estimates alone of which it was known by then what became.
    """
    levels, waiting = Levels(), list[tuple[float, int, timedelta, float, Outcome]]()
    for now, place, mark in _instants(known, first, marks):
        while waiting and waiting[0][0] <= now:
            levels = levels.graded(heappop(waiting)[-1])
        row = known.rows[place]
        said = outlook(_present(row), History(past=known, levels=levels), mark, policy, claims)
        shadow_of = _shadow(row, mark, said)
        if shadow_of is not None and row.has_ended:
            for one in outcomes(shadow_of):
                heappush(waiting, (row.began + one.after / _MINUTE, place, mark, one.claimed, one))
        yield Rehearsed(place=place, mark=mark, said=said, shadow=shadow_of)


def experience(rows: Iterable[PastIncident], policy: EstimatePolicy, now: datetime) -> Experience:
    """What there is to learn from a history: its rows, and what would have become of the estimates of its latest ones. What
    is dated in the future teaches nothing."""
    known = past(row for row in rows if row.began_at <= now)
    said = rehearse(known, policy, first=max(0, len(known.rows) - TAUGHT))
    return Experience(
        rows=tuple(row.of for row in known.rows),
        lessons=tuple(
            lesson
            for one in said
            if one.shadow is not None and known.rows[one.place].has_ended
            for lesson in _lessons(known.rows[one.place].of.service, known.rows[one.place].of.began_at, one.shadow)
            if lesson.at <= now
        ),
    )


def lived(episodes: Iterable[Episode], now: datetime) -> Experience:
    """What there is to learn from our own episodes. Of each mark only what history said at that mark is a lesson: at another
    one another level was read, and a person's word says nothing of the past. What is dated in the future teaches nothing."""
    known = [one for one in episodes if one.began_at <= now and (one.over_at is None or one.recovered_at is not None)]
    lessons = [
        lesson
        for one in known
        for said in one.marks
        if (one.over_at is None or one.over_at <= now) and said.basis is Basis.HISTORY and not is_late(said)
        if (found := shadow(_until_now(one), said)) is not None
        for lesson in _lessons(one.service, one.began_at, found)
    ]
    marked = (one.began_at + mark + _MINUTE for one in known if one.over_at is None for mark in MARKS)
    return Experience(
        rows=tuple(_own_row(one) for one in known),
        lessons=tuple(lesson for lesson in lessons if lesson.at <= now),
        again_at=min((at for at in (*marked, *(lesson.at for lesson in lessons)) if at > now), default=None),
    )


def learned(imported: Experience, own: Experience) -> History:
    """A history of both, with the levels that what became of their estimates has led to, in the order in which it was known.
    What was imported and is our own is our own."""
    ours = {_identity(row.service, row.began_at) for row in own.rows}
    others = [row for row in imported.rows if _identity(row.service, row.began_at) not in ours]
    lessons = [one for one in imported.lessons if _identity(one.service, one.began_at) not in ours]
    levels = Levels()
    for one in sorted((*lessons, *own.lessons), key=_in_order):
        levels = levels.graded(one.outcome)
    return History(past=past((*others, *own.rows)), levels=levels)


def taught(rows: Iterable[PastIncident], policy: EstimatePolicy, now: datetime) -> History:
    """A history with the levels that its own latest incidents would have led to."""
    return learned(experience(rows, policy, now), Experience())


def _identity(service: str, began_at: datetime) -> tuple[str, datetime]:
    """A history that was exported and imported holds whole seconds."""
    return service, began_at.replace(microsecond=0)


def _lessons(service: str, began_at: datetime, of: Shadow) -> Iterator[Lesson]:
    for outcome in outcomes(of):
        yield Lesson(at=began_at + outcome.after, service=service, began_at=began_at, outcome=outcome)


def _in_order(one: Lesson) -> tuple[datetime, datetime, str, timedelta, float]:
    return one.at, one.began_at, one.service, one.outcome.mark, one.outcome.claimed


def _until_now(one: Episode) -> Episode:
    """An open one is over at some time: what it has outlasted is missed whenever that is."""
    return one if one.recovered_at is not None else replace(one, recovered_at=one.began_at + OPEN_ENDED)


def _own_row(one: Episode) -> PastIncident:
    """An open one is open whenever it is asked about, until the store says otherwise."""
    return PastIncident(
        service=one.service,
        began_at=one.began_at,
        lasted=OPEN_ENDED if one.recovered_at is None else max(one.recovered_at - one.began_at, _SHORTEST),
        cause=one.cause,
        impact=one.impact,
        ended=OPEN if one.recovered_at is None else RECOVERY,
        told=one.told,
    )


def _instants(known: Past, first: int, marks: Marks) -> Iterable[tuple[float, int, timedelta]]:
    return sorted(
        (row.began + mark / _MINUTE, place, mark)
        for place, row in enumerate(known.rows[first:], start=first)
        for mark in marks(row)
        if row.lasted > mark / _MINUTE
    )


def _present(row: Row) -> Present:
    """Impact and cause are left out: a history holds only the last ones, which nobody knew then."""
    return Present(began=row.began, service=row.of.service, told=row.told)


def _shadow(row: Row, mark: timedelta, said: Outlook) -> Shadow | None:
    if said.p50 is None or said.p80 is None:
        return None
    return Shadow(elapsed=mark, lasted=row.of.lasted, p50=said.p50, p80=said.p80, curve=said.curve)
