"""Faults of the wire: a TCP proxy between a client and a server that delays, drops, resets or swallows, each way by itself.

Belongs here: what happens to bytes. Does not belong here: what the two sides say (a `watch` is told of the bytes that pass, and
may act on what it sees: drop the answer to a COMMIT, reset in the middle of a body).

    with FaultProxy(upstream=("127.0.0.1", 5432)) as proxy:
        proxy.back.swallow = True         # answers are read and never handed on: half-open
        proxy.forth.delay = 0.2           # each piece towards the server comes late
        proxy.reset()                     # all connections end with a RST
        proxy.refuse = True               # new ones too
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import sleep
from types import TracebackType
from typing import Literal, Self

PIECE = 65_536
Target = tuple[str, int] | str
"""(host, port), or the path of a socket."""
Watch = Callable[[bytes], Literal["pass", "drop", "reset"]]


def let_pass(_: bytes) -> Literal["pass"]:
    return "pass"


@dataclass(slots=True)
class Way:
    """What happens to bytes that go one way. `watch` decides about each piece; `stall` holds them until it is cleared."""

    delay: float = 0.0
    swallow: bool = False
    watch: Watch = let_pass
    passed: int = 0
    stalled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.stalled.set()

    def stall(self) -> None:
        """Hold everything back, until `go_on`."""
        self.stalled.clear()

    def go_on(self) -> None:
        self.stalled.set()


class FaultProxy:
    """Listens on a port of the loopback and hands on to `upstream`. `forth`: towards the server. `back`: its answers."""

    def __init__(self, upstream: Target) -> None:
        self.forth, self.back = Way(), Way()
        self.refuse = False
        self.accepted = 0
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_ended = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_ended = True
        for way in (self.forth, self.back):
            way.go_on()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()
        for thread in self._threads:
            thread.join(10)

    def reset(self) -> None:
        """End all connections, on both sides, with a RST."""
        with self._lock:
            ended, self._open = self._open, []
        for each in ended:
            _reset(each)

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                if self.refuse:
                    raise ConnectionRefusedError
                server = self._connect()
            except OSError:
                _reset(client)
                continue
            with self._lock:
                self._open += [client, server]
            self._begin(self._carry, client, server, self.forth)
            self._begin(self._carry, server, client, self.back)

    def _connect(self) -> socket.socket:
        if isinstance(self._upstream, tuple):
            return socket.create_connection(self._upstream, timeout=5)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.connect(self._upstream)
        return made

    def _carry(self, source: socket.socket, target: socket.socket, way: Way) -> None:
        source.settimeout(None)
        with suppress(OSError):
            while piece := source.recv(PIECE):
                sleep(way.delay)
                way.stalled.wait()
                fate = "drop" if way.swallow else way.watch(piece)
                if fate == "reset":
                    _reset(source)
                    _reset(target)
                    return
                if fate == "pass":
                    target.sendall(piece)
                    way.passed += len(piece)
            target.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RD)  # wakes whoever reads it, and says nothing to the other side yet
    end.close()
