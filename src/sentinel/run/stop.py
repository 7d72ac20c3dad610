"""The end of a process: the signals that ask for it, and the seconds within which it is over whatever happens (F12).

Does not belong here: what is finished before the end (engine/port.py, sender.py).
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Final

from sentinel.store.database import Store

STOP_WITHIN: Final = 9.5
"""Seconds from the signal to the end of the process."""
SAY_AFTER: Final = 5.0
STOPPED_LATE: Final = 5
"""Exit code: something would not end. What it had in hand is as after a kill, and taken up by whoever comes next."""

log = logging.getLogger(__name__)


class Stop:
    """SIGTERM and SIGINT of this process; SIGHUP calls `reload`. To be made in its event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, reload: Callable[[], None]) -> None:
        self._asked = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask)
        loop.add_signal_handler(signal.SIGHUP, reload)

    async def asked(self) -> None:
        """Wait until somebody asks for the end."""
        await self._asked.wait()

    async def close(self, store: Store) -> None:
        """Close the store, which may itself not answer any more. The clock that runs since the signal ends us then."""
        await asyncio.to_thread(store.close)

    def _ask(self) -> None:
        if self._asked.is_set():
            return
        log.info("stopping: nothing new is begun, what is under way is finished")
        self._asked.set()
        # Threads of their own: neither a blocked event loop nor a database that does not answer keeps us.
        _later(SAY_AFTER, _say)
        _later(STOP_WITHIN, _end)


def _later(seconds: float, what: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


def _say() -> None:
    log.warning(
        "still waiting for messages that were being sent, or for the store, to end; %.1f s at most", STOP_WITHIN - SAY_AFTER
    )


def _end() -> None:
    log.error(
        "not everything ended within %.1f s: it is left as it is, the next start or another process takes it up", STOP_WITHIN
    )
    logging.shutdown()
    os._exit(STOPPED_LATE)
