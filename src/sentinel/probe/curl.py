"""The `curl` child: `python -m sentinel.probe.curl`. Commands come on stdin, batches go to stdout, and it ends when stdin ends.

One loop, no threads of its own, no database, no clock but its monotonic one (and the date, for certificates).
"""

import gc
import os
import resource
import select
import signal
import sys
from time import monotonic

from sentinel.probe.engine import Engine
from sentinel.probe.inbox import Inbox, Whole
from sentinel.probe.outbox import Outbox
from sentinel.probe.wire import Ack, Malformed

STDIN, STDOUT = 0, 1
_FILES_WANTED = 8192
_FILES_FOR_OURSELVES = 40
_FILES_A_PROBE = 5
"""A socket, and what its resolver thread opens meanwhile."""
_PROBES_AT_ONCE = 500


def main() -> int:
    """Run until stdin ends. Exit codes: 0 the pipe ended, 2 the hub does not speak our protocol."""
    gc.set_threshold(50_000, 10, 10)  # samples leave no cycles behind; looking for them took a seventh of our CPU
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, whose end we see by the pipe
    child = Child(room=_room())
    try:
        while child.turn():
            pass
    except BrokenPipeError:
        return 0
    return child.exit_code


class Child:
    """The loop's one turn, and what the hub has said so far."""

    def __init__(self, *, room: int) -> None:
        self.exit_code = 0
        os.set_blocking(STDIN, False)
        os.set_blocking(STDOUT, False)
        self._token = os.urandom(6).hex()
        self._epoll = select.epoll()
        self._epoll.register(STDIN, select.EPOLLIN)
        self._outbox = Outbox(STDOUT, monotonic())
        self._engine = Engine(self._epoll, self._outbox.add, room=room)
        self._inbox = Inbox()
        self._waits_for_stdout = False
        self._turned_at = monotonic()

    def turn(self) -> bool:
        """Wait, then do what is due; False when it is time to end."""
        began = monotonic()
        busy = began - self._turned_at
        wait = min(self._engine.wait(began), self._outbox.wait(began))
        events = self._epoll.poll(wait)
        self._turned_at = now = monotonic()
        late = busy + max(0.0, now - began - wait)
        for fd, mask in events:
            if fd == STDIN:
                if not self._hear():
                    return False
            elif fd != STDOUT:
                self._engine.ready(fd, mask)
        self._engine.turn(now, late)
        self._outbox.pump(monotonic(), self._engine.schedule.skipped)
        self._watch_stdout()
        return True

    def _watch_stdout(self) -> None:
        if self._outbox.blocked is not self._waits_for_stdout:
            self._waits_for_stdout = self._outbox.blocked
            if self._waits_for_stdout:
                self._epoll.register(STDOUT, select.EPOLLOUT)
            else:
                self._epoll.unregister(STDOUT)

    def _hear(self) -> bool:
        """Read what the hub says; False at the end of the pipe, or when it is not our protocol."""
        try:
            read = os.read(STDIN, 1 << 20)
        except BlockingIOError:
            return True
        if not read:
            return False
        return all(self._obey(said) for said in self._inbox.read(read))

    def _obey(self, said: Whole | Ack | Malformed) -> bool:
        if isinstance(said, Malformed):
            sys.stderr.write(f"sentinel.probe.curl: the hub's line is {said.why}\n")
            self.exit_code = 2
            return False
        if isinstance(said, Ack):
            self._outbox.acknowledged(said.source, said.number)
            return True
        self._outbox.source = self._outbox.source or f"{said.place}/{self._token}"
        self._engine.load(said.checks, said.allow, monotonic())
        gc.collect()
        gc.freeze()
        return True


def _room() -> int:
    """How many probes may run at once with the file descriptors that we are given; asks for more of them first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = _FILES_WANTED if soft == resource.RLIM_INFINITY else soft
    return max(1, min(_PROBES_AT_ONCE, (files - _FILES_FOR_OURSELVES) // _FILES_A_PROBE))


if __name__ == "__main__":
    # Not sys.exit: libcurl would wait for a resolver thread that hangs.
    os._exit(main())
