"""The clock of a walk: each step named and timed, and a share of the time kept back for what must be done afterwards.

Belongs here: what a step's failing is called. Does not belong here: what steps do (walk.py, browser/), the time limit over
everything (looking.py).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from sentinel.probe.journey.step import fact_of
from sentinel.probe.reach import Reach
from sentinel.probe.trouble import Failed


@contextmanager
def step(name: str, reach: Reach) -> Iterator[None]:
    """What is done inside is the step `name`: its length is a fact, and what goes wrong says where it did."""
    reach.facts["step"] = name
    try:
        with reach.during("beginning", fact_of(name)):
            yield
    except Failed as failed:
        raise Failed(replace(failed.trouble, reason=f"step `{name}`: {failed.trouble.reason}")) from None
    except asyncio.CancelledError:
        reach.phase = f"{reach.phase} in step `{name}`"
        raise


@asynccontextmanager
async def keeping_back(seconds: float, reach: Reach) -> AsyncIterator[None]:
    """What is done inside must leave so many seconds of the sample's time."""
    if seconds <= 0:
        yield
        return
    until = max(0.001, reach.left - seconds)
    try:
        async with asyncio.timeout(until):
            yield
    except TimeoutError:
        reason = f"timed out after {reach.seconds - seconds:.1f} s while {reach.phase}"
        raise Failed(await reach.late(reason)) from None
