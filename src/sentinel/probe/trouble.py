"""Trouble: whose fault it is that a transfer failed, and how to say so.

`down` is a claim about somebody else's service, so only what the target did counts: it refused, reset, said nothing, broke TLS
or HTTP, or its name does not exist. What we did or lacked (file descriptors, memory, a route, a resolver, a certificate bundle,
our own address guard) is `unknown`, and so is every error not listed here.

Pure: codes and numbers in, words out. Does not belong here: asking the system, see uplink.py.
"""

import errno
import os
import re
from dataclasses import dataclass
from enum import Enum, auto

from sentinel.probe import curlcode
from sentinel.probe.condition import Seen
from sentinel.probe.uplink import Answer


class Whose(Enum):
    THEIRS = auto()
    OURS = auto()
    RESOLVER = auto()
    """A name was not found; the resolver must be asked whether it or the name is at fault."""
    ROUTE = auto()
    """The system knew no way there; whether we have a route at all must be looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """`late`: it ran out of time, which may be our own fault if we stood still. `host`: whose name to ask the
    resolver for, and `ip`: 4 or 6 where only such an address would do."""

    whose: Whose
    reason: str
    late: bool = False
    host: str = ""
    ip: int = 0


class Failed(Exception):
    """Ends a sample of a kind that lives in the loop child."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


def theirs(reason: str) -> Failed:
    """What it looks at is at fault: the check is down."""
    return Failed(Trouble(whose=Whose.THEIRS, reason=reason))


def ours(reason: str) -> Failed:
    """We are at fault, or lack something: nothing is known."""
    return Failed(Trouble(whose=Whose.OURS, reason=reason))


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What one sample came to: what was seen, and what went wrong, if anything."""

    seen: Seen
    trouble: Trouble | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What is known of a failed transfer. `phase`: what it was busy with, in words; `seconds`: how long it had run."""

    code: int
    message: str
    errno: int
    phase: str
    seconds: float
    host: str
    connected: bool
    redirected: bool


LOOKING_UP = "looking up the name"
CONNECTING = "connecting"
HANDSHAKE = "making the TLS connection"
FIRST_BYTE = "waiting for the first byte"
BODY = "reading the body"

_OWN_ERRNO = {
    errno.EMFILE: "no file descriptors left",
    errno.ENFILE: "no file descriptors left on this machine",
    errno.ENOBUFS: "no network buffers left",
    errno.ENOMEM: "no memory left",
    errno.EADDRNOTAVAIL: "no free local port or address",
    errno.EADDRINUSE: "no free local port",
    errno.ENETDOWN: "our network interface is down",
    errno.EACCES: "our own system forbids the connection",
    errno.EPERM: "our own system forbids the connection",
    errno.EAFNOSUPPORT: "this machine does not speak the address's protocol",
}
_THEIR_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection closed by the other side",
    errno.ECONNABORTED: "connection aborted",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ETIMEDOUT: "the connection attempt timed out",
}
_OF_A_CONNECTION = frozenset(
    {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ETIMEDOUT}
    | {errno.ENOBUFS, errno.ENOMEM, errno.ENETDOWN, errno.EACCES, errno.EPERM}
)
"""What can happen to a connection that stands. Any other libcurl still holds from an address that it tried before."""
_ALERT = re.compile(r"SSL routines::[^:]*\balert ([a-z ]+)")
_THEIR_CODES = {
    curlcode.FTP_WEIRD_SERVER_REPLY: "the answer is not proper HTTP",
    curlcode.HTTP2: "the answer is not proper HTTP/2",
    curlcode.HTTP2_STREAM: "the answer is not proper HTTP/2",
    curlcode.HTTP3: "the answer is not proper HTTP/3",
    curlcode.QUIC_CONNECT: "no HTTP/3 connection",
    curlcode.PARTIAL_FILE: "the body ended early",
    curlcode.GOT_NOTHING: "the connection was closed without an answer",
    curlcode.SSL_CONNECT_ERROR: "no TLS connection",
    curlcode.SSL_SHUTDOWN_FAILED: "the TLS connection was not closed properly",
    curlcode.PEER_FAILED_VERIFICATION: "the certificate is not valid",
    curlcode.SSL_ISSUER_ERROR: "the certificate has the wrong issuer",
    curlcode.SSL_INVALIDCERTSTATUS: "the certificate was revoked or its status is not valid",
    curlcode.SSL_CLIENTCERT: "the server asks for a client certificate",
    curlcode.SEND_ERROR: "the connection broke while sending",
    curlcode.RECV_ERROR: "the connection broke while receiving",
    curlcode.BAD_CONTENT_ENCODING: "the body's encoding is broken",
    curlcode.TOO_LARGE: "too many or too large headers",
}
_OUR_CODES = {
    curlcode.OUT_OF_MEMORY: "no memory left",
    curlcode.SSL_CACERT_BADFILE: "the certificate bundle cannot be read",
    curlcode.INTERFACE_FAILED: "our network interface is not usable",
    curlcode.SSL_CERTPROBLEM: "our client certificate or its key cannot be read, or they do not belong together",
}
_SAYS_MORE = frozenset(
    {curlcode.SSL_CONNECT_ERROR, curlcode.RECV_ERROR, curlcode.FTP_WEIRD_SERVER_REPLY, curlcode.BAD_CONTENT_ENCODING}
)


def blame(failure: Failure) -> Trouble:
    """Whose trouble a failed transfer is."""
    code, number = failure.code, failure.errno
    if code != curlcode.COULDNT_CONNECT and number not in _OF_A_CONNECTION:
        number = 0
    if code == curlcode.OPERATION_TIMEDOUT:
        return _late(failure)
    if code == curlcode.COULDNT_RESOLVE_HOST:
        return Trouble(whose=Whose.RESOLVER, reason=f"the name {failure.host} was not found", host=failure.host)
    if number in _OWN_ERRNO and code in (curlcode.COULDNT_CONNECT, curlcode.SEND_ERROR, curlcode.RECV_ERROR):
        return _ours(_OWN_ERRNO[number])
    if code == curlcode.COULDNT_CONNECT:
        if number == errno.ENETUNREACH:
            return Trouble(whose=Whose.ROUTE, reason=f"no route to the network of {failure.host}")
        return _theirs(_THEIR_ERRNO.get(number, "no connection"))
    if code in (curlcode.SEND_ERROR, curlcode.RECV_ERROR) and (alert := _ALERT.search(failure.message)):
        wants_ours = alert[1].startswith("certificate required")
        return _theirs(
            "the server asks for a client certificate" if wants_ours else f"the server ended TLS: {alert[1].strip()}"
        )
    if code in (curlcode.SEND_ERROR, curlcode.RECV_ERROR, curlcode.SSL_CONNECT_ERROR) and number in _THEIR_ERRNO:
        return _theirs(f"{_THEIR_ERRNO[number]} while {failure.phase}")
    if code in _THEIR_CODES:
        return _theirs(_THEIR_CODES[code] + (f": {_plain(failure.message)}" if code in _SAYS_MORE else ""))
    if code in (curlcode.UNSUPPORTED_PROTOCOL, curlcode.URL_MALFORMAT):
        if failure.connected:
            return _theirs("the answer is not HTTP")
        if failure.redirected:
            return _theirs("redirected to an address that cannot be followed")
    return _ours(_OUR_CODES.get(code, f"the probe failed with libcurl error {code}"))


def of_system(error: OSError, phase: str, host: str) -> Failed:
    """Whose trouble an error of the system's is that came while `phase`."""
    number = error.errno or 0
    if number in _OWN_ERRNO:
        return ours(_OWN_ERRNO[number])
    if number == errno.ENETUNREACH:
        return Failed(Trouble(whose=Whose.ROUTE, reason=f"no route to the network of {host}"))
    said = _THEIR_ERRNO.get(number)
    if said is None and number:
        return ours(f"our own system fails while {phase} ({os.strerror(number)})")
    if said is None:
        return theirs("no connection" if phase == CONNECTING else f"the connection broke while {phase}")
    return theirs(said if phase == CONNECTING else f"{said} while {phase}")


def by_resolver(answer: Answer, wrong: Trouble) -> Trouble:
    """What our resolver's answer makes of a name that was not found."""
    match answer:
        case Answer.NO_SUCH_NAME:
            has_none = f", or it has no IPv{wrong.ip} address" if wrong.ip else ", or it has no address"
            return Trouble(whose=Whose.THEIRS, reason=f"there is no name {wrong.host}{has_none}")
        case Answer.NAME_FAILS:
            return Trouble(whose=Whose.THEIRS, reason=f"the name servers of {wrong.host} do not answer")
        case Answer.RESOLVES_NOW:
            return Trouble(whose=Whose.OURS, reason=f"{wrong.reason}, yet our resolver knows it: the trouble is on our side")
        case Answer.RESOLVER_SILENT:
            return Trouble(whose=Whose.OURS, reason=f"{wrong.reason}: our own resolver does not answer")


def silent(wrong: Trouble, witness: str) -> Trouble:
    """Trouble with a witness: what it was asked about may be well."""
    return Trouble(whose=Whose.OURS, reason=f"{wrong.reason}: {witness}", late=wrong.late)


def _late(failure: Failure) -> Trouble:
    reason = f"timed out after {failure.seconds:.1f} s while {failure.phase}"
    whose = Whose.RESOLVER if failure.phase == LOOKING_UP else Whose.THEIRS
    return Trouble(whose=whose, reason=reason, late=True, host=failure.host)


def _theirs(reason: str) -> Trouble:
    return Trouble(whose=Whose.THEIRS, reason=reason)


def _ours(reason: str) -> Trouble:
    return Trouble(whose=Whose.OURS, reason=reason)


def _plain(message: str) -> str:
    """libcurl's own words without OpenSSL's error numbers and prefixes: "wrong version number"."""
    words = message.rpartition("::")[2] or message
    return words.strip()[:200]
