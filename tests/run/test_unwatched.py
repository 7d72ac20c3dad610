"""What nobody watches any more is forgotten, and its signals end; what another hub watches is not ours to forget."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sentinel.model.process import Process
from sentinel.run import unwatched
from sentinel.run.presence import oneself
from sentinel.store import processes, watching
from tests import postgres

from .world import CARD, MINUTE, PAY, SECOND, House

ME = "serve-me"


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, database=postgres.shared().new_store() if request.param == "postgresql" else "")
    yield made
    made.close()


def beats(house: House, name: str, place: str) -> Process:
    """Another hub lives."""
    made = replace(oneself("serve", place=place, name=name, now=house.now), id=name)
    house.do(lambda c: processes.beat(c, made, house.now))
    return made


def forgets(house: House) -> list[str]:
    """What a hub with the house's files would forget; the checks and places whose signals end."""
    ended = house.do(lambda c: unwatched.forget(c, house.world, ME, house.now))
    return [f"{one.check}@{one.place}" for one in ended]


def without(house: House, check: str) -> None:
    """The files of an older checkout, which do not know this check."""
    left = {name: one for name, one in house.world.installation.checks.items() if name != check}
    fitted = {name: one for name, one in house.world.detectors.items() if name != check}
    house.world = replace(house.world, installation=replace(house.world.installation, checks=left), detectors=fitted)


def moves_to(house: House, place: str) -> None:
    house.world = replace(house.world, installation=replace(house.world.installation, place=place))


def test_alone_a_hub_forgets_what_its_files_do_not_name(house: House) -> None:
    place = house.world.installation.place
    house.breaks(CARD)
    without(house, CARD)
    assert forgets(house) == [f"{CARD}@{place}"]
    house.round()
    assert house.incident().standing == ()


def test_an_older_checkout_beside_a_newer_one_forgets_nothing_that_the_newer_one_watches(house: House) -> None:
    """Its signals would end, and with them an outage that goes on."""
    house.breaks(CARD)
    beats(house, "serve-newer", house.world.installation.place)
    without(house, CARD)
    assert forgets(house) == []
    house.round()
    assert len(house.incident().standing) == 1


def test_what_both_have_taken_out_is_forgotten_once_nobody_has_looked_for_a_while(house: House) -> None:
    place = house.world.installation.place
    house.breaks(CARD)
    without(house, CARD)
    house.now += 9 * MINUTE
    beats(house, "serve-other", place)
    assert forgets(house) == []
    house.now += 2 * MINUTE
    beats(house, "serve-other", place)
    assert forgets(house) == [f"{CARD}@{place}"]


def test_a_place_that_was_renamed_during_an_outage_leaves_no_signal_for_ever(house: House) -> None:
    before = house.world.installation.place
    house.breaks(CARD)
    moves_to(house, "new-office")
    assert forgets(house) == [f"{CARD}@{before}"]
    house.round()
    assert house.incident().standing == ()
    assert {one.place for one in house.read(watching.all_latest)} == set()
    assert house.do(lambda c: watching.forget(c, house.world.watched, house.now)) == []


def test_a_place_from_which_another_hub_looks_is_no_place_that_is_gone(house: House) -> None:
    before = house.world.installation.place
    house.breaks(CARD, PAY)
    house.now += timedelta(hours=2)
    beats(house, "serve-there", before)
    moves_to(house, "new-office")
    assert forgets(house) == []
    house.now += 31 * SECOND
    if house.store.shared:  # its clock is the database's: the other hub says goodbye
        house.do(lambda c: processes.leave(c, "serve-there"))
    assert sorted(forgets(house)) == sorted([f"{CARD}@{before}", f"{PAY}@{before}"])
