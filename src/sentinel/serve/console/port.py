"""What the hub is asked for by the console beside serve.port: what one person received, and finding their delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sentinel.model.delivery import Delivery, State
from sentinel.model.notice import Brief, Notice
from sentinel.serve.port.incident import DeliveryPage


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One delivery with the very words that it carries, its slots filled for its person.

    `subject` and `text` are what its channel sends (a text message has no subject); empty while nothing is approved. `brief`:
    for a notice to staff, what they were told. `moves`: what is known of its way, oldest first.
    """

    delivery: Delivery
    notice: Notice
    subject: str = ""
    text: str = ""
    short: str = ""
    brief: Brief | None = None
    moves: tuple[tuple[datetime, str], ...] = ()
    ref: str = ""
    is_unwritten: bool = False
    """Whether its address is written to no more by its channel."""


class ConsolePort(Protocol):
    """Part of serve.port.Hub."""

    async def received(self, delivery: int) -> Received | None: ...

    async def find_deliveries(
        self, notice: int, text: str, state: State | None, limit: int, *, bounced: bool = False
    ) -> DeliveryPage:
        """Those of a notice whose person, name or address holds `text`, whatever its case; at most `limit`."""
        ...
