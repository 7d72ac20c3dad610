"""Uplink: is it us? Whether this machine has a route somewhere, and whether its resolver answers.

Asked only after a probe has failed. libcurl says no more than "could not resolve", so the resolver is asked directly: for the
name and, as the canary, for the root's name servers, which any resolver that reaches the world knows. Nothing here blocks.
"""

import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

PATIENCE = 0.8
"""Seconds that the resolver is given to answer: a verdict must be there a second after the timeout."""
RESOLV_CONF = "/etc/resolv.conf"

_A, _NS, _AAAA = 1, 2, 28
_NOERROR, _NXDOMAIN = 0, 3


class Answer(Enum):
    NO_SUCH_NAME = auto()
    """Theirs: the resolver answers that there is no such name, or that it has no address."""
    NAME_FAILS = auto()
    """Theirs: the resolver works, but gets no answer for this name."""
    RESOLVES_NOW = auto()
    """Ours: the name is there after all."""
    RESOLVER_SILENT = auto()
    """Ours: the resolver does not answer, or answers for nothing."""


def has_route(address: str) -> bool:
    """Whether this machine knows a way to a numeric address. Sends nothing: a UDP socket is merely pointed at it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
    except OSError:
        return False
    return True


def nameservers(text: str) -> tuple[tuple[str, int], ...]:
    """The resolvers of a resolv.conf, at most three as libc has it; 127.0.0.1 when it names none."""
    lines = (line.split() for line in text.splitlines())
    found = tuple((words[1], 53) for words in lines if len(words) > 1 and words[0] == "nameserver")
    return found[:3] or (("127.0.0.1", 53),)


def own_nameservers() -> tuple[tuple[str, int], ...]:
    """Those of this machine, read anew each time: they change with the network."""
    try:
        with open(RESOLV_CONF, encoding="utf-8", errors="replace") as file:
            return nameservers(file.read(65536))
    except OSError:
        return nameservers("")


@dataclass(slots=True)
class _Heard:
    """The replies so far: for each question (a record type) its rcode and whether anything was answered."""

    name: dict[int, tuple[int, bool]] = field(default_factory=dict)
    canary: tuple[int, bool] | None = None


class Lookup:
    """One asking of the resolvers for one name. Watch `sockets` for reading, call `read`, and ask `answer` after each."""

    def __init__(self, host: str, servers: Sequence[tuple[str, int]], now: float, ip: int = 0) -> None:
        """`ip`: 4 or 6 where addresses of one family alone would have done."""
        self.until = now + PATIENCE
        self.sockets: list[socket.socket] = []
        self._heard = _Heard()
        first = int.from_bytes(os.urandom(2))
        self._kinds = {4: (_A,), 6: (_AAAA,)}.get(ip, (_A, _AAAA))
        self._asked = {first ^ turn: kind for turn, kind in enumerate((*self._kinds, _NS))}
        for address, port in servers:
            self._ask(host, address, port)

    def _ask(self, host: str, address: str, port: int) -> None:
        """A server that cannot be asked is one that does not answer."""
        asking: socket.socket | None = None
        try:
            asking = socket.socket(
                socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            )
            asking.connect((address, port))
            for identity, kind in self._asked.items():
                asking.send(question(identity, "." if kind == _NS else host, kind))
        except (OSError, ValueError):
            if asking is not None:
                asking.close()
        else:
            self.sockets.append(asking)

    def read(self, ready: socket.socket) -> None:
        """Take what has arrived; a reply that is not to our question is passed over."""
        while True:
            try:
                reply = ready.recv(4096)
            except OSError:
                return
            heard = read_reply(reply)
            if heard is None or heard[0] not in self._asked:
                continue
            kind = self._asked[heard[0]]
            if kind == _NS:
                self._heard.canary = max(self._heard.canary or heard[1:], heard[1:], key=lambda said: said[1])
            else:
                self._heard.name.setdefault(kind, heard[1:])

    def answer(self, now: float) -> Answer | None:
        """What is known, None while there is something to wait for."""
        said = self._heard.name.values()
        if any(answered for _, answered in said):
            return Answer.RESOLVES_NOW
        if any(code == _NXDOMAIN for code, _ in said):
            return Answer.NO_SUCH_NAME
        if len(said) == len(self._kinds) and all(code == _NOERROR for code, _ in said):
            return Answer.NO_SUCH_NAME
        resolver_works = self._heard.canary == (_NOERROR, True)
        if now < self.until and self.sockets and not (resolver_works and len(said) == len(self._kinds)):
            return None
        return Answer.NAME_FAILS if resolver_works else Answer.RESOLVER_SILENT

    def close(self) -> None:
        for asking in self.sockets:
            asking.close()
        self.sockets.clear()


def question(identity: int, name: str, kind: int) -> bytes:
    """A DNS query packet (RFC 1035), recursion desired. ValueError for a name that DNS cannot carry."""
    labels = [label.encode("ascii") for label in name.strip(".").split(".") if label]
    if any(len(label) > 63 for label in labels) or sum(len(label) + 1 for label in labels) > 254:
        raise ValueError("no name for DNS")
    packed = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    return struct.pack("!6H", identity, 0x0100, 1, 0, 0, 0) + packed + struct.pack("!2H", kind, 1)


def read_reply(packet: bytes) -> tuple[int, int, bool] | None:
    """(identity, rcode, whether anything was answered) of a DNS reply, None for what is none."""
    if len(packet) < 12:
        return None
    identity, flags, _, answers = struct.unpack_from("!4H", packet)
    return (identity, flags & 0xF, answers > 0 or bool(flags & 0x0200)) if flags & 0x8000 else None
