"""A claim that stands while the files are edited: what it may do follows them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sentinel.model.incident import Phase
from sentinel.run import allowed
from sentinel.store import incidents
from tests.run.test_warnings import told
from tests.run.world import CARD, HOUR, MINUTE, PAY, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def lets(house: House, *warns: str) -> None:
    """Files by which these detectors of the card form may only warn take effect, as the hub puts them in force."""
    there = house.world.installation
    checks = {**there.checks, CARD: replace(there.checks[CARD], warns=warns)}
    house.world = replace(house.world, installation=replace(there, checks=checks))
    house.do(lambda c: allowed.lift(c, house.world))


def opened(house: House) -> int:
    return len(house.read(incidents.all_ids))


def test_what_only_warned_opens_an_incident_that_began_with_it_and_says_why_it_comes_late(house: House) -> None:
    lets(house, "outage")
    began = house.now
    house.breaks(CARD, PAY)
    lets(house, "outage", "slow")
    house.run(20 * MINUTE)
    assert {one.signal.split("@")[0] for one in house.incident().standing} == {f"outage:{PAY}"}
    lets(house)
    house.run(2 * MINUTE)
    assert {one.signal.split("@")[0] for one in house.incident().standing} == {f"outage:{PAY}", f"outage:{CARD}"}
    assert house.incident().began_at == began
    said = [entry.why for entry in house.entries() if CARD in entry.why]
    assert len(said) == 1
    assert allowed.SAYS in said[0]


def test_alone_it_opens_one_that_ends_when_its_check_is_good(house: House) -> None:
    lets(house, "outage")
    house.breaks(CARD)
    house.run(20 * MINUTE)
    assert opened(house) == 0
    lets(house)
    house.run(2 * MINUTE)
    assert opened(house) == 1
    house.heals(CARD)
    house.run(10 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED


def test_one_that_may_still_only_warn_opens_none_and_reading_the_files_again_says_nothing_twice(house: House) -> None:
    lets(house, "outage")
    house.breaks(CARD)
    lets(house, "outage")
    house.round()
    assert opened(house) == 0
    for _ in range(3):
        lets(house)
    house.round()
    assert next(entry.why.count(allowed.SAYS) for entry in house.entries()) == 1


def test_an_incident_keeps_what_may_only_warn_from_now_on_and_sees_its_end(house: House) -> None:
    house.breaks(CARD)
    lets(house, "outage")
    house.run(5 * MINUTE)
    assert len(house.incident().standing) == 1
    house.heals(CARD)
    house.run(10 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED
    house.breaks(CARD)
    house.run(HOUR)
    assert opened(house) == 1, "what rises from now on only warns"


def test_staff_who_were_warned_do_not_read_that_it_is_over_because_it_has_become_an_incident(house: House) -> None:
    lets(house, "outage")
    house.breaks(CARD)
    headlines = told(house, lambda: lets(house))
    assert len(headlines) == 1
    house.round()
    assert opened(house) == 1
