"""Much that fails, and what fails again and again, is little to read: for staff, and for customers least of all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sentinel.model.delivery import Lane, State
from sentinel.model.observation import Verdict
from sentinel.store import tables
from tests.run.world import CARD, DOCUMENTS, LEDGER, MINUTE, SECOND, House

MANY = 60


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def multiplied(house: House, *like: str) -> tuple[str, ...]:
    """`MANY` checks in all, each like one of these."""
    world = house.world
    names = {f"{like[at % len(like)]}-{at}": like[at % len(like)] for at in range(MANY - len(like))}
    checks = {name: replace(world.installation.checks[one], id=name) for name, one in names.items()}
    installation = replace(world.installation, checks={**world.installation.checks, **checks})
    detectors = {**world.detectors, **{name: world.detectors[one] for name, one in names.items()}}
    house.world = replace(world, installation=installation, detectors=detectors)
    return (*like, *names)


def count(house: House, table: str) -> int:
    return house.read(lambda c: c.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one())


def test_a_dependency_outage_of_many_checks_is_one_incident_and_one_draft(house: House) -> None:
    """F26 with sixty checks (the row asks for a thousand): at most three messages by each staff channel in five minutes."""
    everything = multiplied(house, LEDGER, CARD, DOCUMENTS)
    house.now += 20 * SECOND
    house.observe(dict.fromkeys(everything, Verdict.DOWN), ages=(20, 10, 0))
    end = house.now + 5 * MINUTE
    while house.now < end:
        house.post()
        house.now += 150 * SECOND
        house.observe(dict.fromkeys(everything, Verdict.DOWN))
    house.post()
    assert count(house, "incident") == 1
    assert len(house.drafts()) == 1
    told = Counter(row.channel for row in house.rows(lane=Lane.STAFF) if row.state is State.ACCEPTED)
    assert told
    assert max(told.values()) <= 3
    assert house.postman.letters("opened") == []


def test_a_target_that_flaps_for_an_hour_is_one_incident_and_customers_hear_of_it_twice_at_most(house: House) -> None:
    """F27: at most one word of the start, and one of the end once it stays well."""
    house.watched = (CARD,)
    end = house.now + 60 * MINUTE
    while house.now < end:
        house.breaks(CARD)
        house.settle_down()
        if house.drafts():
            house.tell()
        house.run(MINUTE, step=MINUTE)
        house.heals(CARD)
        house.run(MINUTE, step=MINUTE)
    assert count(house, "incident") == 1
    assert not house.postman.letters("closed"), "it was never well for long"
    house.run(30 * MINUTE)
    for step in ("opened", "closed"):
        heard = Counter(sent.row.person for sent in house.postman.letters(step))
        assert heard
        assert set(heard.values()) == {1}
    assert house.postman.letters("again") == []
    assert house.postman.heard("opened") == house.postman.heard("closed")
    assert count(house, "incident") == 1
