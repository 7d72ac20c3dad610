"""What the hub is asked for where other tools report.

Belongs here: the records of an answer and the part of the port that gives them. Does not belong here: how a request is proven
and read (exchange/), what an alert changes (detect/hook.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sentinel.model.hook import Became, Format, Refused


class Greeting(StrEnum):
    """What is known of a request before its body has come."""

    PROVEN = "proven"
    STRANGER = "stranger"
    """There is no such hook, or the credential is not the hook's: they are answered alike."""
    BY_BODY = "by_body"
    """It may be the hook's: the signature, or the routing key, is over or in the body."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What became of a request. `refused` None: it is on disk. `why` is in words of our own. `too_large`: more than is taken,
    of which staff have not heard yet. `key`: PagerDuty's dedup_key. `truncated`: alerts that the tool itself left out, or that
    were too many."""

    format: Format
    refused: Refused | None = None
    why: str = ""
    too_large: bool = False
    became: Mapping[Became, int] = field(default_factory=dict)
    truncated: int = 0
    key: str = ""


class HooksPort(Protocol):
    """Part of serve.port.Hub."""

    def greet_tool(self, hook: str, headers: Mapping[str, str]) -> Greeting:
        """From memory, before anything of the body is read."""
        ...

    def turned_away(self, why: Refused) -> None:
        """A request was refused before the hub was asked; for the figures."""
        ...

    async def too_large(self, hook: str) -> None:
        """A request that is the hook's was refused whole: the tool does not send it again, so staff hear of it."""
        ...

    async def take_alerts(self, hook: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """One request to `/hooks/<hook>`. Without `refused` it is on disk (P2)."""
        ...
