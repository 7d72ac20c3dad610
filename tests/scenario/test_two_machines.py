"""Two machines at one place: what one of them cannot see must not blind the other, nor open anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sentinel.model.observation import Verdict
from sentinel.run import placed, sight
from sentinel.store import tables, watching
from tests.run.world import CARD, MINUTE, PAY, SECOND, House

from .test_own_trouble import with_canaries

UP, DOWN = Verdict.UP, Verdict.DOWN
WELL, CUT = "head-office/well", "head-office/cut"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.world = with_canaries(made.world)
    yield made
    made.close()


def sees(house: House, source: str, canaries: Verdict, **targets: Verdict) -> None:
    """What one machine's prober finds: of the canaries, and of its share of the checks."""
    named = {"card": CARD, "pay": PAY}
    house._source = source
    house._batch = house.read(lambda c: watching.cursor_of(c, source))
    house.observe(dict.fromkeys(house.world.canaries, canaries) | {named[name]: found for name, found in targets.items()})


def incidents(house: House) -> int:
    return int(house.read(lambda c: c.execute(select(func.count()).select_from(tables.incident)).scalar_one()))


def pass_time(house: House, seconds: int, *, card: Verdict, well_pay: Verdict) -> None:
    """One machine hangs on a dead line and has the card form to look at; the other sees well, and has paying."""
    for _ in range(0, seconds, 5):
        house.now += 5 * SECOND
        sees(house, CUT, DOWN, card=card)
        sees(house, WELL, UP, pay=well_pay)


def begin(house: House) -> None:
    for _ in range(4):
        house.now += 5 * SECOND
        sees(house, CUT, UP, card=UP)
        sees(house, WELL, UP, pay=UP)


def test_what_a_machine_on_a_dead_line_finds_is_unknown_and_opens_nothing_f24(house: House) -> None:
    """F24 for one of two."""
    begin(house)
    pass_time(house, 60, card=DOWN, well_pay=UP)
    assert incidents(house) == 0
    shown = {one.check: one.shown for one in house.read(watching.all_latest)}
    assert (shown[CARD], shown[PAY]) == ("unknown", "up")


def test_a_machine_that_sees_well_is_not_blinded_by_one_that_does_not_f24(house: House) -> None:
    """F24 for one of two: a real outage is found by whoever can see it."""
    begin(house)
    pass_time(house, 60, card=DOWN, well_pay=DOWN)
    assert incidents(house) == 1
    assert not house.read(lambda c: sight.of(c, house.world)).is_blind


def test_staff_hear_of_the_line_that_is_dead_though_the_other_is_well_f24(house: House) -> None:
    begin(house)
    pass_time(house, 20, card=DOWN, well_pay=UP)
    assert all(one.fails for one in house.read(lambda c: sight.canaries(c, house.world)))


def test_a_machine_that_looks_no_more_has_no_voice_and_is_forgotten(house: House) -> None:
    begin(house)
    pass_time(house, 20, card=DOWN, well_pay=UP)
    for _ in range(8):
        house.now += 5 * SECOND
        sees(house, WELL, UP, pay=UP)
    assert not any(one.fails for one in house.read(lambda c: sight.canaries(c, house.world)))
    house.now += 20 * MINUTE
    sees(house, "head-office/fresh", UP, pay=UP)
    looking = {one.place for one in house.read(lambda c: watching.looks(c, house.world.canaries))}
    assert looking == {"head-office/fresh"}


def test_a_place_is_blind_when_all_who_look_from_it_are(house: House) -> None:
    begin(house)
    for _ in range(4):
        house.now += 5 * SECOND
        for source in (WELL, CUT):
            sees(house, source, DOWN)
    assert house.read(lambda c: sight.of(c, house.world)).is_blind
    blind = house.read(lambda c: sight.blind(c, house.world))
    assert blind == {house.world.installation.place}
    held = house.read(lambda c: placed.unsure(c, house.world, blind, (), house.now))
    assert held == set(house.world.installation.checks)
