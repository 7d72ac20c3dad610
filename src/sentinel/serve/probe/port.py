"""What the hub is asked for where a scraper wants a sample.

Belongs here: the record of an answer and the part of the port that gives it. Does not belong here: what it is called in a
scrape (exposition.py), how it is had (run/scraped.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sentinel.model.observation import Fact


class NotProbed(StrEnum):
    """Why there is no sample."""

    UNKNOWN = "unknown"
    """There is no such module."""
    UNFIT = "unfit"
    """What the module asks of this target cannot be looked at."""
    BUSY = "busy"
    """Too many samples are under way."""
    BROKEN = "broken"
    """Our own prober does not answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """One sample. `seconds`: all of it; `within`: what it had. `failed`: the assertions that did not hold, in words.
    `first_expiry`: when the first certificate of the chain runs out (Unix time)."""

    kind: str
    success: bool
    seconds: float
    within: float
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    first_expiry: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """`said`: in words of our own."""

    why: NotProbed
    said: str


class ProbePort(Protocol):
    """Part of serve.port.Hub."""

    async def probe_for(self, module: str, target: str, hostname: str, within: float | None) -> Probed | Refusal:
        """One sample of `target` as `module` has it, now. It is kept nowhere. `within`: seconds that the scraper leaves."""
        ...
