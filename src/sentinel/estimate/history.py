"""What the past says of one incident: P50 and P80 of its total duration, and on how much evidence.

Belongs here: the way from rows to the two figures, what an imported row's end means. Does not belong here: how alike two
incidents are (likeness.py), the curve (survival.py), what is said (decide.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, islice
from math import inf
from typing import Final, NamedTuple

from sentinel.estimate.levels import HALF, MOST, Levels
from sentinel.estimate.likeness import Present, weights
from sentinel.estimate.past import LATEST, RECOVERY, Past, Row, Word, entered, first_told, in_minutes, minutes_at
from sentinel.estimate.survival import Life, between, quantile, survival
from sentinel.model.estimate import Claim, EstimatePolicy, Told
from sentinel.model.incident import Incident
from sentinel.model.service import Impact

_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_ENOUGH = MOST - 0.005
"""What the past must reach before anything is said: four incidents do, however their ages differ."""
AT_ONCE: Final = 1.0
"""Minutes. A phase that was told so soon stood from the beginning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All that is learned from: past incidents made ready, and the levels that grading has led to."""

    past: Past
    levels: Levels = field(default_factory=Levels)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What the past says: total durations from the beginning (None: too little is known), how many incidents' worth of
    evidence that had lasted longer than the elapsed time, and of which services."""

    scope: str
    p50: timedelta | None
    p80: timedelta | None
    sample: int
    curve: tuple[Claim, ...] = ()
    """What was asked for beside the two."""


def present(incident: Incident, impact: Impact | None, told: Sequence[Told] = ()) -> Present:
    """What is known of an incident that history can be asked about."""
    return Present(
        began=minutes_at(incident.began_at),
        service=incident.root,
        touched=frozenset(incident.services),
        impact=None if impact is None else impact.value,
        causes=frozenset(text.casefold() for text in incident.cause.values()) if incident.cause else frozenset(),
        told=in_minutes(told),
    )


def outlook(asked: Present, of: History, elapsed: timedelta, policy: EstimatePolicy, claims: Sequence[float] = ()) -> Outlook:
    """P50 and P80 of the total duration of an incident that has lasted `elapsed`, from what was known at that instant.

    Only incidents that had lasted longer than `elapsed`, or been longer in the phase that stands, say anything. The present
    one is counted as one more of unknown length (see `survival`): so few past incidents are no P80, whatever the levels. What
    remains is said as many times as long as these tell, and no longer than the longest of them.

    Where too few ever lasted so long, those that lasted half as long are asked, and of everything twice as much is said, then
    four times: long durations are alike at every scale (of those that last over an hour as many last over two as of those
    over two last over four), so this errs little, and silence would come when it is worst.
    """
    found = Outlook(scope="", p50=None, p80=None, sample=0)
    for times in (1, 2, 4) if elapsed else (1,):
        found = _read(asked, of, elapsed / times, times, policy, claims)
        if found.p80 is not None:
            break
    return found


def _read(
    asked: Present, of: History, elapsed: timedelta, times: int, policy: EstimatePolicy, claims: Sequence[float]
) -> Outlook:
    """What those say that had lasted longer than `elapsed`, made that many `times` longer."""
    lasted, now = elapsed / _MINUTE, asked.began + times * (elapsed / _MINUTE)
    enough = max(1, policy.borrow_below)
    by_phase, seen = _of_phase(of.past, asked, now, lasted, enough) if times == 1 else (None, ())
    seen = seen or _latest(of.past, asked, now, lasted, enough)
    rows = [one.row for one in seen]
    left = [one.lasted - lasted if one.has_ended else None for one in seen]
    shares = weights(asked, rows, of.past, lasted, policy.borrow_below, left, by_phase)
    total, squares = sum(shares), sum(share * share for share in shares)
    sample = total * total / squares if squares else 0.0
    lives = [Life(one.lasted, one.has_ended, share) for one, share in zip(seen, shares, strict=True)]
    steps = survival(lives, lasted, unseen=total / sample if sample else 1.0)
    scope = _scope(asked, rows)
    if quantile(steps, _ENOUGH) == inf:
        return Outlook(scope=scope, p50=None, p80=None, sample=round(sample))
    reached = steps[-1].at

    def said(claim: float, longer: float) -> float:
        return min(lasted + (between(steps, claim, lasted) - lasted) * longer, reached) * times

    p50, p80 = map(said, (HALF, MOST), of.levels.at(elapsed * times))
    least = elapsed * times + _SECOND
    longest = max(timedelta(minutes=p80), least)
    half = min(max(timedelta(minutes=p50), least), longest)
    if not claims:
        return Outlook(scope=scope, p50=half, p80=longest, sample=round(sample))
    read = list(map(said, claims, of.levels.of(claims, elapsed * times)))
    # No claim is later than a greater one, as P50 is not later than P80, whatever was learned of either.
    never_later = reversed(list(accumulate(reversed(read), min)))
    curve = tuple(Claim(claim, max(timedelta(minutes=at), least)) for claim, at in zip(claims, never_later, strict=True))
    return Outlook(scope=scope, p50=half, p80=longest, sample=round(sample), curve=curve)


class _Seen(NamedTuple):
    """What was known of a past incident: how long it had lasted, counted as the present one is. A plain tuple: hundreds are
    made for every estimate."""

    row: Row
    lasted: float
    has_ended: bool


def _of_phase(known: Past, asked: Present, now: float, lasted: float, enough: int) -> tuple[Word | None, Sequence[_Seen]]:
    """Those that were in the phase that stands for as long as it has stood, counted as though all had entered it together.

    How long is left depends on how long ago a fix was found much more than on how long it took to find. Only of a phase that
    was entered since the beginning, and where enough have ended that did so: else None, and nobody.
    """
    word = entered(asked.told, lasted)
    if word is None or word.after <= AT_ONCE:
        return None, ()
    rows = _latest(known, asked, now, lasted, enough, word)
    return (word, rows) if sum(seen.has_ended for seen in rows) >= enough else (None, ())


def _latest(
    known: Past, asked: Present, now: float, lasted: float, enough: int, by_phase: Word | None = None
) -> Sequence[_Seen]:
    """The latest that had lasted longer, the last to begin first.

    Of a row that ends at its resolution (or at anything else than recovery) we know only that recovery came no later. It is
    counted as though recovery had come only then, which makes an estimate too long, never too short; and it is left out once
    there are enough that are exact. What began at `began` is the one that is asked about, and no evidence of itself.
    """
    rows = list(islice(_longer(known, asked, now, lasted, by_phase), LATEST))
    exact = [one for one in rows if one.row.of.ended == RECOVERY or not one.has_ended]
    return exact if sum(one.has_ended for one in exact) >= enough else rows


def _longer(known: Past, asked: Present, now: float, lasted: float, by_phase: Word | None) -> Iterator[_Seen]:
    for row in known.begun(now):
        is_over = row.end <= now
        if is_over or row.began < asked.began:
            length = row.lasted if is_over else now - row.began
            if by_phase is not None:
                first = first_told(row.told, by_phase.phase)
                length = 0.0 if first is None else length - first + by_phase.after
            if length > lasted:
                yield _Seen(row, length, is_over and row.has_ended)


def _scope(asked: Present, rows: Sequence[Row]) -> str:
    """Whose past was asked, and in what more than the service alike ones were preferred."""
    own = any(row.of.service == asked.service for row in rows)
    others = any(row.of.service != asked.service for row in rows)
    name = (asked.service if own else "all") if rows else ""
    liked = ([asked.impact] if asked.impact else []) + (["same cause"] if asked.causes else [])
    return " / ".join((name, *liked)) + ("; filled up from all" if own and others else "") if rows else ""
