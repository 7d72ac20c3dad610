"""What callers may not do: seem fewer than they are, end or reopen what others saw, hold up an end for ever."""

from dataclasses import replace
from datetime import timedelta

from sentinel.model.command import Resolve
from sentinel.model.contact import SLOT
from sentinel.model.incident import Phase
from sentinel.run import callers

from .test_callers import SLOW, count, has_counted, push, standing
from .world import CARD, HOUR, MINUTE, PAY, SECOND, House


def passes(house: House, slots: int, calls: int | None = None, at_once: int = 1) -> None:
    """So many quarters of an hour pass, and so many call in each (None: nobody says how many), `at_once` between looks."""
    for _ in range(0, slots, at_once):
        house.now += at_once * SLOT
        if calls is not None:
            push(house, *(count(house, calls, house.now - back * SLOT) for back in range(at_once)))
        for _ in range(2):
            house.now += SECOND
            house.round()


def told(house: House) -> None:
    """Customers have been told that they cannot pay."""
    has_counted(house, usual=20)
    house.breaks(CARD)
    house.breaks(PAY)
    house.run(5 * MINUTE)
    house.tell()
    house.run(MINUTE)


def test_it_stands_for_as_long_as_they_call_however_long_that_is(house: House) -> None:
    has_counted(house, days=56, usual=20)
    push(house, count(house, 55))
    house.round()
    assert standing(house)
    house.now += 6 * HOUR
    push(house, *(count(house, 55, house.now - back * SLOT) for back in range(25)))
    house.round()
    assert standing(house)


def test_a_feed_that_stops_is_no_word_that_nobody_calls(house: House) -> None:
    has_counted(house, usual=20)
    push(house, count(house, 75))
    house.run(MINUTE)
    passes(house, 8)
    assert standing(house)
    passes(house, 4, 20)
    assert not standing(house)


def test_a_feed_that_is_taken_down_ends_it_after_a_day_and_nobody_saw_it_good(house: House) -> None:
    has_counted(house, usual=20)
    push(house, count(house, 75))
    house.run(MINUTE)
    house.now += timedelta(days=1)
    passes(house, 3)
    assert not standing(house)
    assert house.incident().recovered_at is None


def test_that_nobody_calls_once_the_phones_are_closed_is_no_end(house: House) -> None:
    """Open from eight to eleven by UTC, on each of 14 days; it begins at ten, and at eleven nobody calls any more."""
    first = house.now.replace(hour=8) - timedelta(days=14)
    for day in range(14):
        push(house, *(count(house, 20 if each < 12 else 0, first + timedelta(days=day) + each * SLOT) for each in range(24)))
    push(house, count(house, 75))
    house.run(MINUTE)
    assert standing(house)
    passes(house, 3, 75)
    passes(house, 6, 0)
    assert standing(house)
    passes(house, 84, 0, at_once=12)
    passes(house, 6, 20)
    assert not standing(house)


def test_callers_after_the_all_clear_reopen_nothing_that_was_confirmed(house: House) -> None:
    told(house)
    house.heals(CARD, PAY)
    house.run(14 * MINUTE)
    assert house.postman.heard("closed")
    push(house, count(house, 75))
    house.run(2 * MINUTE)
    assert (house.incident().phase, house.incident().episode) == (Phase.RESOLVED, 1)
    assert house.incident(2).phase is Phase.SUSPECTED


def test_callers_hold_up_the_end_for_an_hour_after_the_checks_are_good(house: House) -> None:
    told(house)
    push(house, count(house, 75))
    house.run(2 * MINUTE)
    house.heals(CARD, PAY)
    passes(house, 3, 75)
    assert house.incident().phase is Phase.INVESTIGATING
    passes(house, 2, 75)
    assert standing(house)
    assert house.incident().phase is Phase.RESOLVED


def test_callers_about_what_no_check_saw_hold_it_until_a_person_ends_it(house: House) -> None:
    told(house)
    push(house, count(house, 75, statement=SLOW))
    house.run(2 * MINUTE)
    assert "still failing" in house.refused(Resolve(incident=1)).why
    house.heals(CARD, PAY)
    for _ in range(6):
        house.now += SLOT
        push(house, count(house, 75, statement=SLOW))
        house.round()
    assert house.incident().phase is Phase.INVESTIGATING
    house.done(Resolve(incident=1))
    house.run(40 * MINUTE, step=10 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED
    assert house.read(lambda c: c.exec_driver_sql("select count(*) from incident").scalar()) == 1


def test_files_that_ask_for_a_longer_look_are_heeded_at_once(house: House) -> None:
    has_counted(house, usual=20)
    push(house, count(house, 75))
    house.run(MINUTE)
    policy = replace(house.world.installation.contacts, clears_after=8 * SLOT)
    house.world = replace(house.world, installation=replace(house.world.installation, contacts=policy))
    house.now += MINUTE
    house.do(lambda c: callers.see_to(c, house.world, house.now))
    assert standing(house)
