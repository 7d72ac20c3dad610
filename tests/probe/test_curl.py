"""The child as a process: what it says on its pipe, and that it ends with it."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest

from sentinel.model.check import Check
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe import outbox
from sentinel.probe.outbox import Outbox
from sentinel.probe.wire import Ack, Alive, Batch, Malformed, read_from_prober, write_ack, write_orders
from tests.probe.probing import LOOPBACK, check
from tests.probe.servers import answering, page, serving, silent

COMMAND = (sys.executable, "-I", "-m", "sentinel.probe.curl")


class Child:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._read = b""

    def say(self, *lines: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(lines))
        self.process.stdin.flush()

    def order(self, *checks: Check) -> None:
        self.say(*write_orders("hq", LOOPBACK, checks))

    def line(self, deadline: float = 20.0) -> Batch | Alive | Malformed | None:
        """The next thing it says, None at the end of the pipe."""
        assert self.process.stdout is not None
        end = monotonic() + deadline
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - monotonic()))
            assert ready, "the child says nothing"
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return None
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return read_from_prober(line + b"\n")


@contextmanager
def running() -> Iterator[Child]:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


def test_it_says_batches_without_a_gap_with_growing_sequences_and_true_ages() -> None:
    with serving(answering(page())) as server, running() as child:
        began = monotonic()
        child.order(check(server.url(), every=0.1, name="a.b"), check(server.url(), every=0.1, name="a.c"))
        batches = [child.line() for _ in range(6)]
        passed = (monotonic() - began) * 1000
    assert all(isinstance(batch, Batch) for batch in batches)
    told = [batch for batch in batches if isinstance(batch, Batch)]
    assert [batch.number for batch in told] == list(range(1, 7))
    assert len({batch.source for batch in told}) == 1
    assert told[0].source.startswith("hq/")
    rows = [row for batch in told for row in batch.rows]
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert all(0 <= row.age_ms <= passed for row in rows)
    assert {row.check for row in rows} == {"a.b", "a.c"}
    assert {row.verdict for row in rows} == {Verdict.UP}


def test_the_age_counts_from_the_samples_start() -> None:
    with serving(silent) as server, running() as child:
        child.order(check(server.url(), timeout=0.7))
        batch = child.line()
    assert isinstance(batch, Batch)
    assert 700 <= batch.rows[0].age_ms < 2000


@pytest.mark.parametrize("hung", [False, True])
def test_it_ends_when_stdin_ends_even_with_probes_under_way(hung: bool) -> None:
    with serving(silent) as server, running() as child:
        child.order(check(server.url() if hung else "http://127.0.0.1:1/", timeout=30))
        if not hung:
            child.line()
        assert child.process.stdin is not None
        child.process.stdin.close()
        assert child.process.wait(5) == 0


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = (
        "import subprocess, sys, os\n"
        "command = [sys.executable, '-I', '-m', 'sentinel.probe.curl']\n"
        "child = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        watched = os.pidfd_open(pid)
        process.kill()
        ended, _, _ = select.select([watched], [], [], 10)
        os.close(watched)
    assert ended


def test_ctrl_c_is_for_the_hub() -> None:
    with running() as child:
        child.order(check("http://127.0.0.1:1/", every=0.1))
        assert isinstance(child.line(), Batch)
        child.process.send_signal(signal.SIGINT)
        assert isinstance(child.line(), Batch)
        assert isinstance(child.line(), Batch)


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"v":2,"say":"ack"}\n', b"x" * (5 << 20)])
def test_a_hub_that_does_not_speak_the_protocol_is_left(line: bytes) -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={}) as process:
        assert process.stdin is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except BrokenPipeError:
            pass
        assert process.wait(10) == 2
        assert process.stderr is not None
        assert b"the hub's line is" in process.stderr.read()


def test_it_imports_neither_database_nor_web_framework() -> None:
    script = "import sys, json, sentinel.probe.curl, sentinel.probe.kind.http; print(json.dumps(sorted(sys.modules)))"
    found = json.loads(subprocess.run([sys.executable, "-I", "-c", script], check=True, capture_output=True).stdout)
    unwanted = {"sqlalchemy", "fastapi", "starlette", "uvicorn", "jinja2", "httpx", "asyncio", "slack_sdk", "ssl"}
    assert unwanted.isdisjoint(found)


# The outbox, on a pipe that nobody empties.


@contextmanager
def full_pipe() -> Iterator[tuple[Outbox, int]]:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    box = Outbox(writing, 0.0)
    box.source = "hq/1"
    yield box, reading
    os.close(reading)
    os.close(writing)


def add(box: Outbox, count: int, started: float = 0.0, verdict: Verdict = Verdict.DOWN, **facts: Any) -> None:
    for _ in range(count):
        box.add(started, "a.b", SampleKind.SCHEDULED, facts, verdict, "")


def drained(reading: int) -> bytes:
    read = b""
    while True:
        try:
            read += os.read(reading, 1 << 20)
        except BlockingIOError:
            return read


def test_a_full_pipe_holds_nobody_up_and_what_is_unsent_is_bounded() -> None:
    with full_pipe() as (box, reading):
        add(box, 2000, evidence="x" * 200)
        box.pump(1.0, 0)
        assert box.blocked
        add(box, outbox.ROWS_KEPT + 7)
        assert box.dropped >= 7
        now, lines = 1.0, b""
        while box.blocked or box.wait(now) < 1:
            lines += drained(reading)
            now += 0.1
            box.pump(now, 3)
        batches = [read_from_prober(line + b"\n") for line in (lines + drained(reading)).splitlines()]
    told = [batch for batch in batches if isinstance(batch, Batch)]
    assert len(told) == len(batches)
    assert [batch.number for batch in told] == list(range(1, len(told) + 1))
    assert told[-1].counts == {"skipped": 3, "dropped": box.dropped}
    sequences = [row.sequence for batch in told for row in batch.rows]
    assert sequences == sorted(set(sequences))
    assert len(sequences) + box.dropped == 2000 + outbox.ROWS_KEPT + 7


def test_batches_leave_at_once_but_no_more_often_than_every_50_ms() -> None:
    with full_pipe() as (box, reading):
        add(box, 1, started=9.0)
        assert box.wait(10.0) == 0
        box.pump(10.0, 0)
        first = read_from_prober(drained(reading))
        assert isinstance(first, Batch)
        assert first.rows[0].age_ms == 1000
        add(box, 1)
        assert box.wait(10.01) == pytest.approx(0.04)
        box.pump(10.01, 0)
        assert drained(reading) == b""
        box.pump(10.051, 0)
        assert isinstance(read_from_prober(drained(reading)), Batch)


def test_what_is_well_as_before_waits_for_company_and_goes_with_the_first_that_is_news() -> None:
    with full_pipe() as (box, reading):
        add(box, 1, verdict=Verdict.UP)
        assert box.wait(10.0) == 0, "the first that is said of a check is news"
        box.pump(10.0, 0)
        drained(reading)
        add(box, 1, verdict=Verdict.UP)
        assert box.wait(10.0) == pytest.approx(0.5)
        box.pump(10.1, 0)
        assert drained(reading) == b""
        add(box, 1, verdict=Verdict.DEGRADED)
        assert box.wait(10.1) == 0
        box.pump(10.1, 0)
        told = read_from_prober(drained(reading))
        assert isinstance(told, Batch)
        assert [row.verdict for row in told.rows] == [Verdict.UP, Verdict.DEGRADED]
        add(box, 1, verdict=Verdict.UP)
        assert box.wait(10.2) == 0, "so is that it is well again"
        box.pump(10.2, 0)
        add(box, 1, verdict=Verdict.UP)
        assert box.wait(10.3) == pytest.approx(0.4)
        add(box, outbox.ROWS_IN_A_BATCH, verdict=Verdict.UP)
        assert box.wait(10.3) == 0, "a full batch waits for nobody"


def test_a_prober_with_nothing_to_tell_says_that_it_lives() -> None:
    with full_pipe() as (box, reading):
        box.pump(4.9, 0)
        assert drained(reading) == b""
        box.pump(5.0, 0)
        assert read_from_prober(drained(reading)) == Alive(source="hq/1")


def test_a_hub_that_acknowledges_nothing_gets_no_more_until_it_does() -> None:
    with full_pipe() as (box, reading):
        now, got = 0.0, 0
        for _ in range(outbox.UNACKNOWLEDGED + 50):
            now += 0.1
            add(box, 1)
            box.pump(now, 0)
            got += drained(reading).count(b'"say":"batch"')
        assert got == outbox.UNACKNOWLEDGED
        box.acknowledged("hq/other", 10**6)
        box.pump(now + 0.1, 0)
        assert b"batch" not in drained(reading)
        box.acknowledged("hq/1", 500)
        box.pump(now + 0.2, 0)
        assert isinstance(read_from_prober(drained(reading)), Batch)


def test_an_ack_reaches_the_child() -> None:
    with running() as child:
        child.order(check("http://127.0.0.1:1/", every=0.1))
        first = child.line()
        assert isinstance(first, Batch)
        child.say(write_ack(Ack(source=first.source, number=first.number)))
        assert isinstance(child.line(), Batch)
