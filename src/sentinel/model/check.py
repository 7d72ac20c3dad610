"""Check: one way to look at a service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sentinel.model.observation import Verdict

PUSHED = frozenset({"heartbeat", "value"})
"""Kinds that no prober looks at: what they watch reports to us."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check of `checks/`.

    `id` is service.name (`payments.card-form`). `kind` is the probe kind, `options` its own options and `up`, `healthy`,
    `calm` its assertions, each as plain JSON-able data validated at load (they travel over the probe protocol).
    `means` maps a failing verdict to a Statement id; without it customers are never told on this check's word.
    `detectors`: detector kind → its validated options (`outage`, `slow`), plain data too.
    """

    id: str
    service: str
    kind: str
    options: Mapping[str, Any]
    every: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=10)
    confirm: tuple[timedelta, ...] = ()
    """Offsets from a sample that changed the verdict at which it is probed again."""
    up: Mapping[str, Any] = field(default_factory=dict)
    healthy: Mapping[str, Any] = field(default_factory=dict)
    calm: Mapping[str, Any] = field(default_factory=dict)
    means: Mapping[Verdict, str] = field(default_factory=dict)
    detectors: Mapping[str, Any] = field(default_factory=dict)
    warns: tuple[str, ...] = ()
    """Those of its detectors that only warn staff, though by themselves they may open an incident."""
    places: tuple[str, ...] = ()
    """From where it is looked at; empty: from everywhere."""

    @property
    def is_pushed(self) -> bool:
        return self.kind in PUSHED
