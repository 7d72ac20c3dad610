"""One connection to the faces: how large and how slow the head of a request may be, whoever sends it.

Belongs here: what nobody above the server sees, since no application is asked before a head is whole. Does not belong here:
bodies (serve/shield.py).

uvicorn would choose httptools, which takes headers without end into memory; h11 refuses a head over 64 KiB. Neither minds a
head that never ends.
"""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 20.0


class Connection(H11Protocol):
    """Closes where no whole head has come `HEAD_SECONDS` after the connection, or its first byte. (A silent one between two
    requests: uvicorn closes that after five seconds.)"""

    head_seconds = HEAD_SECONDS
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself has it
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        else:
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.head_seconds, self.transport.close)

    def _rest(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
