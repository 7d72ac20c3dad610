"""The asyncio children: `python -m sentinel.probe.loop NAME`, which runs the kinds that live in NAME (`loop`, `browser`).

Commands come on stdin, batches go to stdout, and it ends when stdin ends. No database, no secret but those of its own checks.
"""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

import uvloop

from sentinel.probe.inbox import Inbox
from sentinel.probe.looking import Looking
from sentinel.probe.outbox import FLUSH_EVERY, Outbox
from sentinel.probe.reach import THREADS
from sentinel.probe.wire import Ack, Malformed

STDIN, STDOUT = 0, 1
ROOM: Final = {"loop": 200, "browser": 2}
"""Samples at a time. A browser takes hundreds of megabytes."""
HANGING_MOST: Final = 16
"""What may hang for samples that are over before this process makes way for a fresh one: half of its threads."""


def main(lives_in: str) -> int:
    """Run until stdin ends. Exit codes: 0 the pipe ended, 2 the hub does not speak our protocol, 3 too much hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, whose end we see by the pipe
    # Not closed: that would wait for threads, and one that hangs would keep us here when the hub is gone.
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return runner.run(Child(lives_in).run())


class Child:
    """The pipes of one asyncio child, and what the hub has said so far."""

    def __init__(self, lives_in: str) -> None:
        os.set_blocking(STDIN, False)
        os.set_blocking(STDOUT, False)
        self._token = f"{lives_in}-{os.urandom(6).hex()}"
        self._lives_in = lives_in
        self._outbox = Outbox(STDOUT, monotonic())
        self._looking = Looking(lives_in, self._outbox.add, room=ROOM.get(lives_in, 100))
        self._inbox = Inbox()
        self._ended: asyncio.Future[int] | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(2 * THREADS, thread_name_prefix="sample"))
        self._ended = loop.create_future()
        loop.add_reader(STDIN, self._hear)
        work = [asyncio.create_task(self._looking.run()), asyncio.create_task(self._write())]
        awaited: list[asyncio.Future[Any]] = [self._ended, *work]
        try:
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            for one in work:
                if one.done():
                    one.result()
            return self._ended.result() if self._ended.done() else 0
        except BrokenPipeError:
            return 0
        finally:
            loop.remove_reader(STDIN)
            for one in work:
                one.cancel()

    async def _write(self) -> None:
        """Hand the hub what there is; BrokenPipeError when nobody reads any more."""
        while True:
            self._outbox.pump(monotonic(), self._looking.schedule.skipped)
            await asyncio.sleep(FLUSH_EVERY)
            if self._looking.hanging >= HANGING_MOST:
                self._outbox.pump(monotonic(), self._looking.schedule.skipped)
                sys.stderr.write(f"sentinel.probe.loop: {HANGING_MOST} probes do not end: a fresh process takes over\n")
                self._end(3)
                return

    def _hear(self) -> None:
        try:
            read = os.read(STDIN, 1 << 20)
        except BlockingIOError:
            return
        if not read:
            self._end(0)
            return
        for said in self._inbox.read(read):
            if isinstance(said, Malformed):
                sys.stderr.write(f"sentinel.probe.loop: the hub's line is {said.why}\n")
                self._end(2)
                return
            if isinstance(said, Ack):
                self._outbox.acknowledged(said.source, said.number)
            else:
                self._outbox.source = self._outbox.source or f"{said.place}/{self._token}"
                self._looking.load(said.checks, said.allow, monotonic())

    def _end(self, code: int) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(code)


if __name__ == "__main__":
    # Not sys.exit: a thread that hangs in a driver would be waited for.
    os._exit(main(sys.argv[1] if len(sys.argv) > 1 else "loop"))
