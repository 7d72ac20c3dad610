"""One sample of a kind of the `loop` child, in the event loop that the child has; for servers that run in threads."""

import asyncio
from typing import Any

import uvloop

from sentinel.probe.looking import Came
from tests.probe.looked import sample


def seen(kind: str, options: Any, **more: Any) -> Came:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(sample(kind, options, **more))
