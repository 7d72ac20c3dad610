"""One conversation by LMTP, one mail a transaction.

Belongs here: its steps, its bounds, and that 2xx comes only when the report is on disk. Does not belong here: who listens
(lmtp.py, which imports this when somebody connects), what a mail says (exchange/returned.py).
"""

import asyncio
import logging
from typing import Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from sentinel.exchange.returned import LONGEST
from sentinel.run.inlet import Inlet
from sentinel.run.returns import Overrun
from sentinel.store.trouble import StoreTrouble

CONNECTIONS_MOST: Final = 50
SILENT_MOST: Final = 60.0
"""Seconds that a client may say nothing."""
LINE_LONGEST: Final = 64 << 10
NO_SUCH: Final = "550 5.1.1 nobody was written to under this return path"
LATER: Final = "451 4.3.0 it cannot be written down now: come again"

log = logging.getLogger(__name__)


class _Steps:
    """What aiosmtpd asks. A reply that it returns is sent as it is."""

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # aiosmtpd takes the empty sender, which every bounce has, for none at all.
        envelope.mail_from = address or "<>"
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient a mail"  # each has a reply of its own in LMTP; a bounce has only one
        if self._inlet.signed(address) is None and not self._inlet.is_ours(address):
            return NO_SUCH
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: LMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        try:
            await self._inlet.take(raw, envelope.rcpt_tos)
        except (Overrun, StoreTrouble, TimeoutError):
            return LATER
        return "250 2.0.0 OK, written down"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever else breaks us: else it would be refused for good, in the words of the error."""
        log.error("a mail that came back could not be taken: %s", type(error).__name__)
        return LATER


class Conversation(LMTP):
    """One connection."""

    line_length_limit = LINE_LONGEST  # bounces of others' making hold longer lines than RFC 5321 allows

    def __init__(self, inlet: Inlet, others: set[asyncio.BaseTransport]) -> None:
        super().__init__(
            _Steps(inlet),
            hostname="sentinel.invalid",  # else aiosmtpd asks the resolver for it, at each connection
            ident="Sentinel LMTP",
            data_size_limit=LONGEST,
            timeout=SILENT_MOST,
            command_call_limit=1000,
            loop=asyncio.get_running_loop(),
        )
        self._others = others
        self._mine: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._others) >= CONNECTIONS_MOST and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 too many connections: come again\r\n")
            transport.close()
            return
        self._mine = transport
        self._others.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._mine is not None:
            self._others.discard(self._mine)
            super().connection_lost(error)
