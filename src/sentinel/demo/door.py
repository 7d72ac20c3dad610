"""Door: one port on 127.0.0.1 that can be shut and opened again at will.

Belongs here: holding the port, listening, accepting. Does not belong here: what is said on a connection.

A shut door refuses connections, and nobody else can take its port meanwhile: a second socket (the keeper) stays bound to it
without listening. The keeper also stops a caller's own outgoing connection from being given that port, which on loopback would
connect it to itself.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

HOST: Final = "127.0.0.1"
BACKLOG: Final = 1024
Welcome: TypeAlias = Callable[[socket.socket], Coroutine[Any, Any, None]]


class Door:
    """`Door(0)` takes a port that the system chooses; `number` is it. It starts shut."""

    def __init__(self, number: int = 0) -> None:
        self._keeper = _bound(number)
        self.number: int = self._keeper.getsockname()[1]
        self._listening: socket.socket | None = None
        self._guests: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        return self._listening is not None

    def open(self, welcome: Welcome) -> None:
        """Listen, and run `welcome` for each connection as a task of the running loop. Takes effect before it returns."""
        if self._listening is not None:
            return
        listening = _bound(self.number)
        listening.setblocking(False)
        listening.listen(BACKLOG)
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening, welcome)

    def shut(self) -> None:
        """Refuse connections from now on. Those that stand are not touched."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening.fileno())
            self._listening.close()
            self._listening = None

    async def close(self) -> None:
        """Shut the door, end every `welcome` that still runs, and give the port back."""
        self.shut()
        guests = list(self._guests)
        for guest in guests:
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)
        self._keeper.close()

    def _accept(self, listening: socket.socket, welcome: Welcome) -> None:
        for _ in range(BACKLOG):
            try:
                guest, _peer = listening.accept()
            except OSError:  # nobody waits, or we are out of descriptors: the loop calls again while somebody does
                return
            guest.setblocking(False)
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.get_running_loop().create_task(welcome(guest))
            self._guests.add(task)
            task.add_done_callback(self._guests.discard)


def _bound(number: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if number:  # connections of an earlier run may still linger on a port that was asked for
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, number))
    except OSError:
        bound.close()
        raise
    return bound
