"""Do providers' reports get lost when they come all at once? `python -m bench.returns [--quick] [--json]`.

A hub of its own process holds as many accepted deliveries as reports are to come. Then as many signed reports, one a request,
are posted from 20 kept connections as fast as they are answered; what is refused for want of room (429, 503) comes again. Half
way through, a person declares a disturbance, as one did before the burst: the staff's message is waited for both times.

Judged: every report that was answered 2xx is in the store, each once, and nothing else is. Times are shown and never judged.
"""

import argparse
import asyncio
import hmac
import json
import os
import sqlite3
import sys
import tempfile
from base64 import b64encode
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import monotonic, time
from typing import Any

import httpx
from sqlalchemy import Connection, insert, select

from sentinel.demo.patience import until
from sentinel.demo.stage import Stage
from sentinel.model.callback import ROOM
from sentinel.model.delivery import Lane, State
from sentinel.model.message import handed_over
from sentinel.store import tables
from sentinel.store.database import Store

CHANNEL = "crm"
CONNECTIONS = 20
KEY = b"a key of twenty-four byt"
OVERRIDES = {
    "channels": {
        CHANNEL: {
            "http": {
                "url": "https://crm.northwind.example/messages",
                "body": {"to": "{address}", "about": "{delivery}"},
                "callbacks": {"secrets": ["${file:callback.secret}"]},
            }
        }
    }
}
WAITED = 60.0


@dataclass(slots=True)
class Burst:
    """What the requests were answered: status → how often; seconds of those that were stored."""

    answers: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    stored: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """`answered`: reports that were answered 2xx; `lost` of them are not in the store, `foreign` nobody sent. `busy`: answers
    that asked to come again. Seconds: of the burst, of an answer (median, 99th of a hundred), to the staff's message."""

    reports: int
    answered: int
    lost: int
    foreign: int
    busy: int
    seconds: float
    a_second: float
    median: float
    p99: float
    staff_before: float
    staff_during: float

    @property
    def holds(self) -> bool:
        return self.answered == self.reports and not self.lost and not self.foreign


async def main(count: int) -> Result:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as place:
        folder = Path(place)
        (folder / "callback.secret").write_text(f"whsec_{b64encode(KEY).decode()}")
        async with Stage(folder, overrides=OVERRIDES) as stage:
            await stage.stop_hub()
            handed = fill(folder / "sentinel.db", count)
            await stage.start_hub()
            before = await told(stage, "payments", "payments.cannot_pay")
            burst, began = Burst(), monotonic()
            requests = iter([request(each, number) for number, each in enumerate(handed)])
            during = asyncio.create_task(_half_way(stage, burst, count))
            async with asyncio.TaskGroup() as group:
                for _ in range(CONNECTIONS):
                    group.create_task(post_all(stage, requests, burst))
            seconds = monotonic() - began
            staff = await during
            await stage.kill_hub()  # whatever was answered is on disk, whatever becomes of the process
            return judged(folder / "sentinel.db", handed, burst, seconds, before, staff)


def fill(path: Path, count: int) -> list[str]:
    """Accepted deliveries of a message that nobody looks at; what their provider was given to name each by."""
    store, now = Store.open(path), datetime.now(UTC)

    def rows(c: Connection) -> list[int]:
        made = [_row(number, now) for number in range(count)]
        for at in range(0, count, 1000):
            c.execute(insert(tables.delivery), made[at : at + 1000])
        return list(c.execute(select(tables.delivery.c.id).order_by(tables.delivery.c.id)).scalars())

    try:
        ids = store.writer.submit(rows).result()[-count:]
    finally:
        store.close()
    return [handed_over(number, f"bench:1/1/opened/p{at}") for at, number in enumerate(ids)]


def _row(number: int, now: datetime) -> dict[str, Any]:
    who = {"person": f"p{number}", "name": "", "address": f"p{number}@northwind.example", "language": "en", "zone": "UTC"}
    about = {"notice": 0, "subject": "bench:1", "episode": 1, "step": "opened", "channel": CHANNEL}
    at = {"due_at": now, "made_at": now, "armed_at": now, "settled_at": now}
    return {**who, **about, **at, "lane": Lane.CUSTOMERS.value, "state": State.ACCEPTED.value, "attempts": 1}


def request(handed: str, number: int) -> tuple[bytes, bytes]:
    """The headers without what is signed anew at each attempt, and the body; half of them came back."""
    kind = "message.bounced" if number % 2 else "message.delivered"
    return f"evt_{number}".encode(), json.dumps({"type": kind, "data": {"delivery": handed, "status": "5.2.2"}}).encode()


def _signed(number: bytes, body: bytes, host: str) -> bytes:
    stamp = str(int(time())).encode()
    proof = b64encode(hmac.digest(KEY, b".".join((number, stamp, body)), "sha256"))
    head = f"POST {ROOM}{CHANNEL} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    signed = b"webhook-id: %s\r\nwebhook-timestamp: %s\r\nwebhook-signature: v1,%s\r\n\r\n" % (number, stamp, proof)
    return head.encode() + signed + body


async def post_all(stage: Stage, requests: Any, burst: Burst) -> None:
    """One provider's connection: the next request as soon as the one before is answered."""
    host, _, port = stage.listen.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for number, body in requests:
        while True:
            began = monotonic()
            writer.write(_signed(number, body, stage.listen))
            status, again = await _answer(reader)
            burst.answers[status] += 1
            if status == 200:
                burst.took.append(monotonic() - began)
                burst.stored += 1
                break
            if status not in (429, 503):
                raise SystemExit(f"a report was answered {status}")
            await asyncio.sleep(min(again, 1.0))
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, float]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    await reader.readexactly(int(fields["content-length"]))
    return int(head[0].split()[1]), float(fields.get("retry-after", "1"))


async def _half_way(stage: Stage, burst: Burst, count: int) -> float:
    async def look() -> bool:
        return burst.stored >= count // 2

    await until(look, WAITED)
    return await told(stage, "documents", "documents.cannot_get_documents")


async def told(stage: Stage, service: str, statement: str) -> float:
    """Somebody says that a service is broken; seconds until the staff's channel has a message more."""
    held = await asyncio.to_thread(_held, stage.folder)
    had, began = len(stage.slack.posts), monotonic()
    async with httpx.AsyncClient(base_url=held["url"], timeout=30, trust_env=False) as client:
        command = {"do": "declare", "service": service, "statement": statement, "why": "callers say so"}
        answer = await client.post("/api/v1/commands", json=command, headers={"authorization": f"Bearer {held['token']}"})
        answer.raise_for_status()

    async def look() -> bool:
        return len(stage.slack.posts) > had

    await until(look, WAITED)
    return monotonic() - began


def _held(folder: Path) -> dict[str, str]:
    """The address and the token that the hub left beside its store."""
    found: dict[str, str] = json.loads((folder / "sentinel.db.hub").read_text())
    return found


def judged(path: Path, handed: list[str], burst: Burst, seconds: float, before: float, during: float) -> Result:
    """Compare what was answered with what the store holds."""
    wanted = {f"evt_{number}": int(each.partition("-")[0]) for number, each in enumerate(handed)}
    with sqlite3.connect(path) as c:
        there = dict(c.execute("SELECT event, delivery FROM callback WHERE provider = ?", (CHANNEL,)).fetchall())
        back = {row[0] for row in c.execute("SELECT id FROM delivery WHERE bounced_at IS NOT NULL")}
    bounced = {delivery for number, delivery in enumerate(wanted.values()) if number % 2}
    lost = sum(there.get(event) != delivery for event, delivery in wanted.items()) + len(bounced - back)
    cuts = quantiles(burst.took, n=100)
    return Result(
        reports=len(wanted),
        answered=burst.stored,
        lost=lost,
        foreign=len(there.keys() - wanted.keys()) + len(back - bounced),
        busy=burst.answers[429] + burst.answers[503],
        seconds=round(seconds, 2),
        a_second=round(len(wanted) / seconds),
        median=round(cuts[49], 4),
        p99=round(cuts[98], 4),
        staff_before=round(before, 2),
        staff_during=round(during, 2),
    )


def show(result: Result) -> None:
    print(f"{result.reports:,} reports from {CONNECTIONS} connections in {result.seconds} s ({result.a_second:,} a second)")
    print(
        f"answered 2xx {result.answered:,}; asked to come again {result.busy:,}; lost {result.lost}; foreign {result.foreign}"
    )
    print(f"an answer took {result.median} s (median), {result.p99} s (p99)")
    print(f"staff were told after {result.staff_before} s before the burst and {result.staff_during} s during it")
    print("holds" if result.holds else "DOES NOT HOLD")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 reports instead of 10,000")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(main(2_000 if given.quick else 10_000))
    if given.json:
        print(json.dumps(asdict(found)))
    else:
        show(found)
    sys.exit(0 if found.holds else 1)
