"""A timeline that is read again and again is folded on from where it was, and always tells what a fold of all of it tells."""

from dataclasses import replace
from operator import is_

from sentinel.incident.fold import fold
from sentinel.model.command import Acknowledge, Note
from sentinel.model.incident import Acknowledged
from sentinel.run import timeline
from sentinel.run.timeline import Folds
from sentinel.store import incidents
from tests.run.world import CARD, MINUTE, PAY, House


def lived(house: House) -> None:
    house.breaks(CARD, PAY)
    house.done(Acknowledge(incident=1))
    house.done(Note(incident=1, text="We look."))
    house.heals(CARD, PAY)
    house.run(20 * MINUTE)


def test_every_beginning_tells_what_it_told_alone(house: House) -> None:
    lived(house)
    entries = house.store.read(lambda c: incidents.timeline(c, 1))
    assert len(entries) > 4
    beginnings = [entries[:upto] for upto in (*range(1, len(entries) + 1), *range(len(entries), 0, -1))]
    assert [timeline.told_by(each) for each in beginnings] == [fold(each) for each in beginnings]


def test_a_timeline_that_has_not_grown_is_not_folded_again_however_many_are_open(house: House) -> None:
    lived(house)
    entries = house.store.read(lambda c: incidents.timeline(c, 1))
    every = [[replace(each, incident=number) for each in entries] for number in range(1, 301)]
    first = [timeline.told_by(each) for each in every]
    assert all(map(is_, [timeline.told_by(each) for each in every], first))


def test_the_timelines_asked_for_last_are_known_and_no_more_lines_than_that(house: House) -> None:
    lived(house)
    entries = house.store.read(lambda c: incidents.timeline(c, 1))
    folds = Folds(2 * len(entries))
    one, two, three = ([replace(each, incident=number) for each in entries] for number in (1, 2, 3))
    first, second = folds.of(one), folds.of(two)
    assert folds.of(one) is first
    folds.of(three)
    assert folds.of(one) is first, "it was asked for after the second"
    assert folds.of(two) is not second


def test_the_same_number_in_another_store_is_folded_anew(house: House) -> None:
    lived(house)
    entries = house.store.read(lambda c: incidents.timeline(c, 1))
    known = timeline.told_by(entries)
    others = [replace(each, who="somebody") if isinstance(each.said, Acknowledged) else each for each in entries]
    assert timeline.told_by(others) == fold(others) != known
