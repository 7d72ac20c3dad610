"""LMTP: where our own mail server hands us what came back (RFC 2033).

Belongs here: that we listen where the configuration says. Does not belong here: the conversation (lmtptalk.py), what a mail
says (exchange/returned.py), what it changes (store/returns.py).

Who may connect is a matter of the address: anybody who can may hand in a mail, and none counts without a token that we signed.
"""

import asyncio
import logging
from typing import Final

from sentinel.run.inlet import Inlet

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the configuration."""

log = logging.getLogger(__name__)


class Receiver:
    """Listens where the configuration in force says."""

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self._server: asyncio.Server | None = None
        self._at = ""
        self._open: set[asyncio.BaseTransport] = set()
        self.why = ""
        """Why it does not listen although it should."""

    @property
    def port(self) -> int | None:
        """Where it listens now."""
        return None if self._server is None or not self._server.sockets else int(self._server.sockets[0].getsockname()[1])

    async def run(self) -> None:
        """Until cancelled."""
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes down each command, addresses and all
        try:
            while True:
                await self._follow(self._inlet.ways.lmtp)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self._close()

    async def _follow(self, wanted: str) -> None:
        if wanted == self._at and (self._server is not None or not wanted):
            return
        self._close()
        before, self._at = self.why, wanted
        if not wanted:
            self.why = ""
            return
        host, _, port = wanted.rpartition(":")
        try:
            self._server = await asyncio.get_running_loop().create_server(self._welcome, host.strip("[]"), int(port))
        except OSError as error:
            why = f"{wanted} cannot be had ({error.strerror})"
            if why != before:
                log.error("bounces cannot be taken by LMTP: %s", why)
            self.why = why
        else:
            self.why = ""

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in list(self._open):
            transport.close()

    def _welcome(self) -> asyncio.Protocol:
        from sentinel.run.lmtptalk import Conversation  # a megabyte that only those need who are handed mail

        return Conversation(self._inlet, self._open)
