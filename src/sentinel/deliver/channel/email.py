"""The channel `email`: mail by SMTP, to customers one by one and to a desk.

A mail is armed after the server took sender and recipient and before DATA. Until the first byte of the body has been written
a failure is known to have sent nothing; afterwards only the server's reply to the final dot says what became of it. That
reply is waited for as long as RFC 5321 asks (10 minutes): giving up sooner is what makes duplicates (RFC 1047).
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sentinel.deliver import mime, smtpreply, staffmail, verp
from sentinel.deliver.outcome import Down, NotArmed, Outcome
from sentinel.deliver.smtpline import Line
from sentinel.deliver.unsubscribe import token
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.guard import Networks
from sentinel.model.message import Letter, Message, Wording
from sentinel.model.notice import Towards
from sentinel.model.secret import Secret
from sentinel.model.web import split

_PREPARED_MOST: Final = 32
_PORTS: Final = {"smtp": 25, "smtps": 465}
_LOCAL_MOST: Final = 30
"""Letters before the @ of the mailbox for bounces: with a token behind them, 64 must do."""
Arm = Callable[[], Awaitable[bool]]


class Options(BaseModel):
    """How mail leaves."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True, use_attribute_docstrings=True
    )

    server: str
    """smtp://host:port, or smtps://host:port for TLS from the start."""
    from_: str = Field(alias="from")
    """Who it comes from: Name <address>."""
    to: str | None = None
    """For staff: whom the desk's mail goes to. Customers' mail goes to the customers."""
    reply_to: str | None = None
    """Where answers go, if not to `from`."""
    bounces: str | None = None
    """For customers: a mailbox whose `+anything` comes to it too; what cannot be delivered is sent back there."""
    unsubscribe: str | None = None
    """The https address at which a customer says "no more"; their token is added to it."""
    user: str | None = None
    """The login."""
    password: Secret | None = None
    """A reference."""
    starttls: bool | None = None
    """Insist on TLS (the default, except on this machine itself); false allows mail in the clear."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=60)
    """How long to wait for the server before it has the message."""
    reply_timeout: timedelta = timedelta(minutes=10)
    """How long to wait for the reply to a message. Shorter than RFC 5321's 10 minutes makes duplicates likelier."""

    @field_validator("server")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        url = split(value)
        if url.scheme not in _PORTS or not url.hostname or url.path.strip("/") or url.username or url.password:
            raise ValueError("write it like smtp://host:25 or smtps://host:465; the login goes under user and password")
        return value

    @field_validator("from_", "to", "reply_to")
    @classmethod
    def _is_a_mailbox(cls, value: str | None) -> str | None:
        if value is not None:
            mime.split_mailbox(value)
        return value

    @field_validator("bounces")
    @classmethod
    def _is_bare(cls, value: str | None) -> str | None:
        if value is not None and (mime.wrong_with_address(value) or len(value.partition("@")[0]) > _LOCAL_MOST):
            raise ValueError(f"write a bare address like bounces@example.com, at most {_LOCAL_MOST} letters before the @")
        return value

    @field_validator("unsubscribe")
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith("https://") or mime.unfit(value) or not value.isascii()):
            raise ValueError("mail programs take only an https:// address for this (RFC 8058)")
        return value

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        url = urlsplit(self.server)
        return url.port or _PORTS[url.scheme]

    @property
    def is_tls(self) -> bool:
        return urlsplit(self.server).scheme == "smtps"

    @property
    def must_start_tls(self) -> bool:
        local = self.host in ("127.0.0.1", "::1", "localhost")
        return not self.is_tls and (not local if self.starttls is None else self.starttls)


def reaches(options: Options) -> frozenset[Towards]:
    """A customer's mail goes to the customer's address; the desk's goes to the one that is written here."""
    return frozenset({Towards.CUSTOMERS} if options.to is None else Towards)


class MailConnection:
    """One kept connection to the server, opened when it is first needed and again when it was lost."""

    def __init__(self, options: Options, secret: bytes, now: Callable[[], datetime]) -> None:
        name, address = mime.split_mailbox(options.from_)
        reply_to = mime.split_mailbox(options.reply_to)[1] if options.reply_to else ""
        self._sender = mime.Sender(name=name, address=address, reply_to=reply_to, stop_url=options.unsubscribe or "")
        self._options = options
        self._secret = secret
        self._now = now
        self._line: Line | None = None
        self._prepared: dict[Wording, mime.Prepared] = {}
        self._timeout = options.timeout.total_seconds()
        self._address = address
        self._date = (0, b"")

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Send one mail to one recipient; `arm` is asked after RCPT and before DATA."""
        made = self._make(message)
        if isinstance(made, Failed):
            return made
        recipient, mail = made
        failed = await self._addressed(self._return_path(message), recipient)
        if failed is not None:
            return failed
        if not await arm():
            await self._forget()
            return NotArmed()
        return await self._transfer(mail)

    async def close(self) -> None:
        """Say goodbye, briefly."""
        line = self._line
        if line is not None and line.is_open:
            with suppress(SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    line.say("QUIT")
                    while line.owes:
                        await line.reply()
        self._hang_up()

    # The message

    def _return_path(self, message: Message) -> str:
        """Where what cannot be delivered comes back to: for a letter, an address that names its delivery."""
        bounces = self._options.bounces
        if bounces is None or not isinstance(message, Letter):
            return self._address
        return verp.address(bounces, message.delivery, message.key, self._secret) if message.delivery else bounces

    def _make(self, message: Message) -> tuple[str, bytes] | Failed:
        """(recipient, the whole mail), or why it cannot be made."""
        if isinstance(message, Letter):
            return self._letter(message)
        if self._options.to is None:
            return Failed(reason="this channel has no `to`, so it can send nothing to staff", permanent=True)
        to = mime.split_mailbox(self._options.to)
        return to[1], staffmail.build(message, self._sender, to, self._now())

    def _letter(self, letter: Letter) -> tuple[str, bytes] | Failed:
        wrong = mime.wrong_with_address(letter.address) or mime.wrong_with_name(letter.name)
        if wrong:
            return Failed(reason=wrong, permanent=True)
        prepared = self._prepared.get(letter.wording)
        if prepared is None:
            if mime.unfit(letter.wording.subject) or mime.unfit(letter.wording.language):
                return Failed(reason="the subject holds a control character", permanent=True)
            if len(self._prepared) >= _PREPARED_MOST:
                self._prepared.clear()
            prepared = self._prepared[letter.wording] = mime.prepare(letter.wording, self._sender)
        return letter.address, mime.fill(prepared, letter, token(self._secret, letter.person), self._today())

    def _today(self) -> bytes:
        now = self._now()
        second = int(now.timestamp())
        if second != self._date[0]:
            self._date = (second, mime.date_line(now))
        return self._date[1]

    # The conversation

    async def _addressed(self, sender: str, recipient: str) -> Failed | None:
        """MAIL and RCPT, on an open connection. A kept one may have been hung up on since: then once more on a fresh one."""
        kept = self._line is not None and self._line.is_open
        failed = await self._envelope(sender, recipient)
        if kept and isinstance(failed, Down):
            return await self._envelope(sender, recipient)
        return failed

    async def _envelope(self, sender: str, recipient: str) -> Failed | None:
        commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>")
        try:
            line = await self._open()
            async with asyncio.timeout(self._timeout):
                if line.pipelines:
                    line.say(*commands)
                for command, refusal in zip(commands, (smtpreply.sender_refused, smtpreply.recipient_refused), strict=True):
                    if not line.pipelines:
                        line.say(command)
                    reply = await line.reply()
                    if not 200 <= reply.code < 300:
                        return await self._refused(reply, refusal(reply))
        except (SMTPException, OSError, TimeoutError, ssl.SSLError, ValueError) as error:
            self._hang_up()
            return smtpreply.broke(error)
        return None

    async def _transfer(self, mail: bytes) -> Outcome:
        """DATA, the body, and the reply to the final dot. The row is armed."""
        line = self._line
        try:
            if line is None:
                return Down(reason="the connection was lost")
            async with asyncio.timeout(self._timeout):
                line.say("DATA")
                reply = await line.reply()
            if reply.code != 354:
                return await self._refused(reply, smtpreply.refused(reply))
            line.give(mail)
        except (SMTPException, OSError, TimeoutError) as error:
            self._hang_up()
            return smtpreply.broke(error)
        try:
            async with asyncio.timeout(self._options.reply_timeout.total_seconds()):
                reply = await line.reply()
        except (SMTPException, OSError, TimeoutError) as error:
            self._hang_up()
            return Unknown(reason=smtpreply.reason(error))
        if 200 <= reply.code < 300:
            return Accepted(ref=reply.message)
        if not 400 <= reply.code < 600:
            self._hang_up()
            return Unknown(reason=smtpreply.said(reply))
        if reply.code == 421:
            self._hang_up()
        return smtpreply.refused(reply)

    async def _refused(self, reply: SMTPResponse, failed: Failed) -> Failed:
        if reply.code == 421 or not 400 <= reply.code < 600:  # it hangs up, or its replies are no answers to what we say
            self._hang_up()
        await self._forget()
        return failed

    async def _forget(self) -> None:
        """Drop the envelope, so that the next one starts clean. What was sent with the command that was refused is answered
        before that."""
        line = self._line
        if line is None:
            return
        try:
            async with asyncio.timeout(self._timeout):
                line.say("RSET")
                while line.owes:
                    reply = await line.reply()
            if not 200 <= reply.code < 300:
                self._hang_up()
        except (SMTPException, OSError, TimeoutError):
            self._hang_up()

    async def _open(self) -> Line:
        if self._line is None or not self._line.is_open:
            client = self._new_client()
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            self._line = Line.take_over(client)
        return self._line

    def _new_client(self) -> SMTP:
        options = self._options
        context = ssl.create_default_context(cafile=options.ca_file) if options.is_tls or options.must_start_tls else None
        return SMTP(
            hostname=options.host,
            port=options.port,
            username=options.user,
            password=options.password.reveal() if options.password is not None else None,
            local_hostname=self._sender.domain,
            timeout=self._timeout,
            use_tls=options.is_tls,
            start_tls=options.must_start_tls,
            tls_context=context,
        )

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.hang_up()


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> MailConnection:
    """A connection that opens itself when it is first used. `secret` signs the unsubscribe tokens."""
    return MailConnection(options, secret, now)
