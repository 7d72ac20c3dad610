"""Callbacks: how a provider's reports over HTTP about what became of our messages are known to be its own.

Does not belong here: how a signature is proven and a report is read (exchange/callback.py), what a report says (returned.py).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ROOM: Final = "/returns/"
"""Where on the hub reports arrive: this and the channel's name."""
ABOUT: Final = "about"
"""Names the delivery in the address that a provider is told for one message."""


class Signed(StrEnum):
    """The manners of signing that we know."""

    STANDARD = "standard"
    """As the Standard Webhooks have it, over id, time and body."""
    TWILIO = "twilio"
    """As Twilio does it, over the address and the fields of the form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callbacks:
    """What the reports of one channel are proven by. Any of `keys` will do: a secret is changed while both are good."""

    signed: Signed
    keys: tuple[bytes, ...] = field(repr=False)
    url: str = ""
    """Under what address the provider reaches this hub, where that is not the installation's `url`."""
    is_told: bool = False
    """Whether each message tells the provider where to report: `connect` takes the address as `back`."""

    def back(self, channel: str, url: str) -> str:
        """The address that reports of `channel` are posted to; `url` is the installation's."""
        return f"{(self.url or url).rstrip('/')}{ROOM}{channel}"
