"""The past, made ready once for being asked often: what had ended, what was open, and what was told, at any instant.

Belongs here: what was known when, and nothing that was not. Does not belong here: how much a row counts (likeness.py).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final, NamedTuple

from sentinel.model.estimate import PastIncident, Told

LATEST: Final = 600
"""No estimate looks further back than so many incidents of the length in question: older ones tell of systems long rebuilt."""
OPEN: Final = "open"
"""`PastIncident.ended` of a row that was still open when it was written; `lasted` is then how long so far."""
RECOVERY: Final = "recovery"
ONE_EVENT: Final = 15.0
"""Minutes. Incidents that began within this of each other are taken for one event that many checks saw."""
NEVER: Final = 10_000.0
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)


class Word(NamedTuple):
    """The phase that was told, in minutes since the beginning. A plain tuple: hundreds are looked at for every estimate."""

    after: float
    phase: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One past incident, in minutes since an epoch. `beside`: how many others were open when it began; `together`: how many
    began within `ONE_EVENT` of it, before or after. `told`: phases, each with how long after the beginning."""

    began: float
    end: float
    lasted: float
    of: PastIncident
    beside: int
    together: int
    told: tuple[Word, ...]

    @property
    def has_ended(self) -> bool:
        return self.of.ended != OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Rows by beginning. Asked at an instant, it tells what was known then: whatever began later is not there, and whatever
    ended later was open."""

    rows: tuple[Row, ...]
    begins: tuple[float, ...]
    ends: tuple[float, ...]

    def begun(self, now: float) -> Iterator[Row]:
        """What had begun by then, ended or not, the last to begin first.

        Not the last to *end*: what is still open beside what ended lately are more long ones than there are, since of a long
        one both are true for longer.
        """
        return (self.rows[at] for at in range(bisect_left(self.begins, now) - 1, -1, -1))

    def beside(self, began: float) -> int:
        """How many were open when an incident began."""
        return max(0, bisect_left(self.begins, began) - bisect_right(self.ends, began))

    def together(self, row: Row, now: float) -> int:
        """How many had by then begun within `ONE_EVENT` of that one, itself among them."""
        return row.together if row.began + ONE_EVENT <= now else _together(self.begins, row.began, now)


def past(history: Iterable[PastIncident]) -> Past:
    # Not by length too: of what is open that is still to come, and even the order of two would know it.
    rows = sorted(history, key=lambda row: row.began_at)
    begins = tuple(minutes_at(row.began_at) for row in rows)
    lengths = [row.lasted / _MINUTE for row in rows]
    ends = sorted(begin + lasted for begin, lasted in zip(begins, lengths, strict=True))
    made = tuple(
        Row(
            began=begin,
            end=begin + lasted,
            lasted=lasted,
            of=row,
            beside=max(0, bisect_left(begins, begin) - bisect_right(ends, begin)),
            together=_together(begins, begin, begin + ONE_EVENT),
            told=in_minutes(row.told),
        )
        for row, begin, lasted in zip(rows, begins, lengths, strict=True)
    )
    return Past(rows=made, begins=begins, ends=tuple(ends))


def _together(begins: Sequence[float], began: float, now: float) -> int:
    return max(1, bisect_right(begins, min(began + ONE_EVENT, now)) - bisect_left(begins, began - ONE_EVENT))


def minutes_at(instant: datetime) -> float:
    return (instant - _EPOCH) / _MINUTE


def in_minutes(told: Sequence[Told]) -> tuple[Word, ...]:
    return tuple(sorted(Word(one.after / _MINUTE, one.phase) for one in told))


def last_told(told: Sequence[Word], elapsed: float) -> tuple[str, float]:
    """The phase that was last told by then, and the minutes since; nothing told yet is a phase of its own, told never."""
    word = next((one for one in reversed(told) if one.after <= elapsed), None)
    return ("", NEVER) if word is None else (word.phase, elapsed - word.after)


def entered(told: Sequence[Word], elapsed: float) -> Word | None:
    """The word with which the phase began that stands then: the same phase told again is no new one."""
    known = [one for one in told if one.after <= elapsed]
    same = list(takewhile(lambda one: one.phase == known[-1].phase, reversed(known)))
    return same[-1] if same else None


def first_told(told: Sequence[Word], phase: str) -> float | None:
    """How long after the beginning a phase was told first."""
    return next((word.after for word in told if word.phase == phase), None)
