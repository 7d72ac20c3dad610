"""smtp: talks to a mail server as a sender would: its greeting, TLS, a login, a recipient, and if wished a whole message.

Lives in the `loop` child. Belongs here: its options, the steps, what a refusal means. Does not belong here: the protocol
(aiosmtplib's), sockets (reach.py), what is good (condition.py).
"""

import ssl
from asyncio import BaseTransport, WriteTransport
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Annotated, Any, Final, Literal, cast

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.probe import peer
from sentinel.probe.assertion import Conditions
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Seen
from sentinel.probe.option import HostOption, PortOption, host_and_port
from sentinel.probe.reach import Reach, tls_context
from sentinel.probe.trouble import ours, theirs

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "step": "text", "code": "number", "reply": "text", "banner": "text", "starttls_offered": "yes or no", **peer.FACTS,
    "ip": "text", "total_ms": "number", "dns_ms": "number", "connect_ms": "number", "banner_ms": "number",
    "hello_ms": "number", "tls_ms": "number", "login_ms": "number", "recipient_ms": "number", "message_ms": "number",
}  # fmt: skip
GOODBYE: Final = 1.0
"""Seconds that the server has to answer QUIT."""
REPLY_KEPT: Final = 300
"""Characters of a server's reply."""
_PORTS: Final = {"starttls": 587, "implicit": 465, "none": 25}

Address = Annotated[str, Field(max_length=254, pattern=r"^[!-;=?-~]+@[!-;=?-~]+$")]


class Options(BaseModel):
    """Whom to talk to, and how far. `host:port` stands for both."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    host: HostOption
    """A name or an address."""
    port: PortOption = 25
    """The port; left out: 587 with `tls: starttls`, 465 with `tls: implicit`."""
    tls: Literal["none", "starttls", "implicit"] = "none"
    """Whether the conversation is secured, after a greeting in the clear or from the beginning."""
    name: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")] = ""
    """The name that the certificate must be for; empty: the host."""
    verify: bool = True
    """Whether the certificate must be valid for the name."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    hello: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:\[\]-]+$")] = "sentinel.invalid"
    """How we introduce ourselves (EHLO)."""
    user: Annotated[str, Field(max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    """The account to log in with; empty: no login."""
    password: Secret | None = None
    """A reference to its password."""
    sender: Address | None = None
    """The address that the mail is from."""
    recipient: Address | None = None
    """The address that the mail is for: best one whose mail is thrown away."""
    stop_after: Literal["hello", "recipient", "message"] | None = None
    """How far to go; `message` sends one. Left out: to the recipient if there is one, else to the greeting and the login."""
    ends_with: Annotated[int, Field(ge=200, le=599)] | None = None
    """The code of the last reply, such as 550 for a recipient that must be refused; left out: nothing may be refused."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        value = host_and_port(value, 25)
        if isinstance(value, dict) and "port" not in value and value.get("tls") in _PORTS:
            return {**value, "port": _PORTS[value["tls"]]}
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Options":
        if bool(self.user) != (self.password is not None):
            raise ValueError("a login takes both `user` and `password`")
        if self.user and self.tls == "none":
            raise ValueError("a password is sent over TLS only: write `tls: starttls` or `tls: implicit`")
        if (self.stop_after in ("recipient", "message") or self.recipient) and not (self.sender and self.recipient):
            raise ValueError("to go as far as a recipient, say `sender` and `recipient`")
        return self


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a reply that refuses is down by itself, unless `ends_with` says that it must."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One conversation, ended by QUIT or, where it broke, by hanging up."""
    if options.password is not None:
        reach.secrets += _written(options.user, options.password.reveal())
    try:
        tls = tls_context(verify=options.verify, ca=options.ca)
    except (OSError, ssl.SSLError):
        raise ours(f"the certificate bundle {options.ca or 'of this machine'} cannot be read") from None
    made = await reach.socket_to(options.host, options.port)
    client = SMTP(
        hostname=options.name or options.host, sock=made, use_tls=options.tls == "implicit", start_tls=False, tls_context=tls,
        local_hostname=options.hello, timeout=None,
    )  # fmt: skip
    transport: BaseTransport | None = None
    try:
        talk = _Talk(options, reach, client)
        with reach.during("waiting for the greeting", "banner_ms"):
            greeting = await talk.step("the greeting", client.connect)
        transport = client.transport
        reach.facts["banner"] = greeting.message[:REPLY_KEPT]
        await talk.through()
    except _Refused as refused:
        if options.ends_with is None:
            raise theirs(str(refused)) from None
    finally:
        _hang_up(client.transport or transport)
        made.close()
    if options.ends_with is not None and reach.facts["code"] != options.ends_with:
        raise theirs(f"it ended with {reach.facts['code']} after {reach.facts['step']}, expected {options.ends_with}")
    return Seen(facts=reach.facts)


def _hang_up(transport: BaseTransport | None) -> None:
    if transport is not None:
        cast(WriteTransport, transport).abort()  # uvloop's are none by class


class _Refused(Exception):
    """The server's reply refuses a step."""


@dataclass(frozen=True, slots=True)
class _Talk:
    options: Options
    reach: Reach
    client: SMTP

    async def through(self) -> None:
        """All steps that were asked for. _Refused where the server does not want the next."""
        options, reach, client = self.options, self.reach, self.client
        if options.tls == "implicit":
            self._secured()
        with reach.during("saying hello", "hello_ms"):
            await self.step("EHLO", client.ehlo)
        reach.facts["starttls_offered"] = client.supports_extension("starttls")
        if options.tls == "starttls":
            await self._start_tls()
        if options.password is not None:
            password = options.password.reveal()
            with reach.during("logging in", "login_ms"):
                await self.step("the login", lambda: client.login(options.user, password))
        how_far = options.stop_after or ("recipient" if options.recipient else "hello")
        if how_far != "hello":
            with reach.during("naming the recipient", "recipient_ms"):
                await self.step("the sender", lambda: client.mail(options.sender or ""))
                await self.step("the recipient", lambda: client.rcpt(options.recipient or ""))
        if how_far == "message":
            with reach.during("sending the message", "message_ms"):
                await self.step("the message", lambda: client.data(_message(options, datetime.now(UTC))))
        with suppress(SMTPException, OSError):  # all has been seen
            await client.quit(timeout=min(GOODBYE, reach.left / 2))

    async def _start_tls(self) -> None:
        if not self.client.supports_extension("starttls"):
            raise theirs("the server does not offer STARTTLS")
        with self.reach.during("making the TLS connection", "tls_ms"):
            await self.step("STARTTLS", self.client.starttls)
        self._secured()
        with self.reach.during("saying hello"):
            await self.step("EHLO", self.client.ehlo)

    def _secured(self) -> None:
        if self.client.transport is not None:
            secured = self.client.transport.get_extra_info("ssl_object")
            self.reach.facts.update(peer.connection(secured, datetime.now(UTC)))

    async def step(self, name: str, say: Callable[[], Awaitable[SMTPResponse]]) -> SMTPResponse:
        """One command and its reply."""
        facts = self.reach.facts
        facts["step"] = name
        try:
            reply = await say()
        except SMTPResponseException as refused:
            if refused.code < 100:  # aiosmtplib's own, for what is no reply
                raise theirs(f"the answer to {name} is not proper SMTP") from None
            facts |= {"code": refused.code, "reply": refused.message[:REPLY_KEPT]}
            said = beginning(" ".join(refused.message.split()), 120)
            raise _Refused(f"{name} was refused: {refused.code} {said}".rstrip()) from None
        except (SMTPException, OSError, ValueError) as error:
            raise self._blamed(error, name) from None
        facts |= {"code": reply.code, "reply": reply.message[:REPLY_KEPT]}
        return reply

    def _blamed(self, error: Exception, name: str) -> BaseException:
        """aiosmtplib hides the system's error behind its own, some of which are OSErrors too."""
        cause: BaseException | None = error
        while isinstance(cause, SMTPException):
            cause = cause.__cause__
        if isinstance(cause, OSError):
            return self.reach.blamed(cause, self.options.name or self.options.host)
        if name == "the login" and not isinstance(error, OSError):
            return theirs("the server offers no login that we know")
        return theirs(f"the connection was closed while {self.reach.phase}")


def _written(user: str, password: str) -> list[str]:
    """A password in all the ways in which a login sends it."""
    return [
        password,
        b64encode(password.encode()).decode(),
        b64encode(f"\0{user}\0{password}".encode()).decode(),
    ]


def _message(options: Options, now: datetime) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = options.sender or "", options.recipient or ""
    message["Subject"] = "A check whether mail is accepted"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=(options.sender or "").rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("This message checks that mail is accepted. It can be thrown away.\n")
    return bytes(message)
