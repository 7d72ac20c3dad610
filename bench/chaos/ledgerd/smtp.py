"""SMTP as a relay speaks it (RFC 5321, pipelining), with every step of the conversation open to a snare.

Belongs here: the conversation. Does not belong here: what is done at a step (snare.py), the file (keep.py).
"""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Final

from bench.chaos.ledgerd.keep import Book, Taken
from bench.chaos.ledgerd.snare import DROP, Moment, Will
from bench.chaos.steps import Step

LARGEST: Final = 1024 * 1024
STAFF: Final = "sentinel@"
"""How the sender of the desk's mail begins in the demo's world."""
_PATH: Final = re.compile(rb"<([^>]*)>")


class Gone(Exception):
    """The connection is cut, by them or by us."""


@dataclass(slots=True)
class _Envelope:
    sender: str = ""
    to: str = ""

    @property
    def lane(self) -> str:
        return "" if not self.sender else "staff" if self.sender.startswith(STAFF) else "customers"


class Relay:
    """One listening relay. `serve` is asyncio's client callback."""

    def __init__(self, book: Book, will: Will) -> None:
        self._book = book
        self._will = will
        self._sessions = 0
        self.standing = 0
        """Connections at this moment."""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._sessions += 1
        self.standing += 1
        talk = _Talk(self._book, self._will, reader, writer, self._sessions)
        try:
            await talk.go()
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.standing -= 1
            writer.transport.abort()


class _Talk:
    def __init__(self, book: Book, will: Will, reader: StreamReader, writer: StreamWriter, session: int) -> None:
        self._book, self._will = book, will
        self._reader, self._writer = reader, writer
        self._session = session
        self._port: int = writer.get_extra_info("peername")[1]
        self._envelope = _Envelope()

    async def go(self) -> None:
        await self._at(Step.CONNECT)
        self._say(b"220 ledgerd ESMTP")
        while True:
            await self._writer.drain()
            line = (await self._reader.readuntil(b"\n")).strip()
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say(b"221 bye")
                await self._writer.drain()
                return
            await self._answer(verb, line)

    async def _answer(self, verb: bytes, line: bytes) -> None:
        match verb:
            case b"EHLO" | b"HELO":
                await self._at(Step.EHLO)
                self._say(b"250-ledgerd\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")
            case b"MAIL":
                self._envelope = _Envelope(sender=_path(line))
                await self._at(Step.MAIL)
                self._say(b"250 ok")
            case b"RCPT":
                await self._recipient(line)
            case b"DATA":
                await self._at(Step.DATA)
                self._say(b"354 go on")
                await self._writer.drain()
                await self._body()
            case b"RSET":
                self._envelope = _Envelope()
                self._say(b"250 ok")
            case b"NOOP":
                self._say(b"250 ok")
            case _:
                self._say(b"500 what?")

    async def _recipient(self, line: bytes) -> None:
        self._envelope.to = _path(line).lower()
        moment = await self._at(Step.RCPT)
        code = self._will.refusal(moment)
        if code:
            self._keep(refused=code)
            self._say(f"{code} not this one".encode())
            if code == 421:
                await self._writer.drain()
                raise Gone
            return
        self._say(b"250 ok")

    async def _body(self) -> None:
        first = await self._reader.read(128)
        if not first:
            raise Gone
        await self._at(Step.BODY)
        mail = await self._until_dot(first)
        head = message_from_bytes(mail, policy=policy.default)
        own, subject = str(head["Message-ID"] or "").strip(), str(head["Subject"] or "")
        await self._at(Step.DOT, own)
        self._keep(own, subject)
        await self._at(Step.KEPT, own)
        await self._will.think(self._envelope.to)
        self._say(b"250 taken")
        await self._writer.drain()
        await self._at(Step.REPLIED, own)
        self._envelope = _Envelope()

    async def _until_dot(self, mail: bytes) -> bytes:
        while not mail.endswith(b"\r\n.\r\n"):
            more = await self._reader.read(65536)
            if not more or len(mail) > LARGEST:
                raise Gone
            mail += more
        return mail

    async def _at(self, step: Step, own: str = "") -> Moment:
        about = self._envelope
        moment = Moment(step=step, by="smtp", port=self._port, lane=about.lane, to=about.to, id=own)
        if await self._will.at(moment) == DROP:
            raise Gone
        return moment

    def _keep(self, own: str = "", subject: str = "", refused: int = 0) -> None:
        about = self._envelope
        line = Taken(
            by="smtp", to=about.to, id=own, subject=subject, sender=about.sender, refused=refused, session=self._session
        )
        self._book.keep(line)

    def _say(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")


def _path(line: bytes) -> str:
    found = _PATH.search(line)
    return found.group(1).decode("utf-8", "replace") if found else ""
