"""What only warns: no timeline is another for it, whatever it says and whenever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sentinel.model.incident import Incident
from sentinel.model.observation import Verdict
from sentinel.model.signal import WARNS
from tests.incident.world import VERDICTS, World

CARD, PAY, LEDGER = "payments.card-form", "payments.pay", "ledger.api"
PLACES = ("office", "madrid", "vigo")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    for kind in WARNS:
        monkeypatch.setitem(VERDICTS, kind, Verdict.DEGRADED)
    return World()


def everywhere(world: World, detector: str) -> None:
    """It warns of three checks, from three places, and has for hours."""
    for check in (CARD, PAY, LEDGER):
        for place in PLACES:
            world.fail(check, detector, since=world.now - timedelta(hours=5), place=place)


def test_those_that_say_what_customers_feel_do_not_only_warn() -> None:
    assert not WARNS & {"outage", "slow", "silence", "contacts", "hook"}


@pytest.mark.parametrize("detector", sorted(WARNS))
def test_it_opens_nothing_from_however_many_places(world: World, detector: str) -> None:
    everywhere(world, detector)
    world.places = {check: set(PLACES) for check in (CARD, PAY, LEDGER)}
    assert world.moves() == ()


def lived(world: World, warn: Callable[[int], None]) -> list[Incident]:
    """An outage that comes, is confirmed, heals, breaks the hold, is over, and comes back. `warn` is called at each turn."""
    fails, heals = [(CARD,), (PAY,), (), (PAY,), (), (), (), (), (CARD,)], {2: (CARD, PAY), 4: (PAY,)}
    for number, failing in enumerate(fails):
        warn(number)
        world.decide()
        for check in failing:
            world.fail(check)
        for check in heals.get(number, ()):
            world.heal(check)
        world.decide()
        world.later(8)
    return list(world.folded.values())


@pytest.mark.parametrize("turn", range(9))
def test_an_incident_is_the_same_with_a_warning_at_any_turn(world: World, turn: int) -> None:
    """The same beginning, phase, felt statements, recovery, end and recurrence; dated back for hours, it moves none of them."""
    alone = World()
    before = lived(alone, lambda _: None)
    assert {"recovering", "recovery_broken", "resolved", "reopened"} <= set(alone.kinds())
    assert lived(world, lambda now: everywhere(world, "unusual") if now == turn else None) == before


@pytest.mark.parametrize("turn", range(9))
def test_an_outage_of_a_check_that_only_warns_is_like_any_warning(world: World, turn: int) -> None:
    alone = World()
    before = lived(alone, lambda _: None)

    def warn(now: int) -> None:
        for place in PLACES if now == turn else ():
            one = world.fail(LEDGER, since=world.now - timedelta(hours=5), place=place)
            world.signals[one.id] = replace(one, warns=True)

    assert lived(world, warn) == before


def lift(world: World) -> None:
    """The card form has failed for days, which only warned until now."""
    one = world.fail(CARD, since=world.now - timedelta(days=3))
    world.signals[one.id] = replace(one, warns=True, lifted=True)


def test_what_is_lifted_opens_an_incident_that_began_with_it(world: World) -> None:
    lift(world)
    world.decide()
    assert world.only().began_at == world.now - timedelta(days=3)


def test_what_is_lifted_dates_no_incident_back_that_there_is(world: World) -> None:
    """Customers were told since when: their closing and the time that is left would speak of another disturbance."""
    began = world.now
    world.fail(PAY)
    world.decide()
    world.later(10)
    lift(world)
    world.decide()
    assert len(world.only().standing) == 2
    assert (world.only().began_at, world.only().first_began_at) == (began, began)
    assert world.moves() == ()


def test_what_is_lifted_reopens_nothing_that_was_about_another_thing(world: World) -> None:
    """Slow all the while, though cards could not be taken for a time: customers would read that it has come back."""
    world.fail(PAY)
    world.decide()
    world.heal(PAY)
    world.later(20)
    world.decide()
    assert world.only().resolved_at is not None
    one = world.fail(CARD, "slow", since=world.now - timedelta(days=3))
    world.signals[one.id] = replace(one, warns=True, lifted=True)
    world.decide()
    ended, new = world.folded.values()
    assert ended.phase.is_over
    assert [one.signal for one in new.standing] == [one.id]
    assert new.began_at == world.now - timedelta(days=3)


@pytest.mark.parametrize("told", [False, True])
def test_what_is_lifted_reopens_an_incident_from_its_end_on_and_not_from_before_it(world: World, told: bool) -> None:
    began = world.now
    world.fail(PAY)
    world.decide()
    world.later(1)
    world.heal(PAY)
    world.decide()
    world.later(16)
    world.decide()
    ended = world.only().resolved_at
    assert ended is not None
    world.told_of_end = {1} if told else set()
    world.later(10)
    lift(world)
    world.decide()
    again = world.only()
    assert (again.episode, again.began_at, again.first_began_at) == ((2, ended, began) if told else (1, began, began))
    assert [one.since for one in again.standing] == [ended]
