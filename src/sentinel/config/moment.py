"""Moments: the instants of a test, written as a time after its start (`6m`) or on the installation's clock (`10:06`)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.config.problem import Problems, quoted
from sentinel.config.scalar import duration
from sentinel.config.tree import Node, Scalar

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_START: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(:\d\d)?)")
_PARTS: Final = re.compile(r"([0-9]{1,9}(?:ms|s|m|h|d))")


def written_start(node: Node | None, zone: ZoneInfo, problems: Problems) -> datetime | None:
    """When a test begins; None where it does not say so, or not in a way that can be read."""
    if not isinstance(node, Scalar) or not node.word:
        return None
    found = _START.fullmatch(node.word)
    try:
        if found:
            return datetime.fromisoformat(f"{found[1]} {found[2]}").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        pass
    problems.add(node, f"{quoted(node.word)} is no instant", "write it like 2026-11-20 10:00")
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """`ends`: when the last sample is over."""

    start: datetime
    ends: datetime
    zone: ZoneInfo
    problems: Problems

    def read(self, node: Node | None) -> datetime | None:
        """The instant that is written; None where none is, what is wrong noted."""
        if not isinstance(node, Scalar):
            return None
        after = _length(node.word)
        if after is not None:
            return self.start + after
        if found := _CLOCK.fullmatch(node.word):
            return self._on_the_clock(int(found[1]), int(found[2]), int(found[3] or 0))
        self.problems.add(node, f"{quoted(node.word)} is no time", "write it like 6m after the start, or 10:06")
        return None

    def at(self, node: Node | None) -> datetime | None:
        """The instant at which something is expected: one up to which something was seen."""
        found = self.read(node)
        if found is not None and node is not None and found > self.ends:
            seen = int((self.ends - self.start).total_seconds())
            self.problems.add(node, f"the samples end {seen} s after the start, before this", "write more samples")
            return None
        return found

    def _on_the_clock(self, hour: int, minute: int, second: int) -> datetime:
        """The first such time from the start on."""
        local = self.start.astimezone(self.zone)
        found = local.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
        if found.astimezone(UTC) < self.start:
            found = (found.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=self.zone)
        return found.astimezone(UTC)


def _length(text: str) -> timedelta | None:
    """`6m`, `1h30m`, or `0`."""
    if text == "0":
        return timedelta(0)
    parts = _PARTS.findall(text)
    lengths = [duration(part) for part in parts]
    if not parts or "".join(parts) != text:
        return None
    return sum((length for length in lengths if length is not None), timedelta(0))
