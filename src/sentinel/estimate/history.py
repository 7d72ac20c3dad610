"""Which past incidents stand behind an estimate, and how much each of them counts.

Belongs here: scopes, borrowing, what an imported row's end means. Does not belong here: the curve (survival.py), what is said
(decide.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentinel.estimate.survival import Life, quantile, survival
from sentinel.model.estimate import EstimatePolicy, PastIncident
from sentinel.model.incident import Incident
from sentinel.model.service import Impact

LATEST = 200
"""No scope looks further back than this many incidents of the length in question: older ones tell of systems long rebuilt."""
OPEN = "open"
"""`PastIncident.ended` of a row that was still open when it was written; `lasted` is then how long so far."""
RECOVERY = "recovery"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One set of past incidents. None asks nothing. `own`: of the very service at the incident's root."""

    name: str
    services: frozenset[str] | None = None
    impact: str | None = None
    causes: frozenset[str] | None = None
    own: bool = False

    def holds(self, row: PastIncident) -> bool:
        return (
            (self.services is None or row.service in self.services)
            and (self.impact is None or row.impact == self.impact)
            and (self.causes is None or row.cause.casefold() in self.causes)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What the past says: total durations from the beginning (None: not within anything seen), how many incidents' worth of
    evidence that had lasted longer than the elapsed time, and of which scope."""

    scope: str
    p50: timedelta | None
    p80: timedelta | None
    sample: int


def scopes(incident: Incident, impact: Impact | None) -> tuple[Scope, ...]:
    """The sets of past incidents to ask, the narrowest first, the last one all."""
    root, touched = frozenset((incident.root,)), frozenset(incident.services)
    causes = frozenset(text.casefold() for text in incident.cause.values()) if incident.cause else None
    found: list[Scope] = []
    if impact is not None:
        like = f"{incident.root} / {impact.value}"
        if causes:
            found.append(Scope(name=f"{like} / same cause", services=root, impact=impact.value, causes=causes, own=True))
        found.append(Scope(name=like, services=root, impact=impact.value, own=True))
    found.append(Scope(name=incident.root, services=root, own=True))
    if touched - root:
        found.append(Scope(name=", ".join(sorted(touched)), services=touched))
    return (*found, Scope(name="all"))


def outlook(
    asked: Sequence[Scope], history: Iterable[PastIncident], elapsed: timedelta, now: datetime, policy: EstimatePolicy
) -> Outlook:
    """P50 and P80 of the total duration of an incident that has lasted `elapsed`, from what was known at `now`.

    The narrowest scope of the service itself that holds any such incident counts in full. Where that is less than
    `policy.borrow_below` incidents, wider scopes in turn fill up the difference, every row of one counting the same and none
    more than one: shrinkage towards the wider history, which fades as the own history grows and which never weighs more than
    `borrow_below` incidents. The present incident is counted as one more of unknown length (see `survival`).
    """
    left = [row for row in known(history, now) if row.lasted > elapsed]
    lives: list[Life] = []
    names: list[str] = []
    for scope in asked:
        room = policy.borrow_below - sum(life.weight for life in lives)
        if lives and room <= 0:
            break
        rows = _usable([row for row in left if scope.holds(row)], policy.borrow_below)
        left = [row for row in left if not scope.holds(row)]
        if rows:
            weight = 1.0 if scope.own and not lives else min(1.0, room / len(rows))
            lives += [Life(lasted=row.lasted, ended=row.ended != OPEN, weight=weight) for row in rows]
            names.append(scope.name)
    steps = survival(lives, elapsed, unseen=1)
    sample = round(sum(life.weight for life in lives))
    return Outlook(scope=_said(names), p50=quantile(steps, 0.5), p80=quantile(steps, 0.8), sample=sample)


def known(history: Iterable[PastIncident], now: datetime) -> Iterator[PastIncident]:
    """The history as it stood at `now`: rows that begin later are left out, those that end later were still open (censored).

    So an estimate that is made again for an earlier instant (replay, grading) says what it would have said then.
    """
    for row in history:
        if row.began_at + row.lasted <= now:
            yield row
        elif row.began_at < now:
            yield PastIncident(
                service=row.service,
                began_at=row.began_at,
                lasted=now - row.began_at,
                cause=row.cause,
                impact=row.impact,
                ended=OPEN,
            )


def _usable(rows: list[PastIncident], enough: int) -> list[PastIncident]:
    """The latest rows, those that end at recovery alone if there are enough of them.

    Of a row that ends at its resolution (or at anything else than recovery) we know only that recovery came no later. It is
    counted as though recovery had come only then, which makes an estimate too long, never too short; and it is the first to
    go once a scope has enough rows that are exact.
    """
    exact = [row for row in rows if row.ended in (RECOVERY, OPEN)]
    if sum(row.ended == RECOVERY for row in exact) >= enough:
        rows = exact
    return sorted(rows, key=lambda row: row.began_at)[-LATEST:]


def _said(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{names[0]}; filled up from {' and '.join(names[1:])}"
