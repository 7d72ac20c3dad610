"""One observation through the detectors of its check."""

from dataclasses import replace
from datetime import timedelta
from time import perf_counter

from sentinel.detect.kind import outage, slow
from sentinel.detect.watch import Watched, fit, watch
from sentinel.model.check import Check
from sentinel.model.observation import Verdict
from sentinel.model.signal import Hysteresis, Signal

from .samples import DEGRADED, DOWN, UP, at, sample

DETECTORS = {"outage": outage, "slow": slow}
CHECK = Check(
    id="payments.card-form",
    service="payments",
    kind="http",
    options={},
    means={Verdict.DOWN: "payments.cannot_pay", Verdict.DEGRADED: "payments.slow"},
    detectors={"outage": {"persistence": 15}, "slow": {}},
)
FITTED = fit(CHECK, DETECTORS)
LATER = timedelta(seconds=0.3)


def play(
    *told: tuple[float, Verdict], check: Check = CHECK, standing: dict[str, Signal] | None = None
) -> tuple[dict[str, Hysteresis], list[Signal]]:
    fitted = fit(check, DETECTORS)
    held: dict[str, Hysteresis] = {}
    signals: list[Signal] = []
    for seconds, verdict in told:
        seen = sample(seconds, verdict, reason="connection refused" if verdict is DOWN else "")
        watched = watch(check, held, seen, seen.at + LATER, fitted, standing or {})
        held |= watched.held
        signals += watched.signals
    return held, signals


def test_a_signal_carries_its_name_its_statement_and_its_evidence() -> None:
    _, signals = play((0, DOWN), (1, DOWN), (2, DOWN), (16, DOWN))
    assert signals == [
        Signal(
            id="outage:payments.card-form@head-office:2026-06-09T12:00:00+00:00",
            detector="outage",
            service="payments",
            check="payments.card-form",
            place="head-office",
            verdict=DOWN,
            statement="payments.cannot_pay",
            since=at(0),
            raised_at=at(16) + LATER,
            evidence="down in 4 samples over 16 s, seen from head-office: connection refused",
        )
    ]


def test_a_check_that_means_nothing_to_customers_makes_signals_for_staff_only() -> None:
    check = Check(id="payments.settlement", service="payments", kind="http", options={}, detectors={"outage": {}})
    _, signals = play((0, DOWN), (8, DOWN), (16, DOWN), check=check)
    assert [signal.statement for signal in signals] == [None]


def test_clearing_gives_the_standing_signal_back_with_the_first_good_sample_and_the_time() -> None:
    down = ((0.0, DOWN), (8.0, DOWN), (16.0, DOWN))
    _, (raised,) = play(*down)
    _, signals = play(*down, (30, UP), (32, UP), standing={raised.id: raised})
    cleared = signals[-1]
    assert cleared.id == raised.id
    assert (cleared.since, cleared.raised_at, cleared.evidence) == (raised.since, raised.raised_at, raised.evidence)
    assert (cleared.good_since, cleared.cleared_at) == (at(30), at(32) + LATER)
    assert not cleared.stands


def test_a_signal_that_is_not_at_hand_clears_all_the_same_under_its_own_id() -> None:
    _, signals = play((0, DOWN), (8, DOWN), (16, DOWN), (30, UP), (32, UP))
    assert signals[-1].id == signals[0].id
    assert signals[-1].good_since == at(30)


def test_slow_that_turns_into_an_outage_leaves_both_standing() -> None:
    _, signals = play((0, DEGRADED), (30, DEGRADED), (60, DEGRADED), (90, DOWN), (98, DOWN), (106, DOWN))
    assert [(signal.detector, signal.stands) for signal in signals] == [("slow", True), ("outage", True)]


def test_the_same_claim_found_twice_is_the_same_signal() -> None:
    told = ((0.0, DOWN), (8.0, DOWN), (16.0, DOWN))
    assert play(*told)[1] == play(*told)[1]


def test_only_what_changed_is_given_back() -> None:
    first = watch(CHECK, {}, sample(0, UP), at(1), FITTED)
    assert set(first.held) == {"outage", "slow"}
    assert watch(CHECK, first.held, sample(30, UP), at(31), FITTED) == Watched(held={}, signals=())
    assert set(watch(CHECK, first.held, sample(60, DEGRADED), at(61), FITTED).held) == {"slow"}


def test_a_check_without_detectors_is_watched_by_none() -> None:
    bare = Check(id="a.b", service="a", kind="http", options={})
    assert fit(bare, DETECTORS) == ()


def test_an_observation_costs_microseconds() -> None:
    """A steady check, and one that changes with every sample; the bound is wide, for busy machines."""
    held: dict[str, Hysteresis] = {}
    told = [sample(second, UP if second % 7 else DOWN) for second in range(4000)]
    began = perf_counter()
    for seen in told:
        held |= watch(CHECK, held, seen, seen.at, FITTED).held
    assert (perf_counter() - began) / len(told) < 200e-6


def test_a_sample_of_a_clock_that_was_ahead_makes_no_later_one_late() -> None:
    """The hub stamps what it receives; its clock was an hour ahead for one sample, and was set right."""
    held: dict[str, Hysteresis] = {}
    signals: list[Signal] = []
    for seconds, verdict in ((0, UP), (3600, UP), (10, DOWN), (20, DOWN), (30, DOWN)):
        seen = sample(seconds, verdict)
        watched = watch(CHECK, held, seen, seen.at + LATER, FITTED)
        held |= watched.held
        signals += watched.signals
    assert [(one.detector, one.since) for one in signals] == [("outage", at(10))]


def test_a_claim_that_a_clock_ahead_has_dated_ends_once_the_clock_is_right() -> None:
    held: dict[str, Hysteresis] = {}
    for seconds, verdict in ((3600, DOWN), (3610, DOWN), (3620, DOWN), (10, UP), (20, UP)):
        seen = sample(seconds, verdict)
        watched = watch(CHECK, held, seen, seen.at + LATER, FITTED)
        held |= watched.held
    (ended,) = watched.signals
    assert (ended.since, ended.good_since, ended.stands) == (at(3600), at(10), False)


def test_a_claim_of_a_detector_that_its_check_lets_only_warn_says_so() -> None:
    _, signals = play((0, DOWN), (1, DOWN), (16, DOWN), check=replace(CHECK, warns=("outage",)))
    assert [(one.detector, one.only_warns) for one in signals] == [("outage", True)]
