"""The child that looks when it is asked: `python -m sentinel.probe.asked`, for scrapers that want one sample of one target now.

A line of JSON on stdin asks, a line on stdout answers, in whatever order they end; it ends when stdin ends. No schedule, no
database, no secret but those of what is asked for.
"""

import asyncio
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import uvloop

from sentinel.probe.once import Sampled, sample
from sentinel.probe.question import AT_ONCE, LINE_LIMIT, check_of
from sentinel.probe.reach import THREADS

STDIN: Final = 0
TOLD: Final = frozenset({"content-length"})
"""Headers of an answer that somebody wants to know."""


def main() -> int:
    """Run until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, whose end we see by the pipe
    # Not closed: that would wait for threads, and one that hangs would keep us here when the hub is gone.
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(_serve())
    return 0


async def _serve() -> None:
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    # A sample by libcurl has a thread while it lasts; kinds that block have some more.
    loop.set_default_executor(ThreadPoolExecutor(AT_ONCE + 2 * THREADS, thread_name_prefix="sample"))
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(STDIN, "rb", 0))
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        one = asyncio.create_task(_answer(json.loads(line)))
        running.add(one)
        one.add_done_callback(running.discard)
    for one in running:
        one.cancel()


async def _answer(asked: dict[str, Any]) -> None:
    sampled = await sample(check_of(asked), tuple(asked["allow"]), datetime.now(UTC))
    sys.stdout.write(json.dumps({"id": asked["id"], **told(sampled)}) + "\n")
    sys.stdout.flush()


def told(sampled: Sampled) -> dict[str, Any]:
    """What one line answers."""
    return {
        "verdict": sampled.verdict.value,
        "reason": sampled.reason,
        "facts": dict(sampled.facts),
        "headers": {name.lower(): value for name, value in sampled.headers if name.lower() in TOLD},
        "first_expiry": sampled.first_expiry.timestamp() if sampled.first_expiry else None,
        "asserted_failed": [one.words for one in sampled.asserted if one.saw and one.block == "up"],
    }


if __name__ == "__main__":
    # Not sys.exit: a thread that hangs in libcurl's resolver or in a driver would be waited for.
    os._exit(main())
