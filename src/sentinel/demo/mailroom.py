"""The mailroom: a real SMTP server on loopback that keeps all it is given and delivers none of it.

Belongs here: receiving, keeping, finding and waiting for mail, and going wrong on purpose (mishap.py). Does not belong here:
how a mail is read (received.py) or shown (reading.py).

As a real relay does, it takes a message at its final dot whether or not the sender still listens; only a `DROP` or a refusal
at that step makes it lose one.
"""

import asyncio
import socket
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import AnyStr, Final, TypeAlias

from aiosmtpd.smtp import SMTP, Envelope, Session

from sentinel.demo.change import Change
from sentinel.demo.door import Door
from sentinel.demo.mishap import Answer, Drop, Hook, Moment, Refuse, Step, nothing
from sentinel.demo.received import Received

LARGEST: Final = 10 * 1024 * 1024
_Taking: TypeAlias = asyncio.Task[tuple[Received | None, Answer]]


class Mailroom:
    """`port` is known from the start, `hook` may be changed at any time. All of it runs in the loop that called `start`."""

    def __init__(
        self, *, port: int = 0, hook: Hook = nothing, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.hook = hook
        self.reached: Counter[Step] = Counter()
        """How often each step was reached."""
        self._door = Door(port)
        self._clock = clock
        self._received: list[Received] = []
        self._inboxes: defaultdict[str, list[Received]] = defaultdict(list)
        self._sessions = 0
        self._open: dict[int, asyncio.Transport] = {}
        self._taking: set[_Taking] = set()
        self._changed = Change()

    @property
    def port(self) -> int:
        return self._door.number

    @property
    def connections(self) -> int:
        """How many stand now."""
        return len(self._open)

    @property
    def received(self) -> tuple[Received, ...]:
        """Every mail, in order of arrival."""
        return tuple(self._received)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Everybody who got mail, sorted."""
        return tuple(sorted(self._inboxes))

    def inbox(self, address: str) -> tuple[Received, ...]:
        """What one address got, oldest first. Upper and lower case are alike."""
        return tuple(self._inboxes.get(address.lower(), ()))

    def find(self, number: int) -> Received | None:
        """The mail with that number."""
        return self._received[number - 1] if 0 < number <= len(self._received) else None

    async def start(self) -> None:
        """Begin to listen."""
        self.open()

    def open(self) -> None:
        """Listen (again)."""
        self._door.open(self._welcome)

    def shut(self, *, hang_up: bool = True) -> None:
        """Refuse connections; with `hang_up` cut those that stand too. The port stays ours until `stop`."""
        self._door.shut()
        if hang_up:
            for transport in list(self._open.values()):
                transport.abort()

    async def stop(self) -> None:
        """Hang up on everybody and give the port back. What was received stays readable."""
        self.shut()
        await asyncio.gather(*self._taking, return_exceptions=True)
        await self._door.close()

    async def until(self, what: Callable[["Mailroom"], bool], seconds: float = 10.0) -> None:
        """Wait until `what(mailroom)` is true, asked when a mail arrives or a connection ends.

        TimeoutError after `seconds`.
        """
        await self._changed.until(lambda: what(self), seconds)

    async def _welcome(self, guest: socket.socket) -> None:
        self._sessions += 1
        session = _Conversation(self, self._sessions)
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: session, guest)
        self._open[session.number] = transport

    def _left(self, session: int) -> None:
        self._open.pop(session, None)
        self._changed.happened()

    async def _ask(self, moment: Moment) -> Answer:
        self.reached[moment.step] += 1
        return await self.hook(moment)

    async def _take(self, session: int, envelope: Envelope) -> tuple[Received | None, Answer]:
        """From the final dot to just before the reply: what was kept, if it was, and what to answer."""
        about = {"sender": envelope.mail_from or "", "recipient": envelope.rcpt_tos[-1]}
        answer = await self._ask(Moment(step=Step.ARRIVED, session=session, about=about))
        if answer is not None:
            return None, answer
        received = self._keep(session, envelope)
        self._changed.happened()
        return received, await self._ask(Moment(step=Step.TAKEN, session=session, number=received.number, about=about))

    def _keep(self, session: int, envelope: Envelope) -> Received:
        received = Received(
            number=len(self._received) + 1,
            session=session,
            arrived_at=self._clock(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content or b"",
        )
        self._received.append(received)
        for recipient in dict.fromkeys(each.lower() for each in received.recipients):
            self._inboxes[recipient].append(received)
        return received

    def _begin_taking(self, session: int, envelope: Envelope) -> _Taking:
        """A task of the room, not of the conversation: it goes on when the sender is gone."""
        task = asyncio.get_running_loop().create_task(self._take(session, envelope))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        return task


class _Steps:
    """The handler that aiosmtpd asks, one a connection. A reply that it returns is sent as it is."""

    def __init__(self, room: Mailroom, session: int) -> None:
        self._room = room
        self._session = session

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """aiosmtpd reads commands one after the other from its buffer, as RFC 2920 asks, but does not say so."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: "_Conversation", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await server.ask(Step.MAIL, sender=address)
        if refusal is not None:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: "_Conversation", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await server.ask(Step.RCPT, sender=envelope.mail_from or "", recipient=address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "_Conversation", session: Session, envelope: Envelope) -> str:  # noqa: N802
        server.taken, answer = await asyncio.shield(self._room._begin_taking(self._session, envelope))
        refusal = server.carry_out(answer)
        if refusal is not None:
            return refusal
        return "250 2.0.0 OK, kept"


class _Conversation(SMTP):
    """One connection: aiosmtpd's, with a hook at the steps where aiosmtpd has none."""

    def __init__(self, room: Mailroom, number: int) -> None:
        super().__init__(
            _Steps(room, number),
            hostname="mailroom.example",  # else aiosmtpd asks the resolver for it, at each connection
            ident="mailroom",
            enable_SMTPUTF8=True,
            data_size_limit=LARGEST,
            loop=asyncio.get_running_loop(),
        )
        self.number = number
        self.taken: Received | None = None
        self._room = room

    def connection_lost(self, error: Exception | None) -> None:
        self._room._left(self.number)
        super().connection_lost(error)

    async def ask(self, step: Step, taken: int = 0, **about: str) -> str | None:
        """The hook's answer as a reply line; None: go on."""
        return self.carry_out(await self._room._ask(Moment(step=step, session=self.number, number=taken, about=about)))

    def carry_out(self, answer: Answer) -> str | None:
        """Cut the connection, or put a refusal into SMTP's words."""
        if isinstance(answer, Drop):
            if isinstance(self.transport, asyncio.Transport):
                self.transport.abort()
            raise asyncio.CancelledError  # ends the conversation's task, as the loss of the connection would
        return f"{answer.code} {answer.text}" if isinstance(answer, Refuse) else None

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        code = status[:3] if isinstance(status, bytes) else status[:3].encode()
        if code == b"421" and self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        refusal = await self.ask(Step.CONNECT)
        if refusal is not None:
            await self.push(refusal)
            self._writer.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        ready = self.envelope is not None and bool(self.envelope.rcpt_tos) and not arg
        refusal = await self.ask(Step.DATA, recipient=self.envelope.rcpt_tos[-1]) if ready and self.envelope else None
        if refusal is not None:
            await self.push(refusal)
            return
        self.taken = None
        await super().smtp_DATA(arg)
        if self.taken is not None:
            await self.ask(Step.REPLIED, self.taken.number, recipient=self.taken.recipients[-1])
