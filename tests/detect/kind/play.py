"""Samples through one detector, as the hub takes them: what it remembers becomes text and comes back between any two."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sentinel.detect.watch import Detector
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis
from sentinel.store import codec
from tests.detect.samples import NOON


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A claim that rose (`since` is set) or ended, at the sample where it did."""

    at: datetime
    since: datetime | None
    says: str


def seen(at: datetime, verdict: Verdict = Verdict.UP, /, **facts: Fact) -> Observation:
    return Observation(
        check="payments.queue", place="head-office", at=at, sample=SampleKind.SCHEDULED, verdict=verdict, facts=facts
    )


def every(length: timedelta, verdicts: Iterable[Verdict], start: datetime = NOON) -> list[Observation]:
    return [seen(start + place * length, verdict) for place, verdict in enumerate(verdicts)]


def numbers(length: timedelta, values: Iterable[float], fact: str = "value", start: datetime = NOON) -> list[Observation]:
    return [seen(start + place * length, Verdict.UP, **{fact: value}) for place, value in enumerate(values)]


def confirming(one: Observation) -> Observation:
    return replace(one, sample=SampleKind.CONFIRM)


def play(
    detector: Any, samples: Iterable[Observation], held: Hysteresis | None = None, *, restarts: bool = False, **options: Any
) -> tuple[Hysteresis, list[Turn]]:
    """`restarts`: after each sample the memory goes through the store's text, as over a restart."""
    kind: Detector = detector
    fitted = kind.Options.model_validate(options)
    now = held or Hysteresis()
    turns: list[Turn] = []
    for one in samples:
        before, now = now, kind.step(now, one, fitted)
        if (before.raised_since is None) != (now.raised_since is None):
            rose = now.raised_since is not None
            says = detector.says(now, one, fitted) if rose else ""
            turns.append(Turn(at=one.at, since=now.raised_since, says=says))
        if restarts:
            now = codec.from_text(Hysteresis, codec.to_text(Hysteresis, now))
    return now, turns


def bytes_of(held: Hysteresis, options: Mapping[str, Any] | None = None) -> int:
    return len(codec.to_text(Hysteresis, held))
