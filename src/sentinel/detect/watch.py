"""One observation through all detectors of its check: what they remember now, and which signals rise or clear.

Belongs here: naming a signal, its statement and its evidence. Does not belong here: when to raise (`kind/`), storing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel

from sentinel.model.check import Check
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis, Signal

NOTHING_HELD = Hysteresis()
NONE_STANDING: Mapping[str, Signal] = MappingProxyType({})


class Standing(Protocol):
    """Signals by their ids: a mapping, or what looks one up when it is asked for, which is when one clears."""

    def get(self, signal: str, otherwise: Signal, /) -> Signal: ...


class Detector(Protocol):
    """A module of `detect/kind/`."""

    @property
    def VERDICT(self) -> Verdict:  # noqa: N802 - a constant of the module
        """The verdict that its signals stand for; `Check.means` maps it to a statement."""
        ...

    @property
    def Options(self) -> type[BaseModel]:  # noqa: N802 - a class of the module
        """Its options, all with defaults."""
        ...

    @property
    def step(self) -> Any:
        """`step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis`; every kind with Options of its own."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """One detector with its options for one check, parsed once."""

    kind: str
    detector: Detector
    options: BaseModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What one observation changed: `held` has the changed memories only, `signals` those that rose or cleared by it."""

    held: Mapping[str, Hysteresis]
    signals: tuple[Signal, ...]


NOTHING = Watched(held=MappingProxyType({}), signals=())


def fit(check: Check, detectors: Mapping[str, Detector]) -> tuple[Fitted, ...]:
    """The detectors of `check` with their options parsed, made once when the configuration is loaded.

    `detectors` maps each kind to its module. KeyError or pydantic's ValidationError mean that the check was never validated.
    """
    return tuple(
        Fitted(kind=kind, detector=detectors[kind], options=detectors[kind].Options.model_validate(options))
        for kind, options in sorted(check.detectors.items())
    )


def watch(
    check: Check,
    held: Mapping[str, Hysteresis],
    seen: Observation,
    now: datetime,
    fitted: tuple[Fitted, ...],
    standing: Standing = NONE_STANDING,
) -> Watched:
    """Take one observation of `check` in.

    `held`: detector kind → what it remembers of this check at this place (a kind that is missing remembers nothing).
    `standing`: the signals as stored. A signal that clears is that record with `good_since` and `cleared_at` set;
    where it is missing, one is made anew whose `raised_at` is its `since`.
    """
    changed: dict[str, Hysteresis] = {}
    signals: list[Signal] = []
    for one in fitted:
        known = held.get(one.kind, NOTHING_HELD)
        before = _by_now(known, seen, now)
        after = one.detector.step(before, seen, one.options)
        if after is known:
            continue
        changed[one.kind] = after
        if before.raised_since is not None and after.raised_since is None:
            signals.append(_cleared(check, one, before.raised_since, after, seen, now, standing))
        elif before.raised_since is None and after.raised_since is not None:
            signals.append(_claim(check, one, after.raised_since, seen, now, evidence=_evidence(one, after, seen)))
    return Watched(held=changed, signals=tuple(signals)) if changed else NOTHING


def _by_now(held: Hysteresis, seen: Observation, now: datetime) -> Hysteresis:
    """A run that began after `now` was stamped by a clock that was ahead, and has been set right: it began just before this
    sample. Otherwise each one would count as older than the run, and as nothing, until that time has passed."""
    bad, good = held.bad_since, held.good_since
    if (bad is None or bad <= now) and (good is None or good <= now):
        return held
    latest = seen.at - timedelta(microseconds=1)
    return replace(held, bad_since=bad and min(bad, latest), good_since=good and min(good, latest))


def signal_id(detector: str, check: str, place: str, since: datetime) -> str:
    """The name of a claim, the same whenever and however often it is found."""
    return f"{detector}:{check}@{place}:{since.isoformat()}"


def _claim(check: Check, one: Fitted, since: datetime, seen: Observation, raised_at: datetime, *, evidence: str) -> Signal:
    return Signal(
        id=signal_id(one.kind, check.id, seen.place, since),
        detector=one.kind,
        service=check.service,
        check=check.id,
        place=seen.place,
        verdict=one.detector.VERDICT,
        statement=check.means.get(one.detector.VERDICT),
        since=since,
        raised_at=raised_at,
        evidence=evidence,
        warns=one.kind in check.warns,
    )


def _cleared(
    check: Check,
    one: Fitted,
    since: datetime,
    after: Hysteresis,
    seen: Observation,
    now: datetime,
    standing: Standing,
) -> Signal:
    claim = _claim(check, one, since, seen, since, evidence=f"{one.detector.VERDICT} since {since.isoformat()}")
    return replace(standing.get(claim.id, claim), good_since=after.good_since, cleared_at=now)


def _evidence(one: Fitted, after: Hysteresis, seen: Observation) -> str:
    """In plain words: "down in 4 samples over 16 s, seen from head-office: connection refused"."""
    says = getattr(one.detector, "says", None)  # a kind that judges more than the verdict has words of its own
    if says is not None:
        return f"{says(after, seen, one.options)}; seen from {seen.place}"
    lasted = seen.at - after.raised_since if after.raised_since else timedelta(0)
    samples = "1 sample" if after.bad_samples == 1 else f"{after.bad_samples} samples"
    words = f"{one.detector.VERDICT} in {samples} over {lasted.total_seconds():.0f} s, seen from {seen.place}"
    return f"{words}: {seen.reason}" if seen.reason else words
