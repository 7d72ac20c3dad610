"""Inlet: what every way in for mail does with a mail: read it, and have written down what it reports.

Belongs here: whose return path an address is, by the world in force. Does not belong here: how mail gets here (lmtp.py,
mailbox.py), what it says (exchange/returned.py).
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from sentinel.deliver import verp
from sentinel.exchange import returned
from sentinel.exchange.returned import Named
from sentinel.model.returned import Returned, Unused, Ways
from sentinel.run.returns import Returns
from sentinel.run.world import World

WITHIN: Final = 20.0
"""Seconds that writing a report down may take; then it is to come again."""

log = logging.getLogger(__name__)


class House(Protocol):
    """What mail comes back to."""

    @property
    def world(self) -> World: ...


class Inlet:
    """Takes mails for `house`."""

    def __init__(self, house: House, returns: Returns) -> None:
        self._house = house
        self._returns = returns

    @property
    def ways(self) -> Ways:
        return self._house.world.installation.returns

    def signed(self, address: str) -> Named | None:
        """Which delivery an address was made for."""
        return verp.read(address, self._house.world.unsubscribe_key)

    def is_ours(self, address: str) -> bool:
        """Whether it is a mailbox for bounces as it stands in the files: mail to it is taken, and counts for nobody."""
        channels = self._house.world.installation.channels.values()
        mailboxes = {str(getattr(each.options, "bounces", None) or "").lower() for each in channels}
        return bool(address) and address.lower() in mailboxes

    async def take(self, raw: bytes, recipients: Sequence[str] = ()) -> None:
        """Returns once what the mail reports is on disk. Raises Overrun, StoreTrouble, TimeoutError: it is to come again."""
        found = self._read(raw, recipients)
        if isinstance(found, Unused):
            self._returns.pass_over(found)
            return
        async with asyncio.timeout(WITHIN):
            await self._returns.take([found])

    async def take_all(self, mails: Sequence[bytes]) -> None:
        """The same for several, in one transaction."""
        read = [self._read(raw, ()) for raw in mails]
        for found in read:
            if isinstance(found, Unused):
                self._returns.pass_over(found)
        async with asyncio.timeout(WITHIN):
            await self._returns.take([each for each in read if isinstance(each, Returned)])

    def _read(self, raw: bytes, recipients: Sequence[str]) -> Returned | Unused:
        try:
            return returned.read(raw, recipients, self.signed)
        except Exception as error:  # noqa: BLE001 - a mail that breaks us must stop no other one, and never comes to an end itself
            log.error("a mail that came back cannot be read: %s", type(error).__name__)
            return Unused.UNREADABLE
