"""Judge: what a test expects beside what was found, each difference in words. Pure.

Belongs here: when two are alike, and how a difference reads. Does not belong here: how it is shown (cli/).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.config.wanted import CUSTOMERS, NONE, STAFF
from sentinel.model.notice import Occasion
from sentinel.model.signal import Signal
from sentinel.model.trial import Expected, Never, Trial, WantedIncident, WantedNotice, WantedSignal
from sentinel.run.trial.found import Found, Said

SHOWN: Final = 1_500
"""Characters of a message's words that a difference shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One difference: the line in the test's file, what was asked (`signals`, `incident`, ...), when (also after which time
    from the start), and both sides, a line each."""

    line: int
    key: str
    at: datetime | None
    after: timedelta | None
    wanted: tuple[str, ...]
    got: tuple[str, ...]


def failures(trial: Trial, expected: Expected, found: Found, zone: str) -> Iterator[Failure]:
    """Everything in which the two differ."""
    clock = _Clock(ZoneInfo(zone), trial.start.astimezone(ZoneInfo(zone)).date())
    for key, differ in _QUESTIONS.items():
        wanted = getattr(expected, key)
        sides = None if wanted is None else differ(wanted, found, clock)
        if sides is not None:
            yield Failure(
                line=expected.lines.get(key, expected.line),
                key=key,
                at=expected.at,
                after=expected.at - trial.start,
                wanted=tuple(sides[0]),
                got=tuple(sides[1]),
            )


@dataclass(frozen=True, slots=True)
class _Clock:
    """Instants as people read them there, with the date where it is not that of the test's start."""

    zone: ZoneInfo
    day: date

    def __call__(self, at: datetime | None) -> str:
        if at is None:
            return NONE
        local = at.astimezone(self.zone)
        return f"{local:%H:%M:%S}" if local.date() == self.day else f"{local:%Y-%m-%d %H:%M:%S}"


_Sides = tuple[Sequence[str], Sequence[str]]
"""What was wanted and what was got, a line each."""


def _signals(wanted: Sequence[WantedSignal], found: Found, clock: _Clock) -> _Sides | None:
    left = list(found.signals)
    missing = 0
    for one in wanted:
        fitting = next((signal for signal in left if _is(one, signal)), None)
        if fitting is None:
            missing += 1
        else:
            left.remove(fitting)
    if not left and not missing:
        return None
    return [_asked(one, clock) for one in wanted], [_standing(one, clock) for one in found.signals]


def _is(wanted: WantedSignal, signal: Signal) -> bool:
    return (
        (wanted.check, wanted.detector) == (signal.check, signal.detector)
        and wanted.place in (None, signal.place)
        and wanted.since in (None, signal.since)
        and wanted.means in (None, signal.statement or NONE)
    )


def _asked(one: WantedSignal, clock: _Clock) -> str:
    since = f" since {clock(one.since)}" if one.since is not None else ""
    place = f" at {one.place}" if one.place is not None else ""
    means = f" means {one.means}" if one.means is not None else ""
    return f"{one.check} {one.detector}{since}{place}{means}"


def _standing(one: Signal, clock: _Clock) -> str:
    means = one.statement or NONE
    return f"{one.check} {one.detector} since {clock(one.since)} at {one.place} means {means}  # {one.evidence}"


def _incident(wanted: WantedIncident | Never, found: Found, clock: _Clock) -> _Sides | None:
    there = found.incident
    if isinstance(wanted, Never) or there is None:
        is_so = isinstance(wanted, Never) and there is None
        felt = "" if there is None else ", ".join(one.statement for one in there.felt) or "staff only"
        got = NONE if there is None else f"{there.phase.value}: {felt}"
        return None if is_so else ([NONE if isinstance(wanted, Never) else "an incident"], [got])
    pairs: dict[str, tuple[object, object]] = {
        "phase": (wanted.phase, there.phase),
        "root": (wanted.root, there.root),
        "services": (None if wanted.services is None else frozenset(wanted.services), frozenset(there.services)),
        "felt": (None if wanted.felt is None else frozenset(wanted.felt), frozenset(one.statement for one in there.felt)),
        "impact": (wanted.impact, found.impact),
        "began": (wanted.began, there.began_at),
        "recovered": (wanted.recovered, there.recovered_at),
    }
    asked = {name: one for name, one in pairs.items() if one[0] is not None}
    if all(one == other for one, other in asked.values()):
        return None
    left, right = ([f"{name}: {_plain(pair[side], clock)}" for name, pair in asked.items()] for side in (0, 1))
    return left, right


def _plain(value: object, clock: _Clock) -> str:
    match value:
        case datetime():
            return clock(value)
        case frozenset():
            return ", ".join(sorted(value)) or NONE
        case None:
            return NONE
    return str(value)


def _staff(wanted: Sequence[WantedNotice], found: Found, clock: _Clock) -> _Sides | None:
    return _notices(wanted, found.staff, {one: name for name, one in STAFF.items()})


def _customers(wanted: Sequence[WantedNotice], found: Found, clock: _Clock) -> _Sides | None:
    return _notices(wanted, found.customers, {one: name for name, one in CUSTOMERS.items()})


def _notices(wanted: Sequence[WantedNotice], said: Sequence[Said], names: dict[Occasion, str]) -> _Sides | None:
    if [one.occasion for one in wanted] != [one.occasion for one in said]:
        return [names[one.occasion] for one in wanted], [names.get(one.occasion, one.occasion.value) for one in said]
    asked: list[str] = []
    got: list[str] = []
    for one, there in zip(wanted, said, strict=True):
        words = _one_line(there.words.get(one.language or next(iter(there.words), ""), ""))
        wrong = [f"says “{text}”" for text in one.says if _one_line(text) not in words]
        wrong += [f"does not say “{text}”" for text in one.lacks if _one_line(text) in words]
        if wrong:
            asked += [f"{names[one.occasion]} {text}" for text in wrong]
            got.append(f"{names[one.occasion]}: {words[:SHOWN]}")
    return (asked, got) if asked else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _promise(wanted: datetime | Never, found: Found, clock: _Clock) -> _Sides | None:
    return _no_draft(wanted, clock) if found.quoted is None else _instant(wanted, found.quoted.promise_at, clock)


def _next_word(wanted: datetime | Never, found: Found, clock: _Clock) -> _Sides | None:
    return _no_draft(wanted, clock) if found.quoted is None else _instant(wanted, found.quoted.next_word_at, clock)


def _no_draft(wanted: datetime | Never, clock: _Clock) -> _Sides:
    return [clock(None if isinstance(wanted, Never) else wanted)], ["no draft waits"]


def _instant(wanted: datetime | Never, got: datetime | None, clock: _Clock) -> _Sides | None:
    asked = None if isinstance(wanted, Never) else wanted
    return None if asked == got else ([clock(asked)], [clock(got)])


_QUESTIONS: Final[dict[str, Callable[..., _Sides | None]]] = {
    "signals": _signals,
    "incident": _incident,
    "staff": _staff,
    "customers": _customers,
    "promise": _promise,
    "next_word": _next_word,
}
