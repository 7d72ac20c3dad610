"""A stage that a starved machine does not shake: its services answer late, and no probe takes that for an outage."""

from collections.abc import Mapping
from typing import Any, Final

from sentinel.demo.world import laid_over

_STEADY: Final = {"defaults": {"timeout": "60s", "detect": {"slow": {"persistence": "10m"}}}}


def steady(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`overrides` of a stage, with time enough for each sample; what refuses or answers wrongly is down as soon as ever."""
    return laid_over(_STEADY, overrides or {})
