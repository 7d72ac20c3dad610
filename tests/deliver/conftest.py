"""The sink that the channels by HTTP talk to."""

from collections.abc import AsyncIterator

import pytest

from sentinel.demo.provider import Provider
from tests.deliver.letters import NOW


@pytest.fixture
async def sink() -> AsyncIterator[Provider]:
    made = Provider(clock=lambda: NOW)
    made.terms.dedupes = False  # a test that is about repeats says so
    await made.start()
    yield made
    await made.stop()
