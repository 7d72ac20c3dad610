"""The scorecard: how well we estimate, of all episodes, by service and by basis, at each mark.

Belongs here: which episodes stand in which line, claimed against held. Does not belong here: the arithmetic of one line
(grade.py), its words and pictures (serve, cli).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sentinel.estimate.grade import MARKS, Kept, Score, Shadow, interval, is_late, is_of_an_open_one, kept, score, shadow
from sentinel.estimate.levels import CLAIMS
from sentinel.estimate.past import Past
from sentinel.estimate.rehearse import TAUGHT, rehearse
from sentinel.model.estimate import Basis, Episode, EstimatePolicy

ENOUGH: Final = 10
"""With fewer graded ones a share says nothing."""
MOST_SERVICES: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the scorecard: the score at each mark. `promises` None: they are not counted by this."""

    name: str
    marks: tuple[Score, ...]
    promises: Kept | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """Of `graded` estimates the share `held` was over within what was claimed of the share `claimed`; `between`: where the
    true share lies with 95 % confidence."""

    claimed: float
    held: float
    graded: int
    between: tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """`rehearsed`: not what was said, but what would have been said of the imported history. `reliability`: over all marks,
    estimates from history alone."""

    whole: Line
    services: tuple[Line, ...]
    bases: tuple[Line, ...]
    reliability: tuple[Point, ...]
    episodes: int
    open: int = 0
    dismissed: int = 0
    rehearsed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """One estimate at one mark, with what came of it."""

    service: str
    mark: timedelta
    basis: Basis
    late: bool
    shadow: Shadow | None


def card(episodes: Sequence[Episode]) -> Card:
    """Of what was said. Only what came to an end is graded."""
    said = [
        _Said(service=one.service, mark=each.mark, basis=each.basis, late=is_late(each), shadow=shadow(one, each))
        for one in episodes
        for each in one.marks
        if is_of_an_open_one(one, each)
    ]
    over = [one for one in episodes if one.over_at is not None]
    ended = [one for one in over if one.recovered_at is not None]
    services = _names(one.service for one in ended)
    made = _card(said, services)
    return Card(
        whole=Line(name="", marks=made.whole.marks, promises=kept(ended)),
        services=tuple(
            Line(name=line.name, marks=line.marks, promises=kept(one for one in ended if one.service == line.name))
            for line in made.services
        ),
        bases=made.bases,
        reliability=made.reliability,
        episodes=len(ended),
        open=len(episodes) - len(over),
        dismissed=len(over) - len(ended),
    )


def rehearsed(known: Past, policy: EstimatePolicy, service: str | None = None) -> Card:
    """Of what would have been said of the latest incidents of a history (of one service), each asked of what was known then."""
    first = max(0, len(known.rows) - TAUGHT)
    said = [
        _Said(
            service=known.rows[one.place].of.service,
            mark=one.mark,
            basis=Basis.HISTORY if one.shadow is not None else Basis.ASSESSING,
            late=False,
            shadow=one.shadow,
        )
        for one in rehearse(known, policy, first=first, claims=CLAIMS)
        if known.rows[one.place].has_ended and service in (None, known.rows[one.place].of.service)
    ]
    made = _card(said, _names(one.service for one in said))
    rows = [row for row in known.rows[first:] if service in (None, row.of.service)]
    ended = sum(row.has_ended for row in rows)
    return Card(
        whole=made.whole,
        services=made.services,
        bases=(),
        reliability=made.reliability,
        episodes=ended,
        open=len(rows) - ended,
        rehearsed=True,
    )


def _names(services: Iterable[str]) -> tuple[str, ...]:
    """Those with the most first."""
    counted: dict[str, int] = {}
    for one in services:
        counted[one] = counted.get(one, 0) + 1
    return tuple(sorted(counted, key=lambda name: (-counted[name], name)))[:MOST_SERVICES]


def _card(said: Sequence[_Said], services: Iterable[str]) -> Card:
    return Card(
        whole=_line("", said),
        services=tuple(_line(name, [one for one in said if one.service == name]) for name in services),
        bases=tuple(
            _line(basis.value, found)
            for basis in Basis
            if (found := [one for one in said if one.basis is basis and one.basis is not Basis.ASSESSING])
        ),
        reliability=_reliability(said),
        episodes=0,
    )


def _line(name: str, said: Sequence[_Said]) -> Line:
    return Line(name=name, marks=tuple(_at(mark, [one for one in said if one.mark == mark]) for mark in MARKS))


def _at(mark: timedelta, said: Sequence[_Said]) -> Score:
    spoken = [one for one in said if one.shadow is not None]
    shadows = [one.shadow for one in spoken if one.shadow is not None and not one.late]
    return score(shadows, mark, withheld=len(said) - len(spoken), late=len(spoken) - len(shadows))


def _reliability(said: Sequence[_Said]) -> tuple[Point, ...]:
    """Claimed against held. Only what history said claims several shares; a person names one time."""
    shadows = [one.shadow for one in said if one.basis is Basis.HISTORY and one.shadow is not None and not one.late]
    points: list[Point] = []
    for share in CLAIMS:
        claims = [(one.lasted, claim.within) for one in shadows for claim in one.curve if claim.share == share]
        if claims:
            held = sum(lasted <= within for lasted, within in claims)
            points.append(
                Point(claimed=share, held=held / len(claims), graded=len(claims), between=interval(held, len(claims)))
            )
    return tuple(points)
