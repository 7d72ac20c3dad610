"""What a plain HTTP check costs: `python -m bench.probe [--quick] [--json]`.

CPU seconds (user + system) per 1,000 checks of the whole `curl` child, with guard, facts, verdict, schedule and the protocol on
its pipe, beside bare pycurl on the same kind of loop that does nothing but fetch. Both fetch 1 KB from the same local server in
another process, on another core where there is one, by turns in one run: compare the ratio, absolute figures drift.
Two loads: `saturated` (as fast as it goes, 32 at a time) and `paced` (500 checks at 1 s).
"""

import argparse
import asyncio
import json
import os
import select
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import IO

import pycurl

from sentinel.model.check import Check
from sentinel.probe.wire import Ack, Batch, read_from_prober, write_ack, write_orders

BODY = b"x" * 1024
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1024\r\nConnection: close\r\n\r\n" + BODY
CHECKS, AT_ONCE = 500, 32
SETTLING = 2.0
"""Seconds before counting begins: the start is spread and every handle is new."""
GOAL = 0.2 * 0.49
"""A fifth of what blackbox_exporter was measured at, with storage, on another machine: for orientation only."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0 when everything that was fetched was good."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.probe", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="2 rounds of 3 s instead of 5 of 8 s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--bare", nargs=2, metavar=("URL", "LOAD"), help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.serve:
        asyncio.run(serve())
    if asked.bare:
        bare(*asked.bare)
    rounds, seconds = (2, 3.0) if asked.quick else (5, 8.0)
    figures: dict[str, list[float]] = {}
    with serving() as url:
        for _ in range(rounds):
            for load in ("saturated", "paced"):
                figures.setdefault(f"child {load}", []).append(measure_child(url, load, seconds))
                figures.setdefault(f"bare {load}", []).append(measure_bare(url, load, seconds))
    medians = {name: statistics.median(values) for name, values in figures.items()}
    ratios = {load: medians[f"child {load}"] / medians[f"bare {load}"] for load in ("saturated", "paced")}
    if asked.json:
        print(
            json.dumps({"rounds": rounds, "seconds": seconds, "cpu_s_per_1000": figures, "medians": medians, "ratios": ratios})
        )
        return 0
    print(f"CPU seconds per 1,000 plain checks, medians of {rounds} interleaved rounds of {seconds:.0f} s")
    for load in ("saturated", "paced"):
        child, alone = medians[f"child {load}"], medians[f"bare {load}"]
        print(f"  {load:10} child {child:.3f}   bare pycurl {alone:.3f}   ratio {ratios[load]:.2f}")
    print(f"  (goal of the whole product, saturated: {GOAL:.3f} where blackbox_exporter takes 0.49; it is not run here)")
    return 0


def measure_child(url: str, load: str, seconds: float) -> float:
    """CPU seconds of the child per 1,000 samples that it told, over `seconds` after settling."""
    every = timedelta(seconds=0.1 if load == "saturated" else 1.0)
    checks = [
        Check(
            id=f"bench.check-{number}",
            service="bench",
            kind="http",
            options={"url": url},
            every=every,
            up={"status": 200, "body": {"contains": "xxx"}},
            healthy={"below_ms": 5000},
        )
        for number in range(CHECKS)
    ]
    command = [sys.executable, "-I", "-m", "sentinel.probe.curl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        pin(child.pid, 0)
        child.stdin.write(b"".join(write_orders("bench", ("127.0.0.0/8",), checks)))
        child.stdin.flush()
        batches = read_batches(child.stdin, child.stdout)
        count_until(batches, monotonic() + SETTLING)
        before = cpu(child.pid)
        told = count_until(batches, monotonic() + seconds)
        used = cpu(child.pid) - before
        child.stdin.close()
    return used / told * 1000


def read_batches(stdin: IO[bytes], stdout: IO[bytes]) -> Iterator[Batch]:
    """Reads and acknowledges as the hub would; anything but good samples is an error."""
    for line in stdout:
        said = read_from_prober(line)
        if isinstance(said, Batch):
            wrong = [row.reason for row in said.rows if row.verdict != "up"]
            if wrong:
                raise SystemExit(f"bench.probe: a sample was not good: {wrong[0]}")
            stdin.write(write_ack(Ack(source=said.source, number=said.number)))
            stdin.flush()
            yield said


def count_until(batches: Iterator[Batch], deadline: float) -> int:
    told = 0
    for batch in batches:
        told += len(batch.rows)
        if monotonic() >= deadline:
            break
    return told


def measure_bare(url: str, load: str, seconds: float) -> float:
    """The same of bare pycurl in a process of its own, which says how many it fetched each time it is asked."""
    command = [sys.executable, "-m", "bench.probe", "--bare", url, load]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pin(process.pid, 0)
        select.select([], [], [], SETTLING)
        fetched, before = ask(process.stdin, process.stdout), cpu(process.pid)
        select.select([], [], [], seconds)
        fetched, used = ask(process.stdin, process.stdout) - fetched, cpu(process.pid) - before
        process.kill()
    return used / fetched * 1000


def ask(stdin: IO[bytes], stdout: IO[bytes]) -> int:
    stdin.write(b"?\n")
    stdin.flush()
    return int(stdout.readline())


def bare(url: str, load: str) -> None:
    """Fetches for ever, 32 at a time or 500 a second in groups of 10 ms, and answers each line with the count so far."""
    poll, multi, free = (
        select.epoll(),
        pycurl.CurlMulti(),
        [fetcher(url) for _ in range(AT_ONCE if load == "saturated" else 200)],
    )
    watched: dict[int, int] = {}
    timer: list[float] = []
    multi.setopt(pycurl.M_SOCKETFUNCTION, lambda what, fd, _multi, _nothing: watch(poll, watched, what, fd))
    multi.setopt(pycurl.M_TIMERFUNCTION, lambda ms: timer.__setitem__(slice(None), [] if ms < 0 else [monotonic() + ms / 1000]))
    multi.setopt(pycurl.M_MAXCONNECTS, 200)
    poll.register(0, select.EPOLLIN)
    began, started, fetched = monotonic(), 0, 0
    while True:
        now = monotonic()
        due = len(free) if load == "saturated" else int((now - began) * 100) * 5 - started
        for _ in range(min(due, len(free))):
            multi.add_handle(free.pop())
            started += 1
        for fd, events in poll.poll(max(0.0, min([0.01, *(at - now for at in timer)]))):
            if fd == 0:
                os.read(0, 100)
                os.write(1, b"%d\n" % fetched)
            else:
                multi.socket_action(fd, 3 & (2 * bool(events & select.EPOLLOUT) | bool(events & ~select.EPOLLOUT)))
        if timer and timer[0] <= monotonic():
            timer.clear()
            multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        _, good, bad = multi.info_read()
        if bad:
            raise SystemExit(f"bench.probe: {bad[0][1:]}")
        for easy in good:
            multi.remove_handle(easy)
            free.append(easy)
            fetched += 1


def fetcher(url: str) -> pycurl.Curl:
    easy = pycurl.Curl()
    for option, value in (
        (pycurl.URL, url),
        (pycurl.NOSIGNAL, 1),
        (pycurl.FRESH_CONNECT, 1),
        (pycurl.FORBID_REUSE, 1),
        (pycurl.DNS_CACHE_TIMEOUT, 0),
        (pycurl.TIMEOUT_MS, 10_000),
        (pycurl.WRITEFUNCTION, len),
    ):
        easy.setopt(option, value)
    return easy


def watch(poll: select.epoll, watched: dict[int, int], what: int, fd: int) -> None:
    if what == pycurl.POLL_REMOVE:
        if watched.pop(fd, None):
            poll.unregister(fd)
        return
    mask = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (select.EPOLLOUT if what & pycurl.POLL_OUT else 0)
    if fd in watched:
        poll.modify(fd, mask)
    else:
        poll.register(fd, mask)
    watched[fd] = what


class Answerer(asyncio.Protocol):
    """One page to whoever asks, then closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(ANSWER)
        self.transport.close()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answerer, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The server in a process of its own, on the last core."""
    with subprocess.Popen([sys.executable, "-m", "bench.probe", "--serve"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        pin(server.pid, -1)
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
        finally:
            server.kill()


def pin(pid: int, turn: int) -> None:
    """Keep a process on one of our cores, where there are several."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, {cores[turn]})


def cpu(pid: int) -> float:
    """CPU seconds of a running process so far, all its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
