"""Which disturbances are one."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.incident.group import Dependencies, root_of
from sentinel.model.incident import IncidentPolicy
from sentinel.model.service import Owner, Service

from .world import SERVICES, World, at, minutes

DEPENDENCIES = Dependencies(SERVICES)


def test_dependencies_of_dependencies_count_also_those_that_nobody_wrote_a_file_for() -> None:
    assert DEPENDENCIES.below("documents") == {"documents": 0, "archive": 1, "ledger": 2}
    assert DEPENDENCIES.below("payments") == {"payments": 0, "ledger": 1, "card-processor": 1}
    assert DEPENDENCIES.below("unheard-of") == {"unheard-of": 0}


def test_services_that_depend_on_each_other_in_a_circle_do_no_harm() -> None:
    owner = Owner(team="x", person="y")
    circle = {
        name: Service(name=name, title={"en": name}, owner=owner, depends_on=(other,)) for name, other in ("ab", "bc", "ca")
    }
    assert set(Dependencies(circle).below("a")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("failing", "root"),
    [
        (["payments"], "payments"),
        (["payments", "documents"], "ledger"),
        (["documents", "archive"], "archive"),
        (["documents", "archive", "payments"], "ledger"),
        (["payments", "ledger"], "ledger"),
        (["documents", "ledger"], "ledger"),
        (["payments", "quoting"], "as it was"),
    ],
)
def test_the_root_is_what_all_depend_on_best_one_that_fails_itself(failing: list[str], root: str) -> None:
    for order in permutations(failing):
        assert root_of(order, "as it was", DEPENDENCIES) == root


def test_a_dependency_between_that_is_good_is_not_the_root_when_one_below_it_fails() -> None:
    assert root_of(["documents", "ledger"], "documents", DEPENDENCIES) == "ledger"


def test_one_that_fails_is_the_root_before_a_nearer_one_below_it_that_does_not() -> None:
    owner = Owner(team="x", person="y")
    depends_on = {"a": ("f1", "disk"), "b": ("f1", "disk"), "f1": ("f2",), "f2": ("f",), "f": ("disk",), "disk": ()}
    services = {
        name: Service(name=name, title={"en": name}, owner=owner, depends_on=below) for name, below in depends_on.items()
    }
    assert root_of(["a", "b", "f"], "a", Dependencies(services)) == "f"


LEDGER_AND_ABOVE = ("ledger.api", "archive.api", "documents.fetch", "payments.card-form", "payments.settlement")
WITHIN = IncidentPolicy().group_within


@given(
    order=st.permutations(LEDGER_AND_ABOVE),
    sinces=st.lists(st.integers(0, 180), min_size=5, max_size=5),
    together=st.lists(st.booleans(), min_size=5, max_size=5),
    with_ledger=st.booleans(),
)
def test_one_failing_dependency_is_one_incident_whatever_the_order_of_its_signals(
    order: list[str], sinces: list[int], together: list[bool], with_ledger: bool
) -> None:
    """The sweep: every order, every spread within `group_within`, decided one by one or several in one round."""
    world = World()
    world.later(4)
    for check, since, at_once in zip(order, sinces, together, strict=True):
        if check == "ledger.api" and not with_ledger:
            continue
        world.fail(check, since=at(since / 60))
        if not at_once:
            world.decide()
        world.later(0.2)
    world.decide()
    assert world.only().root == "ledger"
    assert len(world.only().standing) == 5 - (not with_ledger)


@pytest.mark.parametrize("order", list(permutations(("payments.card-form", "documents.fetch", "ledger.api"))), ids=">".join)
def test_all_orders_of_three(order: tuple[str, ...]) -> None:
    world = World()
    for check in order:
        world.fail(check)
        world.decide()
        world.later(1)
    assert world.only().root == "ledger"


def test_independent_services_that_fail_together_stay_two_incidents() -> None:
    world = World()
    world.fail("quoting.form")
    world.fail("accounts.login")
    world.decide()
    assert {incident.services for incident in world.open()} == {("quoting",), ("accounts",)}


def test_two_that_share_a_dependency_but_failed_far_apart_stay_two_incidents() -> None:
    world = World()
    world.fail("payments.card-form")
    world.decide()
    world.later(3.1)
    world.fail("documents.fetch")
    world.decide()
    assert len(world.open()) == 2


def test_the_first_bad_samples_count_for_together_not_when_the_signals_rose() -> None:
    world = World()
    world.fail("payments.card-form")
    world.decide()
    world.later(10)
    world.fail("documents.fetch", since=at(3))
    world.decide()
    assert world.only().services == ("payments", "documents")


@pytest.mark.parametrize("first", ["ledger.api", "archive.api"])
def test_a_service_joins_the_incident_of_its_dependency_however_late(first: str) -> None:
    world = World()
    world.fail(first)
    world.decide()
    world.later(240)
    world.fail("documents.fetch")
    world.decide()
    assert world.only().root == first.partition(".")[0]


def test_a_dependency_that_fails_later_joins_its_dependents_incident_and_becomes_the_root() -> None:
    world = World()
    world.fail("documents.fetch")
    world.decide()
    assert world.only().root == "documents"
    world.later(20)
    world.fail("archive.api")
    world.decide()
    assert world.only().root == "archive"


def test_its_own_services_incident_comes_before_any_other() -> None:
    world = World()
    world.fail("payments.card-form")
    world.decide()
    world.later(3.1)
    world.fail("documents.fetch")
    world.decide()
    world.fail("documents.fetch", "slow")
    world.decide()
    assert [len(incident.standing) for incident in world.open()] == [1, 2]


def test_what_was_resolved_within_half_an_hour_is_reopened_and_later_it_is_a_new_one() -> None:
    for pause, count in ((29.0, 1), (31.0, 2)):
        world = World()
        world.fail("quoting.form")
        world.decide()
        world.later(1)
        world.heal("quoting.form")
        world.decide()
        world.later(5)
        world.decide()
        assert world.only().resolved_at == world.now
        world.now += minutes(pause)
        world.fail("quoting.form")
        world.decide()
        assert len(world.folded) == count
