"""tls: makes a TLS connection and reads the certificates: whether they hold for the name, until when, and who issued them.

Lives in the `loop` child. Belongs here: its options, what is said before TLS begins (STARTTLS), the facts. Does not belong
here: what a chain tells (peer.py), sockets (reach.py), what is good (condition.py).

A certificate that is refused is read all the same, over a second connection that does not check it, so that its facts and the
day on which it expired are known.
"""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from cryptography.x509 import InvalidVersion
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.probe import peer
from sentinel.probe.assertion import Conditions
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Seen
from sentinel.probe.option import HostOption, PortOption, host_and_port
from sentinel.probe.reach import LINE_LIMIT, Reach, tls_context
from sentinel.probe.trouble import HANDSHAKE, Failed, ours, theirs

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "certificate_days": "number", "certificate_expires_at": "text", "chain_days": "number", "chain_expires_at": "text",
    "chain_length": "number", "valid": "yes or no", "names": "text", "issuer": "text", "subject": "text", "serial": "text",
    "fingerprint": "text", "tls_version": "text", "cipher": "text", "ip": "text", "total_ms": "number", "dns_ms": "number",
    "connect_ms": "number", "starttls_ms": "number", "tls_ms": "number",
}  # fmt: skip
ASKING: Final = "asking for TLS"
LINES_READ: Final = 100
"""Lines of a greeting or an answer before TLS."""
_PORTS: Final = {"smtp": 25, "imap": 143, "pop3": 110}


class Options(BaseModel):
    """Whom to connect to. `host:port` stands for both, a plain host for its port 443."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: HostOption
    """A name or an address."""
    port: PortOption = 443
    """The port; with `starttls` the usual one of that protocol, if it is left out."""
    name: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")] = ""
    """The name that is asked for (SNI) and that the certificate must be for; empty: the host."""
    starttls: Literal["smtp", "imap", "pop3"] | None = None
    """The protocol that is spoken before TLS begins; left out: TLS at once."""
    verify: bool = True
    """Whether the certificate must be valid for the name. Its facts are there either way."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        value = host_and_port(value, 443)
        if isinstance(value, dict) and "port" not in value and value.get("starttls") in _PORTS:
            return {**value, "port": _PORTS[value["starttls"]]}
        return value


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: with `verify` a certificate that does not hold is down by itself."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One connection; a second one where the certificate was refused."""
    name = options.name or options.host
    try:
        checking = tls_context(ca=options.ca)
        unchecked = tls_context(verify=False, ca=options.ca)
    except (OSError, ssl.SSLError):
        raise ours(f"the certificate bundle {options.ca or 'of this machine'} cannot be read") from None
    refusal = await _look(options, reach, checking, name)
    if refusal is not None:
        await _look(options, reach, unchecked, name, refusal)
    return Seen(facts=reach.facts)


async def _look(
    options: Options, reach: Reach, tls: ssl.SSLContext, name: str, refusal: ssl.SSLCertVerificationError | None = None
) -> ssl.SSLCertVerificationError | None:
    """One connection and its facts. Why the certificate was refused, where `tls` refuses it.

    `refusal`: why it was, the time before; it is raised as trouble once the certificate has been read, where that is wanted.
    """
    reader, writer = await reach.connect(options.host, options.port)
    try:
        if options.starttls:
            with reach.during(ASKING, "starttls_ms"):
                await _ask(options.starttls, reader, writer, reach)
        try:
            with reach.during(HANDSHAKE, "tls_ms" if refusal is None else ""):
                await writer.start_tls(tls, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            return error
        except (OSError, ValueError) as error:
            raise _words(error, reach, name, refusal) from None
        _read(writer.get_extra_info("ssl_object"), reach, name, refusal, options.verify)
    finally:
        writer.transport.abort()
    return None


def _read(
    secured: ssl.SSLObject, reach: Reach, name: str, refusal: ssl.SSLCertVerificationError | None, must_hold: bool
) -> None:
    now = datetime.now(UTC)
    reach.facts["valid"] = refusal is None
    try:
        reach.facts.update(peer.connection(secured, now))
        chain = peer.shown(secured, verified=refusal is None)
        reach.facts.update(peer.whole(chain, now) if chain else {})
        wrong = peer.refused(chain, refusal, name, now) if refusal is not None and must_hold else ""
    except (ValueError, TypeError, InvalidVersion) as error:
        raise theirs(f"its certificate cannot be read ({type(error).__name__})") from None
    if wrong:
        raise theirs(wrong)


def _words(error: OSError | ValueError, reach: Reach, name: str, refusal: ssl.SSLCertVerificationError | None) -> BaseException:
    """What ended a handshake; where a certificate had been refused before, that is the news."""
    if refusal is not None:
        return theirs(peer.refused((), refusal, name, datetime.now(UTC)))
    if isinstance(error, ConnectionError):
        return theirs(f"the connection was closed while {HANDSHAKE}")
    return reach.blamed(error, name)


async def _ask(protocol: str, reader: StreamReader, writer: StreamWriter, reach: Reach) -> None:
    """What is said before TLS: RFC 3207, 9051 and 2595."""
    try:
        match protocol:
            case "smtp":
                await _smtp(reader, b"220")
                writer.write(b"EHLO sentinel.invalid\r\n")
                await _smtp(reader, b"250")
                writer.write(b"STARTTLS\r\n")
                await _smtp(reader, b"220")
            case "imap":
                _expect(await reader.readline(), b"* OK")
                writer.write(b"A1 STARTTLS\r\n")
                await _imap(reader)
            case _:
                _expect(await reader.readline(), b"+OK")
                writer.write(b"STLS\r\n")
                _expect(await reader.readline(), b"+OK")
    except (OSError, ValueError, asyncio.LimitOverrunError) as error:
        raise reach.blamed(error, "") from None


async def _smtp(reader: StreamReader, code: bytes) -> None:
    """An answer, which may have several lines."""
    for _ in range(LINES_READ):
        line = await reader.readline()
        _expect(line, code)
        if line[3:4] != b"-":
            return
    raise _unexpected(b"no end of its answer")


async def _imap(reader: StreamReader) -> None:
    for _ in range(LINES_READ):
        line = await reader.readline()
        if not line.startswith(b"* "):
            return _expect(line, b"A1 OK")
    raise _unexpected(b"no end of its answer")


def _expect(line: bytes, begins: bytes) -> None:
    if not line:
        raise theirs(f"the connection was closed while {ASKING}")
    if not line.upper().startswith(begins):
        raise _unexpected(line)


def _unexpected(line: bytes) -> Failed:
    said = beginning(" ".join(line[:LINE_LIMIT].decode("utf-8", "replace").split()), 80)
    return theirs(f"the server does not begin TLS; it said “{said}”")
