"""What the tests of the faces share: a hub in memory, a clock, and browsers."""

from collections.abc import AsyncIterator

import pytest

from tests.serve.browser import Browser, Clock, client
from tests.serve.hub import MemoryHub


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def stranger(hub: MemoryHub, clock: Clock) -> AsyncIterator[Browser]:
    """Not signed in."""
    async with client(hub, clock) as connection:
        yield Browser(connection)


@pytest.fixture
async def lead(stranger: Browser) -> Browser:
    """Signed in as the lead."""
    assert (await stranger.sign_in()).status_code == 303
    return stranger
