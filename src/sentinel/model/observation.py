"""Observation: what one probe found. Never altered afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Fact: TypeAlias = str | int | float | bool | None


class Verdict(StrEnum):
    """`unknown` is trouble of our own: it opens nothing and closes nothing."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class SampleKind(StrEnum):
    """Only `scheduled` samples count in uptime, budgets, baselines and flapping."""

    SCHEDULED = "scheduled"
    CONFIRM = "confirm"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What one probe of `check` from `place` found.

    `at` is the hub's stamp of the sample's start (the hub's clock at receipt less the age that the prober sent).
    `source` and `sequence` say which prober sent it, as its how-manieth sample.
    """

    check: str
    place: str
    at: datetime
    sample: SampleKind
    verdict: Verdict
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    source: str = ""
    sequence: int = 0
