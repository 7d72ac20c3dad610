"""Bugs of watching: own faults taken for theirs, downtime counted, names that are looked up again after they were judged.

Belongs here: patches of intake, heartbeats and the guard of addresses. Does not belong here: who finds them (table.py).
"""

import socket
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bench.chaos.bugs.plant import plant


def own_exception_as_down() -> None:
    """What our own prober cannot do is taken for the target's fault."""
    from sentinel.model.observation import Verdict
    from sentinel.run import intake

    def take(c: Any, world: Any, batch: Any, at: Any) -> Any:
        rows = tuple(row._replace(verdict=Verdict.DOWN) if row.verdict is Verdict.UNKNOWN else row for row in batch.rows)
        return was(c, world, replace(batch, rows=rows), at)

    was = plant(intake, "take", take)


def overdue_counts_downtime() -> None:
    """A hub that was away counts its absence against whoever could not reach it."""
    from sentinel.detect.kind import silence
    from sentinel.run import listening

    plant(listening, "begin", lambda c: None)
    plant(silence, "stretch", lambda up_since, seen_at, now, longest: up_since or now)


def check_then_resolve_again() -> None:
    """A name is looked up and judged; then whatever it leads to at the next look is connected to."""
    from sentinel.deliver.outcome import Down
    from sentinel.deliver.post import Post
    from sentinel.model.guard import refusal
    from sentinel.probe.kind import http

    def judged_before(url: str) -> bool:
        found = socket.getaddrinfo(urlsplit(url).hostname, None)
        return not any(refusal(str(each[4][0])) for each in found)

    async def send(self: Post, call: Any, arm: Any) -> Any:
        if not judged_before(call.url):
            return Down(reason="it is where Sentinel may not go")
        self._gate = _open_gate
        return await was(self, call, arm)

    def exchange(options: Any, gate: Any, rules: Any) -> Any:
        return made(options, _open_gate if judged_before(options.url) else gate, rules)

    was = plant(Post, "send", send)
    made = plant(http, "exchange", exchange)


def _open_gate(_address: str) -> str | None:
    return None
