"""How many connections a channel opens."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest

from sentinel.deliver.channel import email
from sentinel.deliver.outcome import NotArmed, Outcome
from sentinel.model.delivery import Lane
from sentinel.model.installation import Channel
from sentinel.model.message import Message
from sentinel.run.kinds import FoundKinds
from sentinel.run.outlet import Means, Outlet, Terms
from sentinel.run.sender import openers, terms_of


class Idle:
    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        return NotArmed()

    async def close(self) -> None: ...


def means(lane: Lane) -> Means:
    nothing: Any = cast(Any, None)  # nothing is claimed here, so nothing is asked of these
    return Means(
        lane=lane,
        store=nothing,
        scribe=nothing,
        words=nothing,
        now=lambda: datetime(2026, 6, 8, tzinfo=UTC),
        connections=4,
        rng=Random(1),
        lease=timedelta(seconds=60),
    )


@pytest.mark.parametrize(
    ("lane", "wished", "opened"), [(Lane.CUSTOMERS, 20, 20), (Lane.CUSTOMERS, None, 4), (Lane.STAFF, 20, 4)]
)
async def test_a_channel_opens_the_connections_that_were_written_for_customers_alone(
    lane: Lane, wished: int | None, opened: int
) -> None:
    made: list[Idle] = []

    def opener() -> Idle:
        made.append(Idle())
        return made[-1]

    outlet = Outlet("email", opener, means(lane), Terms(connections=wished))
    outlet.start()
    await asyncio.sleep(0)
    assert len(made) == opened
    await outlet.stop(1.0)


def test_what_the_file_says_of_a_channel_reaches_its_opener() -> None:
    options = email.Options.model_validate({"server": "smtp://127.0.0.1:25", "from": "a@x.example"})
    channel = Channel(name="email", kind="email", options=options, connections=20)
    made = openers({"email": channel}, FoundKinds(), bytes(32), lambda: datetime(2026, 6, 8, tzinfo=UTC))
    assert terms_of(made["email"]).connections == 20
