"""Observations at given seconds, for the tests of this room."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sentinel.model.observation import Observation, SampleKind, Verdict

NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
UP, DEGRADED, DOWN, UNKNOWN = Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sample(seconds: float, verdict: Verdict, reason: str = "") -> Observation:
    return Observation(
        check="payments.card-form",
        place="head-office",
        at=at(seconds),
        sample=SampleKind.SCHEDULED,
        verdict=verdict,
        reason=reason,
    )


def samples(told: Iterable[tuple[float, Verdict]]) -> list[Observation]:
    return [sample(seconds, verdict) for seconds, verdict in told]
