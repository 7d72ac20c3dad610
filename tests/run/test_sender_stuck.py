"""A lane whose connections all wait for slow replies keeps nothing to itself that another process could send meanwhile."""

import asyncio
from collections import Counter
from datetime import timedelta

from sentinel.demo.mishap import Answer, Moment, Step

from .test_sender import House, running
from .test_sender import house as house

SEVERAL = tuple(f"p{number}" for number in range(8))


async def test_what_waits_behind_stuck_connections_is_given_back_and_goes_once_when_they_are_free(house: House) -> None:
    """A machine that is cut off from its relay alone: each connection waits for the reply to a final dot, up to ten minutes."""
    house.opening(*SEVERAL)
    reply = asyncio.Event()

    async def stuck(moment: Moment) -> Answer:
        if moment.step is Step.TAKEN:
            await reply.wait()
        return None

    house.room.hook = stuck
    async with house.sending(connections=2, lease=timedelta(milliseconds=900), now=running()):
        await house.until(lambda states: Counter(states.values()) == {"armed": 2, "queued": 6})
        reply.set()
        await house.until(lambda states: Counter(states.values()) == {"accepted": 8})
    assert house.sent() == sorted(f"{name}@example.com" for name in SEVERAL)
