"""Bare: libcurl alone on the same page, which is the limit: what the name, the connection, the handshake and the answer cost
who keeps and judges nothing. `python -m bench.eyes.bare URL CA SECONDS CHECKS EVERY` prints CPU seconds and how many.

Belongs here: the barest driver of libcurl's multi handle that asks as we do (afresh each time, its certificate shown). Does
not belong here: what it is compared with.
"""

import gc
import os
import select
import subprocess
import sys
from collections import deque
from time import monotonic
from typing import Any, Final

import pycurl

from bench.eyes.target import BODY, Target, pin
from sentinel.probe.request import Request, ask, send_headers, set_up

AT_ONCE: Final = 50
TICK: Final = 0.01
"""Seconds: what is due is started in small groups, as the prober does."""
WARM: Final = 1.0


def measure(target: Target, way: str, *, seconds: float, checks: int, every: float = 0.0) -> float:
    """CPU seconds of libcurl's process per 1,000 looks, on the first core: `checks` each `every` so many seconds, or, where
    that is 0, as fast as they go."""
    told = [target.url(way), str(target.ca), str(seconds), str(checks), str(every)]
    command = [sys.executable, "-m", "bench.eyes.bare", *told]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        pin(process.pid, 0)
        said, _ = process.communicate(timeout=seconds + 60)
    if process.returncode:
        raise RuntimeError(f"libcurl alone failed: {command!r}")
    used, looked = said.split()
    return float(used) / max(1, int(looked)) * 1000


class Bare:
    """`checks` handles that look again and again."""

    def __init__(self, url: str, ca: str, checks: int) -> None:
        self.looked = 0
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._timer: float | None = None
        self._got: dict[pycurl.Curl, int] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self.free = deque(self._made(Request(url=url, ca=ca)) for _ in range(checks))

    def start(self) -> None:
        easy = self.free.popleft()
        self._got[easy] = 0
        self._multi.add_handle(easy)

    def turn(self, until: float) -> None:
        """Wait for what comes, at most until then, and see to it. RuntimeError where a page did not come whole."""
        now = monotonic()
        at = until if self._timer is None else min(until, self._timer)
        for fd, events in self._epoll.poll(max(0.0, at - now)):
            flags = pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
            self._multi.socket_action(fd, flags | (pycurl.CSELECT_IN if events & ~select.EPOLLOUT else 0))
        if self._timer is not None and self._timer <= monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            if bad:
                raise RuntimeError(f"a page did not come: {bad[0][2]}")
            for easy in good:
                self._multi.remove_handle(easy)
                if self._got[easy] != len(BODY):
                    raise RuntimeError("a page did not come whole")
                self.free.append(easy)
            self.looked += len(good)

    def _made(self, request: Request) -> pycurl.Curl:
        easy = pycurl.Curl()
        set_up(easy, request)
        easy.setopt(pycurl.URL, request.url)
        ask(easy, request.method, request.body)
        send_headers(easy, request.headers, request.encoding)

        def take(chunk: bytes) -> None:
            self._got[easy] += len(chunk)

        easy.setopt(pycurl.WRITEFUNCTION, take)
        return easy

    def _watch(self, what: int, fd: int, _multi: Any, _nothing: Any) -> None:
        mask = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (select.EPOLLOUT if what & pycurl.POLL_OUT else 0)
        if what == pycurl.POLL_REMOVE:
            if fd in self._watched:
                self._watched.discard(fd)
                self._epoll.unregister(fd)
        elif fd in self._watched:
            self._epoll.modify(fd, mask)
        else:
            self._watched.add(fd)
            self._epoll.register(fd, mask)

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else monotonic() + milliseconds / 1000


def main(url: str, ca: str, seconds: float, checks: int, every: float) -> int:
    gc.set_threshold(50_000, 10, 10)
    bare = Bare(url, ca, checks if every else AT_ONCE)
    began = monotonic()
    used = looked = 0.0
    is_warm = False
    started, start_at = 0, began
    while (now := monotonic()) < began + WARM + seconds:
        if not is_warm and now >= began + WARM:
            is_warm, used, looked = True, _cpu(), bare.looked
        if now >= start_at:
            start_at = now + TICK if every else now
            wanted = int((now - began) / every * checks) - started if every else len(bare.free)
            for _ in range(min(wanted, len(bare.free))):
                bare.start()
                started += 1
        bare.turn(start_at if every else now + TICK)
    print(_cpu() - used, int(bare.looked - looked))
    return 0


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
