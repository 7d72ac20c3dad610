"""Smtpline: an open session with a mail server: commands, several at once where the server allows, and replies in their order.

Belongs here: lines and replies (RFC 5321, pipelining of RFC 2920). Does not belong here: connecting, TLS and the login, which
aiosmtplib does before it hands its session over; what is said, and what a reply means (channel/email.py, smtpreply.py).
"""

import asyncio
from collections import deque
from typing import Final, Self, cast

from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException, SMTPServerDisconnected

LONGEST: Final = 64 * 1024
"""Bytes of one reply; a server that says more is not understood."""
_NONSENSE: Final = 500


class Line(asyncio.Protocol):
    """One session, used by one message at a time. `pipelines`: the server takes several commands at once."""

    def __init__(self, transport: asyncio.Transport, *, pipelines: bool) -> None:
        self.pipelines = pipelines
        self._out = transport
        self._buffer = bytearray()
        self._owed = 0
        """Replies that the server has still to give. What it says beyond them answers nothing, and is thrown away."""
        self._replies: deque[SMTPResponse] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._broken: Exception | None = None

    @classmethod
    def take_over(cls, client: SMTP) -> Self:
        """The session that `client` has opened. Raises SMTPServerDisconnected where it is gone already."""
        transport = client.transport
        if transport is None or transport.is_closing():
            raise SMTPServerDisconnected("the connection was lost")
        line = cls(cast(asyncio.Transport, transport), pipelines=client.supports_extension("pipelining"))
        line._out.set_protocol(line)
        return line

    @property
    def is_open(self) -> bool:
        return self._broken is None and not self._out.is_closing()

    @property
    def owes(self) -> bool:
        """Whether there are replies still to come, or to be read."""
        return self._owed > 0 or bool(self._replies)

    def say(self, *commands: str) -> None:
        """Send commands, one reply owed for each. Raises SMTPServerDisconnected, and ValueError for one that is several."""
        self._need()
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("a command holds a line break")
        self._owed += len(commands)
        self._out.write("\r\n".join((*commands, "")).encode())

    def give(self, mail: bytes) -> None:
        """Send a message with its final dot; one reply is owed for it. Raises SMTPServerDisconnected.

        A line of it that begins with a dot gets one more (RFC 5321, 4.5.2): what follows a bare one would be read as commands.
        """
        self._need()
        self._owed += 1
        whole = (b"." + mail if mail.startswith(b".") else mail).replace(b"\r\n.", b"\r\n..")
        self._out.write(whole + (b".\r\n" if whole.endswith(b"\r\n") else b"\r\n.\r\n"))

    async def reply(self) -> SMTPResponse:
        """The next reply. Raises SMTPServerDisconnected and SMTPResponseException."""
        if not self._replies:
            if self._broken is not None:
                raise self._broken
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            if not self._replies:
                raise self._broken or SMTPServerDisconnected("the connection was lost")
        return self._replies.popleft()

    def hang_up(self) -> None:
        self._out.close()

    def _need(self) -> None:
        if not self.is_open:
            raise self._broken or SMTPServerDisconnected("the connection was lost")

    # What the connection says

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while self._owed and (reply := self._cut()) is not None:
                self._owed -= 1
                self._replies.append(reply)
        except SMTPResponseException as nonsense:
            self._break(nonsense)
            self._out.close()
        if not self._owed:
            self._buffer.clear()
        if self._replies:
            self._wake()

    def eof_received(self) -> bool:
        return False  # which closes our side too

    def connection_lost(self, exc: Exception | None) -> None:
        lost = SMTPServerDisconnected("the connection was lost")
        lost.__cause__ = exc
        self._break(lost)

    def _break(self, why: Exception) -> None:
        self._broken = self._broken or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _cut(self) -> SMTPResponse | None:
        """The first whole reply of what has come; None if there is none yet."""
        begin, said = 0, []
        while (end := self._buffer.find(b"\n", begin)) >= 0:
            line = bytes(self._buffer[begin:end])
            if not line[:3].isdigit():
                words = line[:200].decode(errors="replace")
                raise SMTPResponseException(_NONSENSE, f"a reply that is none: {words}")
            said.append(line[4:].strip())
            begin = end + 1
            if line[3:4] != b"-":
                del self._buffer[:begin]
                return SMTPResponse(int(line[:3]), b"\n".join(said).decode("utf-8", "surrogateescape"))
        if len(self._buffer) > LONGEST:
            raise SMTPResponseException(_NONSENSE, "a reply without an end")
        return None
