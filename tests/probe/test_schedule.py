"""The schedule, simulated: time is a number, probes take as long as the test says."""

import heapq
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.schedule import MARGIN, Due, Plan, Schedule

CONFIRM = (1.0, 2.0, 5.0, 10.0, 15.0)
NEVER = 10**9


@dataclass
class World:
    """Runs a schedule over simulated seconds. `takes` and `verdict` say how a probe of a check that starts at a time goes."""

    schedule: Schedule
    takes: dict[str, float] = field(default_factory=dict)
    down: dict[str, tuple[float, float]] = field(default_factory=dict)
    room: int = 1000
    now: float = 0.0
    begun: list[Due] = field(default_factory=list)
    running: list[tuple[float, int, Due]] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)

    def run(self, until: float, tick: float = 0.01) -> None:
        while True:
            due = self.schedule.next_at() if len(self.running) < self.room else None
            at = min(due if due is not None else NEVER, self.running[0][0] if self.running else NEVER)
            if max(at, self.now) > until:
                self.now = until
                return
            self.now = max(self.now, at) if at > self.now else self.now + (0 if at == self.now else tick / 1000)
            while self.running and self.running[0][0] <= self.now:
                _, _, ended = heapq.heappop(self.running)
                self.schedule.done(ended, self.verdict(ended), self.now)
            for begun in self.schedule.take(self.now, self.room - len(self.running)):
                self.begun.append(begun)
                heapq.heappush(self.running, (self.now + self.takes.get(begun.check, 0.05), len(self.begun), begun))
                count = sum(due.host == begun.host for _, _, due in self.running)
                self.most_at_once[begun.host] = max(count, self.most_at_once.get(begun.host, 0))

    def verdict(self, due: Due) -> Verdict:
        since, until = self.down.get(due.check, (NEVER, NEVER))
        return Verdict.DOWN if since <= due.started < until else Verdict.UP

    def starts(self, check: str, sample: SampleKind) -> list[float]:
        return [due.started for due in self.begun if due.check == check and due.sample is sample]


def plan(check: str = "a", every: float = 30.0, confirm: tuple[float, ...] = CONFIRM, host: str = "h") -> Plan:
    return Plan(check=check, host=host, every=every, confirm=confirm)


def world(*plans: Plan, now: float = 1000.0, per_host: int = 32, **rest: object) -> World:
    schedule = Schedule(per_host=per_host)
    schedule.load(plans, now)
    return World(schedule, now=now, **rest)  # type: ignore[arg-type]


PLANS = st.lists(
    st.builds(Plan, check=st.uuids().map(str), host=st.sampled_from("xyz"), every=st.floats(0.5, 60), confirm=st.just(CONFIRM)),
    min_size=1,
    max_size=12,
    unique_by=lambda plan: plan.check,
)


@settings(max_examples=60, deadline=None)
@given(
    PLANS,
    st.floats(0, 10**6),
    st.lists(st.floats(0.01, 12), min_size=12, max_size=12),
    st.lists(st.floats(0, 90), min_size=12, max_size=12),
)
def test_no_two_scheduled_samples_within_half_an_interval_and_no_check_starves(
    plans: list[Plan], now: float, takes: list[float], fails: list[float]
) -> None:
    simulated = world(
        *plans, now=now,
        takes={plan.check: take for plan, take in zip(plans, takes, strict=False)},
        down={plan.check: (now + fail, now + fail + 20) for plan, fail in zip(plans, fails, strict=False)},
    )  # fmt: skip
    simulated.run(now + 200)
    for wanted in plans:
        starts = [now, *simulated.starts(wanted.check, SampleKind.SCHEDULED), now + 200]
        gaps = [later - earlier for earlier, later in pairwise(starts)]
        assert all(gap >= wanted.every / 2 - 1e-6 for gap in gaps[1:-1])
        longest = 1.5 * wanted.every + simulated.takes[wanted.check] + wanted.every
        assert all(gap <= longest for gap in gaps)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1, 60),
    st.floats(0, 12),
    st.floats(0, 100),
    st.lists(st.floats(0, 30), max_size=6).map(lambda offsets: tuple(sorted(offsets))),
)
def test_confirm_probes_start_at_their_offsets_from_the_changing_sample_and_not_a_hair_before(
    every: float, take: float, fail: float, offsets: tuple[float, ...]
) -> None:
    simulated = world(plan(every=every, confirm=offsets), takes={"a": take}, down={"a": (1000 + fail, NEVER)})
    simulated.run(1300)
    bad = [due for due in simulated.begun if due.started >= 1000 + fail]
    changing = min(bad, key=lambda due: due.started)
    known = changing.started + take
    wanted = {max(known, changing.started + offset + MARGIN) for offset in offsets}
    confirms = simulated.starts("a", SampleKind.CONFIRM)
    assert confirms == pytest.approx(sorted(wanted), abs=1e-3)
    for offset in offsets:
        assert any(start - changing.started >= offset for start in confirms)


def test_a_check_that_is_bad_from_the_first_is_confirmed_and_one_that_is_good_is_not() -> None:
    simulated = world(plan("good"), plan("bad"), down={"bad": (0, NEVER)})
    simulated.run(1025)
    assert len(simulated.starts("bad", SampleKind.CONFIRM)) == 5
    assert simulated.starts("good", SampleKind.CONFIRM) == []


def test_a_recovery_is_confirmed_too_and_starts_the_sequence_again() -> None:
    simulated = world(plan(every=60), down={"a": (0, 1003.5)})
    simulated.run(1030)
    confirms = simulated.starts("a", SampleKind.CONFIRM)
    changed = next(start for start in confirms if start >= 1003.5)
    assert [start - changed for start in confirms if start > changed] == pytest.approx(
        [offset + MARGIN for offset in CONFIRM], abs=0.01
    )


def test_offsets_that_have_passed_collapse_into_one_probe_at_once() -> None:
    simulated = world(plan(every=100), takes={"a": 10.0}, down={"a": (0, NEVER)})
    simulated.run(1050)
    first = simulated.begun[0].started
    assert [due.started - first for due in simulated.begun] == pytest.approx([0, 10, 10.1, 15.1], abs=0.01)


def test_confirm_probes_may_overlap_one_another() -> None:
    simulated = world(plan(every=100, confirm=(1.0, 2.0, 3.0)), down={"a": (0, NEVER)})
    simulated.run(1000 + 1.0)
    simulated.takes["a"] = 5.0
    simulated.run(1006)
    assert simulated.most_at_once["h"] == 3


def test_an_older_sample_that_ends_later_changes_nothing() -> None:
    schedule = Schedule()
    schedule.load([plan(every=100)], 0.0)
    (first,) = schedule.take(2.0, 10)
    schedule.done(first, Verdict.DOWN, 2.1)
    (slow,) = schedule.take(3.2, 10)
    (quick,) = schedule.take(4.2, 10)
    schedule.done(quick, Verdict.UP, 4.3)
    schedule.done(slow, Verdict.DOWN, 5.0)
    assert schedule.next_at() == pytest.approx(4.2 + 1 + MARGIN)


def test_unknown_changes_nothing() -> None:
    schedule = Schedule()
    schedule.load([plan(every=100)], 0.0)
    (first,) = schedule.take(2.0, 10)
    schedule.done(first, Verdict.UNKNOWN, 2.1)
    assert schedule.next_at() is not None
    assert schedule.take(20.0, 10) == []


def test_an_overrun_is_skipped_and_counted() -> None:
    simulated = world(plan(every=2.0, confirm=()), takes={"a": 9.0})
    simulated.run(1100)
    starts = simulated.starts("a", SampleKind.SCHEDULED)
    assert all(later - earlier >= 9 for earlier, later in pairwise(starts))
    assert simulated.schedule.skipped == pytest.approx(4 * len(starts), abs=6)


def test_nothing_is_skipped_when_all_is_well() -> None:
    simulated = world(*(plan(f"c{n}", every=5.0) for n in range(100)))
    simulated.run(1060)
    assert simulated.schedule.skipped == 0


def test_load_is_flat() -> None:
    simulated = world(*(plan(f"check-{n}", every=30.0, host=f"h{n}") for n in range(3000)))
    simulated.run(1090)
    seconds: dict[int, int] = {}
    for due in simulated.begun:
        if due.started > 1030:
            seconds[int(due.started)] = seconds.get(int(due.started), 0) + 1
    assert max(seconds.values()) < 150  # 100 a second on average


def test_a_thousand_checks_do_not_all_start_in_the_first_second() -> None:
    simulated = world(*(plan(f"check-{n}", every=60.0, host=f"h{n}") for n in range(1000)))
    simulated.run(1001)
    assert len(simulated.begun) < 300


def test_no_more_probes_of_one_host_at_a_time_than_allowed_and_all_get_their_turn() -> None:
    plans = [plan(f"c{n}", every=10.0, host="slow") for n in range(20)]
    simulated = world(*plans, per_host=4, takes={one.check: 1.0 for one in plans})
    simulated.run(1100)
    assert simulated.most_at_once["slow"] == 4
    counts = [len(simulated.starts(one.check, SampleKind.SCHEDULED)) for one in plans]
    assert min(counts) >= 8


@settings(max_examples=40, deadline=None)
@given(PLANS, st.integers(1, 3), st.integers(1, 4), st.lists(st.floats(0.01, 8), min_size=12, max_size=12))
def test_a_full_host_or_a_full_prober_leaves_nobody_out(
    plans: list[Plan], per_host: int, room: int, takes: list[float]
) -> None:
    times = {plan.check: take for plan, take in zip(plans, takes, strict=False)}
    simulated = world(*plans, now=50.0, per_host=per_host, room=room, takes=times, down={plans[0].check: (0, 120)})
    simulated.run(50 + 400)
    assert all(len(simulated.starts(wanted.check, SampleKind.SCHEDULED)) >= 2 for wanted in plans)
    assert all(count <= per_host for count in simulated.most_at_once.values())


def test_a_check_that_no_longer_wants_its_turn_lets_the_next_one_in() -> None:
    """A confirm probe waits for its host; the one before it ends with a change: there is nothing to confirm just yet."""
    flapping = plan("a", every=100, confirm=(1.0, 1.05))
    schedule = Schedule(per_host=1)
    schedule.load([flapping], 0.0)
    (first,) = schedule.take(2.0, 5)
    schedule.done(first, Verdict.DOWN, 2.0)
    (slow,) = schedule.take(3.1, 5)
    schedule.load([flapping, plan("c1", every=0.1)], 3.11)
    assert schedule.take(3.155, 5) == []  # the second confirm probe waits
    assert schedule.take(3.3, 5) == []  # and behind it the other check
    schedule.done(slow, Verdict.UP, 3.4)
    assert [due.check for due in schedule.take(3.4, 5)] == ["c1"]


def test_a_check_that_flaps_for_ever_leaves_nothing_behind_in_the_queue() -> None:
    schedule = Schedule()
    schedule.load([plan(every=1.0)], 0.0)
    now, verdict = 0.0, Verdict.UP
    for _ in range(3000):
        now = max(now, schedule.next_at() or now)
        for due in schedule.take(now, 10):
            verdict = Verdict.DOWN if verdict is Verdict.UP else Verdict.UP
            schedule.done(due, verdict, now)
    assert len(schedule._queue) < 50


def test_a_reload_keeps_grid_verdict_and_confirm_probes_of_what_is_as_before() -> None:
    simulated = world(plan("a"), plan("b"), down={"a": (0, NEVER)})
    simulated.run(1004)
    simulated.schedule.load([plan("a"), plan("c")], 1004)
    simulated.run(1030)
    assert len(simulated.starts("a", SampleKind.CONFIRM)) == 5
    assert simulated.starts("c", SampleKind.SCHEDULED)
    assert all(due.started <= 1004 for due in simulated.begun if due.check == "b")


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 60), st.floats(1, 60), st.floats(0, 120))
def test_a_reload_that_alters_the_interval_does_not_probe_twice_in_a_row(before: float, after: float, at: float) -> None:
    simulated = world(plan(every=before))
    simulated.run(1000 + at)
    simulated.schedule.load([plan(every=after)], 1000 + at)
    simulated.run(1400)
    starts = simulated.starts("a", SampleKind.SCHEDULED)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps) >= min(before, after) / 2 - 1e-6


def test_the_end_of_a_probe_whose_check_is_gone_frees_its_host() -> None:
    schedule = Schedule(per_host=1)
    schedule.load([plan("a", every=10)], 0.0)
    (first,) = schedule.take(2.0, 10)
    schedule.load([plan("b", every=10)], 2.0)
    assert schedule.take(5.0, 10) == []
    schedule.done(first, None, 6.0)
    assert [due.check for due in schedule.take(6.0, 10)] == ["b"]


def test_a_checks_first_sample_comes_within_seconds_even_if_it_is_probed_hourly() -> None:
    simulated = world(plan(every=3600.0))
    simulated.run(1001.1)
    assert len(simulated.begun) == 1
