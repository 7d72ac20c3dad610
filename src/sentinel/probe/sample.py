"""Sample: what one sample has come to, hop by hop, and the facts that follow from it. Reads finished handles, drives none."""

from datetime import datetime
from urllib.parse import quote, urlsplit

import pycurl

from sentinel.model.observation import Fact
from sentinel.probe import certificate, trouble
from sentinel.probe.condition import Rules, Seen
from sentinel.probe.trouble import Failure

_VERSIONS = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}


class Sample:
    """What one sample has come to so far. Times in microseconds, summed over its hops."""

    __slots__ = (
        "body",
        "bytes",
        "connect",
        "dns",
        "facts",
        "first_byte",
        "hops",
        "limit",
        "own_errno",
        "phase",
        "refused",
        "stopped",
        "tls",
        "total",
        "transfer",
        "tried",
        "url",
    )  # fmt: skip

    def __init__(self, url: str, limit: float) -> None:
        self.limit = limit
        self.hops = 0
        self.facts: dict[str, Fact] = {}
        self.total = self.dns = self.connect = self.tls = self.first_byte = self.transfer = 0
        self.aim(url)

    def next_hop(self, url: str) -> None:
        self.hops += 1
        self.aim(url)

    def aim(self, url: str) -> None:
        """Begin anew with `url`, but for the times."""
        self.facts.clear()
        self.url = url
        self.body = bytearray()
        self.bytes = 0
        self.stopped = False
        self.tried: list[str] = []
        self.refused: list[str] = []
        self.own_errno = 0
        self.phase = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def take_times(self, easy: pycurl.Curl) -> None:
        """Add this hop's phases, in microseconds; a phase that was not reached counts from the last one that was."""
        info = easy.getinfo
        dns, connect, tls = info(pycurl.NAMELOOKUP_TIME_T), info(pycurl.CONNECT_TIME_T), info(pycurl.APPCONNECT_TIME_T)
        ready, first, total = info(pycurl.PRETRANSFER_TIME_T), info(pycurl.STARTTRANSFER_TIME_T), info(pycurl.TOTAL_TIME_T)
        secure = self.url.startswith("https:")
        self.total += total
        self.dns += dns or total
        if not dns:
            self.phase = trouble.LOOKING_UP
            return
        self.connect += (connect or total) - dns
        if not connect:
            self.phase = trouble.CONNECTING
            return
        if secure:
            self.tls += (tls or total) - connect
            if not tls:
                self.phase = trouble.HANDSHAKE
                return
        self.first_byte += (first or total) - max(ready, connect)
        self.phase = trouble.BODY if first else trouble.FIRST_BYTE
        if first:
            self.transfer += total - first

    def failure(self, code: int, message: str, number: int) -> Failure:
        """What is known of a transfer that failed."""
        return Failure(
            code=code,
            message=message,
            errno=number,
            phase=self.phase,
            seconds=self.total / 1e6,
            host=self.host,
            connected=self.phase in (trouble.FIRST_BYTE, trouble.BODY),
            redirected=self.hops > 0,
        )

    def chain(self, easy: pycurl.Curl) -> certificate.Chain:
        """The certificates that the server showed."""
        if not self.url.startswith("https:"):
            return ()
        chain: certificate.Chain = easy.getinfo(pycurl.INFO_CERTINFO)
        return chain

    def seen(self, easy: pycurl.Curl, now: datetime, head: list[bytes], rules: Rules) -> Seen:
        """Everything there is to judge: of the body and the header lines only what the rules look at."""
        facts = self.facts
        facts["total_ms"] = self.total // 100 / 10
        facts["dns_ms"] = self.dns // 100 / 10
        facts["connect_ms"] = self.connect // 100 / 10
        facts["first_byte_ms"] = self.first_byte // 100 / 10
        facts["transfer_ms"] = self.transfer // 100 / 10
        facts["bytes"] = self.bytes
        if self.hops:
            facts["redirects"] = self.hops
        if ip := easy.getinfo(pycurl.PRIMARY_IP):
            facts["ip"] = ip
        if "status" in facts:
            facts["http_version"] = _VERSIONS.get(easy.getinfo(pycurl.INFO_HTTP_VERSION), "")
        if self.url.startswith("https:"):
            facts["tls_ms"] = self.tls // 100 / 10
            expires_at = certificate.instant(certificate.field(self.chain(easy), "Expire date"))
            if expires_at is not None:
                facts["certificate_days"] = certificate.days_left(expires_at, now)
                facts["certificate_expires_at"] = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        charset = charset_of(easy) if rules.reads_body else "utf-8"
        headers = _headers(head) if rules.reads_headers else ()
        return Seen(facts=facts, body=self.body, charset=charset, headers=headers)


def is_redirect(head: list[bytes]) -> bool:
    """Whether the answer that begins with these header lines sends us elsewhere: then its body is not read."""
    status = next((line for line in reversed(head) if line.startswith(b"HTTP/")), b"")
    return status.partition(b" ")[2][:1] == b"3" and bool(redirect_target(head))


def redirect_target(head: list[bytes]) -> str:
    """Where the last answer sends us, relative or not, in ASCII; "" when it names no place. (libcurl's own word for it is lost
    when a body has not been read.)"""
    found = next((value for name, value in _headers(head) if name.lower() == "location"), "")
    return quote(found.encode("latin-1"), safe="!#$%&'()*+,/:;=?@[]~")


def _headers(head: list[bytes]) -> tuple[tuple[str, str], ...]:
    """The headers of the last answer."""
    pairs: list[tuple[str, str]] = []
    for line in head:
        if line.startswith(b"HTTP/"):
            pairs.clear()
            continue
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def charset_of(easy: pycurl.Curl) -> str:
    """The charset that an answer's content type names, UTF-8 when it names none."""
    _, found, rest = (easy.getinfo(pycurl.CONTENT_TYPE) or "").lower().partition("charset=")
    return rest.partition(";")[0].strip(" \"'") if found else "utf-8"
