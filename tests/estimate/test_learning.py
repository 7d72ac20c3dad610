"""What our own incidents teach: the estimate moves to where they were, and the claim is steered by what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sentinel.estimate.decide import at_mark
from sentinel.estimate.grade import MARKS
from sentinel.estimate.history import History
from sentinel.estimate.levels import CLAIMS, Levels
from sentinel.estimate.rehearse import Experience, experience, learned, lived
from sentinel.model.estimate import Basis, Episode, EstimatePolicy, Marked
from tests.estimate import insurer
from tests.estimate.insurer import BEGAN, after, incident, minutes

ZERO, POLICY = MARKS[0], EstimatePolicy()
IMPORTED = experience(insurer.past([20.0 + nth % 7 for nth in range(40)]), POLICY, BEGAN)


def said(history: History, mark: float = 0, service: str = "payments") -> Marked:
    of = incident(root=service, services=(service,))
    return at_mark(of, None, history, after(mark), POLICY, (), minutes(mark))


def own(count: int, lasted: float = 120, p80: float = 30, basis: Basis = Basis.HISTORY, late: float = 1) -> list[Episode]:
    """The last `count` days, one incident a day of so many minutes, each estimated at 0 minutes."""
    found = []
    for nth in range(1, count + 1):
        began = BEGAN - timedelta(days=count + 1 - nth)
        over = began + minutes(lasted)
        mark = Marked(
            mark=ZERO, made_at=began + minutes(late), began_at=began, basis=basis, p50=minutes(p80) / 2, p80=minutes(p80)
        )
        found.append(
            Episode(
                incident=nth, episode=1, service="payments", began_at=began, over_at=over + minutes(5), recovered_at=over,
                marks=(mark,),
            )
        )  # fmt: skip
    return found


def history_of(episodes: Sequence[Episode], imported: Experience = IMPORTED, now: datetime = BEGAN) -> History:
    return learned(imported, lived(episodes, now))


def test_after_thirty_incidents_that_all_lasted_two_hours_the_estimate_moves_there() -> None:
    before, now = said(history_of(())), said(history_of(own(30)))
    assert before.p80 is not None
    assert before.p80 < minutes(30)
    assert now.p50 is not None
    assert now.p80 is not None
    assert minutes(60) < now.p50 <= now.p80 <= minutes(120)
    assert now.p80 == minutes(120)
    other = said(history_of(own(30)), service="quoting")
    assert other.basis is Basis.HISTORY


def test_and_the_level_of_their_mark_alone_reacts() -> None:
    levels = history_of(own(30)).levels
    assert levels.at(ZERO)[1] > IMPORTED_LEVELS.at(ZERO)[1] + 0.1
    assert [levels.at(mark) for mark in MARKS[1:]] == [IMPORTED_LEVELS.at(mark) for mark in MARKS[1:]]


IMPORTED_LEVELS = learned(IMPORTED, Experience()).levels


@pytest.mark.parametrize(
    "changed",
    [
        {"basis": Basis.ENGINEER},
        {"basis": Basis.ASSESSING, "p50": None, "p80": None},
        {"made_at": BEGAN - timedelta(days=30) + minutes(31)},
    ],
    ids=["a person's word", "nothing said", "made long after its mark"],
)
def test_only_what_history_said_at_its_mark_steers(changed: dict[str, object]) -> None:
    (one,) = own(1)
    began = BEGAN - timedelta(days=30)
    one = replace(one, began_at=began, recovered_at=began + minutes(120), over_at=began + minutes(125))
    mark = replace(one.marks[0], began_at=began, made_at=began + minutes(1))
    assert len(lived([replace(one, marks=(mark,))], BEGAN).lessons) == 2, "P50 and P80"
    assert lived([replace(one, marks=(replace(mark, **changed),))], BEGAN).lessons == ()  # type: ignore[arg-type]


def test_what_is_dated_in_the_future_teaches_nothing() -> None:
    ahead = [replace(one, began_at=one.began_at + timedelta(days=400)) for one in own(30)]
    found = lived(ahead, BEGAN)
    assert (found.rows, found.lessons) == ((), ())
    assert experience(insurer.past([30.0] * 20), POLICY, BEGAN - timedelta(days=400)) == Experience()
    over_tomorrow = [replace(one, over_at=BEGAN + timedelta(days=1)) for one in own(3)]
    assert lived(over_tomorrow, BEGAN).lessons == ()


def test_a_dismissed_one_teaches_nothing_and_an_open_one_is_censored_and_missed_what_has_passed() -> None:
    dismissed = [replace(one, recovered_at=None) for one in own(30)]
    assert lived(dismissed, BEGAN) == Experience()
    still = [replace(one, recovered_at=None, over_at=None, began_at=BEGAN - minutes(300)) for one in own(30)]
    found = lived(still, BEGAN)
    assert len(found.rows) == 30
    assert len(found.lessons) == 60
    assert not any(one.outcome.held for one in found.lessons)
    young = [replace(one, recovered_at=None, over_at=None, began_at=BEGAN - minutes(20)) for one in own(1)]
    assert [one.outcome.claimed for one in lived(young, BEGAN).lessons] == [0.5], "15 minutes have passed, 30 have not"
    longer = said(history_of(still), mark=30)
    assert longer.p80 is None or longer.p80 >= said(history_of(()), mark=30).p80  # type: ignore[operator]
    assert said(history_of(still, Experience()), mark=0).p80 is None, "nothing has ended"


def test_the_order_in_which_rows_are_read_changes_nothing() -> None:
    rows = own(30, lasted=120) + own(12, lasted=10)
    assert history_of(rows).levels == history_of(rows[::-1]).levels


def test_an_import_of_our_own_incidents_counts_them_once() -> None:
    episodes = own(30)
    rows = [replace(row, began_at=row.began_at.replace(microsecond=0)) for row in lived(episodes, BEGAN).rows]
    both = history_of(episodes, experience(rows, POLICY, BEGAN))
    assert len(both.past.rows) == 30
    assert both.levels == history_of(episodes, Experience()).levels


def test_the_curve_agrees_with_the_two_figures_and_never_falls() -> None:
    found = said(history_of(own(9, lasted=50)))
    assert [one.share for one in found.curve] == list(CLAIMS)
    within = dict(found.curve)
    assert (within[0.5], within[0.8]) == (found.p50, found.p80)
    assert sorted(within.values()) == list(within.values())
    assert Levels().of((0.2, 0.5, 0.8, 0.9), ZERO) == (1.0, 1.0, 1.0, 1.0)


def test_of_what_is_open_it_is_said_when_time_will_have_taught_more() -> None:
    """Else a hub that runs would not know what it knows after a restart."""
    (one,) = own(1)
    open_one = replace(one, recovered_at=None, over_at=None)
    seen, now = set[datetime](), open_one.began_at
    while (again := lived([open_one], now).again_at) is not None:
        before, now = lived([open_one], now).lessons, again
        if lived([open_one], now).lessons != before:
            seen.add(again)
    assert {at - open_one.began_at for at in seen} == {one.outcome.after for one in lived([open_one], BEGAN).lessons}
    assert lived([one], BEGAN).again_at is None
