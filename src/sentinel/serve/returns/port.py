"""What the hub is asked for where providers report back.

Belongs here: the record of an answer and the part of the port that gives it. Does not belong here: how a report is proven and
read (exchange/callback.py).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Heard(StrEnum):
    """What became of a request with reports."""

    STORED = "stored"
    """They are on disk, or told us nothing that we keep."""
    UNKNOWN = "unknown"
    """There is no such channel, or its provider does not report over HTTP."""
    UNPROVEN = "unproven"
    """Not signed by a secret of the channel, or signed too long ago. Nothing was changed."""
    UNREADABLE = "unreadable"
    """Signed, and no report that can be read. Nothing was changed."""
    BUSY = "busy"
    """More than can be stored at this moment. Nothing was changed: it is to come again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`why` is in words of our own. `reports` counts what was in the request, `unknown` those that name no delivery of ours."""

    heard: Heard
    why: str = ""
    reports: int = 0
    unknown: int = 0


class ReturnsPort(Protocol):
    """Part of serve.port.Hub."""

    async def take_reports(self, channel: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """One request to `/returns/<channel>`. STORED means on disk (P2). `query` is as it was sent, without the "?"."""
        ...
