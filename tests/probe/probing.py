"""Runs the engine in this process until it has said enough."""

import select
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from sentinel.model.check import Check
from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.probe.engine import Engine

LOOPBACK = ("127.0.0.0/8",)


@dataclass(frozen=True, slots=True)
class Said:
    started: float
    check: str
    sample: SampleKind
    facts: Mapping[str, Fact]
    verdict: Verdict
    reason: str


def check(options: Any, *, timeout: float = 5.0, every: float = 0.2, name: str = "payments.form", **blocks: Any) -> Check:
    return Check(
        id=name,
        service="payments",
        kind="http",
        options={"url": options} if isinstance(options, str) else options,
        every=timedelta(seconds=every),
        timeout=timedelta(seconds=timeout),
        **blocks,
    )


class Bench:
    """An engine with its epoll, turned by hand."""

    def __init__(self, resolvers: tuple[tuple[str, int], ...] = (("127.0.0.1", 9),), room: int = 50) -> None:
        self.said: list[Said] = []
        self.epoll = select.epoll()
        self.engine = Engine(self.epoll, lambda *said: self.said.append(Said(*said)), room=room, resolvers=lambda: resolvers)

    def turn(self, late: float = 0.0) -> None:
        for fd, mask in self.epoll.poll(min(0.05, self.engine.wait(monotonic()))):
            self.engine.ready(fd, mask)
        self.engine.turn(monotonic(), late)

    def until(self, count: int, deadline: float = 20.0) -> list[Said]:
        end = monotonic() + deadline
        while len(self.said) < count:
            assert monotonic() < end, f"only {self.said} within {deadline} s"
            self.turn()
        return self.said


def probe(wanted: Check, allow: tuple[str, ...] = LOOPBACK, **bench: Any) -> Said:
    """The first sample of a check."""
    running = Bench(**bench)
    running.engine.load([wanted], allow, monotonic())
    return running.until(1)[0]
