"""How much each past incident tells: the time of day where it tells anything, and other services no more than they may."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from sentinel.estimate.history import History, outlook, present
from sentinel.estimate.likeness import HOUR_FEW, _credible, weights
from sentinel.estimate.past import past
from sentinel.model.estimate import EstimatePolicy, PastIncident
from sentinel.model.service import Impact
from tests.estimate import insurer
from tests.estimate.insurer import BEGAN, incident, minutes

ZERO, POLICY = timedelta(0), EstimatePolicy()
NIGHT = timedelta(hours=-8)
"""From 10:05 to 2:05."""


def around_the_clock(lasts: Callable[[int, Random], float], count: int = 300) -> list[PastIncident]:
    """One incident every seven hours; `lasts`: the hour of the day → minutes."""
    draw = Random("hours")
    began = [BEGAN - timedelta(hours=7 * nth) for nth in range(count, 0, -1)]
    return [PastIncident(service="payments", began_at=at, lasted=minutes(lasts(at.hour, draw))) for at in began]


def half_of(rows: Sequence[PastIncident], later: timedelta = ZERO) -> float:
    """P50 in minutes of one that begins so much later."""
    asked = present(incident(began_at=BEGAN + later), None)
    found = outlook(asked, History(past=past(rows)), ZERO, POLICY).p50
    assert found is not None
    return found / minutes(1)


def test_what_begins_by_night_is_asked_of_the_nights_where_these_are_longer() -> None:
    rows = around_the_clock(lambda hour, draw: draw.lognormvariate(0, 0.5) * (240 if hour < 6 else 30))
    assert half_of(rows) < 40
    assert half_of(rows, NIGHT) > 100


def test_and_of_all_where_the_hour_tells_nothing() -> None:
    rows = around_the_clock(lambda _, draw: draw.lognormvariate(4, 1.0), count=600)
    assert half_of(rows) == pytest.approx(half_of(rows, NIGHT), rel=0.15)


def test_midnight_parts_nothing() -> None:
    """Long from 18:00 on: what begins at 23:35 and at 0:05 is asked of the same."""
    rows = around_the_clock(lambda hour, draw: draw.lognormvariate(0, 0.3) * (240 if hour >= 18 else 30), count=600)
    assert half_of(rows, timedelta(hours=13.5)) == pytest.approx(half_of(rows, timedelta(hours=14)), rel=0.15)


def test_how_much_a_group_is_to_be_believed_is_within_over_between() -> None:
    """Bühlmann's k of a textbook: two groups of three, ln of minutes 0, 1, 2 and 4, 5, 6. Within 1; between (5 - 1)² / 2 less
    what chance makes of it, 1 / 3."""
    e = 2.718281828459045
    groups = [(0.0, e**nth) for nth in (0, 1, 2)] + [(1.0, e**nth) for nth in (4, 5, 6)]
    assert _credible(groups) == pytest.approx(1 / (8 - 1 / 3))


@pytest.mark.parametrize(
    "of",
    [[], [(0.0, 10.0)], [(0.0, 10.0), (0.0, 20.0)], [(0.0, 10.0), (1.0, 20.0)], [(0.0, 10.0), (0.0, 90.0), (1.0, 30.0)]],
    ids=["nothing", "one", "one group", "one each", "no more than by chance"],
)
def test_what_differs_no_more_than_by_chance_is_not_believed(of: Sequence[tuple[float, float]]) -> None:
    assert _credible(of) is None


def test_all_of_one_length_are_no_difference() -> None:
    assert _credible([(float(nth % 6), 42.0) for nth in range(60)]) is None


def test_however_different_the_hours_a_few_alike_ones_do_not_outweigh_the_rest() -> None:
    """Three at this hour and 27 twelve hours off: whatever the difference, the others keep 10 / (3 + 10)."""
    near = insurer.past([10.0] * 3)
    far = [replace(row, began_at=row.began_at + timedelta(hours=12)) for row in insurer.past([900.0] * 30)[:27]]
    known = past([*near, *far])
    rows = known.rows[::-1]
    shares = weights(present(incident(), None), rows, known, 0.0, POLICY.borrow_below, [row.lasted for row in rows])
    own, rest = (
        [share for row, share in zip(rows, shares, strict=True) if (row.lasted == 10) is is_near] for is_near in (True, False)
    )
    keep = HOUR_FEW / (HOUR_FEW + 3)
    assert max(rest) / max(own) == pytest.approx(keep, abs=0.03)


def test_likeness_takes_nothing_from_a_service_for_the_others() -> None:
    """200 of its own and 200 others, of either ten of the same impact: the others' part is the same whether that is known."""
    rows = [
        replace(row, service=service, impact="major_outage" if nth % 20 == 0 else "")
        for service in ("payments", "documents")
        for nth, row in enumerate(insurer.past([30.0] * 200))
    ]
    known = past(rows)
    latest = known.rows[::-1]
    parts = []
    for impact in (None, Impact.MAJOR_OUTAGE):
        asked = present(incident(), impact)
        shares = weights(asked, latest, known, 0.0, POLICY.borrow_below, [row.lasted for row in latest])
        others = sum(share for row, share in zip(latest, shares, strict=True) if row.of.service != "payments")
        parts.append(others / sum(shares))
    assert parts[0] == pytest.approx(20 / 140, abs=0.01), "the own ones count 120, by their age"
    assert parts[1] == pytest.approx(parts[0], abs=0.001)
