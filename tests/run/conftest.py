"""A house of one's own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import PAY, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def drafted(house: House) -> None:
    """Payments fail in the house of the test, and a draft waits."""
    house.breaks(PAY)
    house.run(house.world.installation.services["payments"].worth_telling)
