"""Which strata a kill hit is said by the file, and the plans aim at all of them."""

from collections import Counter
from random import Random

import pytest
from bench.chaos.plan import FULL, MOST_RUNS, QUICK, WANTED, by_chance, next_plan
from bench.chaos.points import AIMS_AT, Point, Stratum, hit
from bench.chaos.truth import NoticeRow, Row, Truth

ANA = "ana@example.com"


def truth_of(*states: str, lane: str = "customers", step: str = "opened", broken: bool = True, healed: bool = False) -> Truth:
    rows = tuple(
        Row(
            id=number,
            lane=lane,
            step=step,
            state=state,
            subject="incident:1",
            episode=1,
            person=f"p{number}",
            address=ANA if number == 1 else f"p{number}@example.com",
        )
        for number, state in enumerate(states, start=1)
    )
    return Truth(deliveries=rows, notices=(), incidents={1: True}, on_hold=False, broken=broken, healed=healed)


@pytest.mark.parametrize(
    ("point", "states", "strata"),
    [
        (Point.QUEUED, ("queued", "queued"), {Stratum.QUEUED}),
        (Point.QUEUED, ("queued", "claimed"), {Stratum.CLAIMED}),
        (Point.CLAIMED, ("claimed", "queued"), {Stratum.CLAIMED}),
        (Point.CLAIMED, ("armed", "claimed"), set()),
        (Point.RCPT, ("claimed", "armed"), {Stratum.DIALOGUE}),
        (Point.RCPT, ("armed", "armed"), set()),
        (Point.DATA, ("armed", "claimed"), {Stratum.ARMED}),
        (Point.DATA, ("accepted", "claimed"), {Stratum.CLAIMED}),
        (Point.ARRIVED, ("armed",), {Stratum.DOT_LOST}),
        (Point.TAKEN, ("armed",), {Stratum.DOT_KEPT}),
        (Point.REPLIED, ("armed",), {Stratum.ACCEPTED}),
        (Point.REPLIED, ("accepted",), {Stratum.ACCEPTED}),
        (Point.REPLIED, ("queued",), {Stratum.QUEUED}),
    ],
)
def test_the_file_says_what_a_kill_hit(point: Point, states: tuple[str, ...], strata: set[Stratum]) -> None:
    assert hit(point, ANA, truth_of(*states)) == strata


def test_opening_lasts_until_the_staff_have_been_told() -> None:
    assert hit(Point.OPENING_OFFSET, "", truth_of()) == {Stratum.OPENING}
    staff = truth_of("accepted", "armed", lane="staff", step="staff.opened")
    assert hit(Point.OPENING_DESK_KEPT, "", staff) == {Stratum.OPENING}
    told = truth_of("accepted", "accepted", lane="staff", step="staff.opened")
    assert hit(Point.OPENING_DESK_KEPT, "", told) == set()
    assert hit(Point.OPENING_OFFSET, "", truth_of(broken=False)) == set()


def test_closing_lasts_until_everybody_has_been_told_of_the_end() -> None:
    assert Stratum.CLOSING in hit(Point.RESOLVED, "", truth_of("accepted", healed=True))
    assert Stratum.CLOSING in hit(Point.CLOSING_RCPT, "", truth_of("claimed", step="closed", healed=True))
    assert hit(Point.CLOSING_RCPT, "", truth_of("accepted", step="closed", healed=True)) == set()


@pytest.mark.parametrize(
    ("state", "approvals", "entries", "is_half"),
    [("draft", 0, 0, False), ("approved", 1, 1, False), ("approved", 0, 1, True), ("draft", 1, 0, True), ("draft", 0, 1, True)],
)
def test_an_approval_is_whole_or_absent(state: str, approvals: int, entries: int, is_half: bool) -> None:
    notice = NoticeRow(
        id=1,
        step="opened",
        towards="customers",
        state=state,
        is_void=False,
        expanded=False,
        approvals=approvals,
        entries=entries,
    )
    assert notice.is_half is is_half


def test_the_full_plans_aim_at_every_stratum_twice_with_at_least_twenty_kills() -> None:
    aims = Counter(AIMS_AT[point] for plan in FULL for point in plan.points)
    assert all(aims[stratum] >= WANTED for stratum in Stratum)
    assert sum(len(plan.points) for plan in FULL) >= 20


@pytest.mark.parametrize("plan", [*FULL, *QUICK, by_chance(12, Random(1))])
def test_a_plan_follows_the_order_of_a_day(plan: object) -> None:
    points = getattr(plan, "points")  # noqa: B009
    order = list(Point)
    assert list(points) == sorted(points, key=order.index)


def test_what_was_not_hit_is_tried_again_but_not_for_ever() -> None:
    hits = Counter(dict.fromkeys(Stratum, WANTED) | {Stratum.ARMED: 1})
    plan = next_plan(len(FULL), 99, 20, hits, Random(1))
    assert plan is not None
    assert set(plan.points) == {Point.DATA}
    assert next_plan(MOST_RUNS, 0, 20, Counter(), Random(1)) is None


def test_it_ends_when_every_stratum_was_hit_and_there_are_enough_kills() -> None:
    hits = Counter(dict.fromkeys(Stratum, WANTED))
    assert next_plan(len(FULL), 30, 24, hits, Random(1)) is None
    assert next_plan(len(FULL), 30, 40, hits, Random(1)) is not None
