"""A place is blind when most of its canaries fail, and nothing that it saw on the way there is held against a target (P8)."""

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect import place
from sentinel.detect.kind import outage
from sentinel.detect.place import Canary, Sight
from sentinel.detect.watch import Fitted, watch
from sentinel.model.check import Check
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis, Signal

from .samples import DEGRADED, DOWN, UNKNOWN, UP, at, sample

CHECK = Check(id="payments.card-form", service="payments", kind="http", options={}, detectors={"outage": {}})
FITTED = (Fitted(kind="outage", detector=outage, options=outage.Options()),)


def canary(name: str, *seen: tuple[float, Verdict], reason: str = "") -> Canary:
    """A canary after these samples."""
    held, last = Hysteresis(), None
    for seconds, verdict in seen:
        held, last = place.step(held, sample(seconds, verdict)), at(seconds)
    return Canary(name=name, held=held, seen_at=last, reason=reason)


WELL = canary("a", (0, UP)), canary("b", (1, UP)), canary("c", (2, UP))


def test_a_canary_fails_from_its_first_bad_sample_until_two_good_ones() -> None:
    assert canary("a", (0, UP), (5, DOWN)).fails
    assert canary("a", (0, UP), (5, DOWN), (10, UP)).fails
    assert not canary("a", (0, UP), (5, DOWN), (10, UP), (15, UP)).fails


def test_what_answers_badly_answers_and_what_could_not_be_asked_fails() -> None:
    assert not canary("a", (0, UP), (5, DEGRADED)).fails
    assert canary("a", (0, UP), (5, UNKNOWN)).fails


def test_most_of_them_must_fail_two_of_three() -> None:
    assert [place.majority(n) for n in range(1, 7)] == [1, 2, 2, 3, 3, 4]
    down = [canary(name, (0, UP), (9, DOWN)) for name in "abc"]
    assert not place.sight([down[0], *WELL[1:]]).is_blind
    assert place.sight([down[0], down[1], WELL[2]]).is_blind
    assert place.sight(down).is_blind


def test_it_is_blind_from_the_first_failed_canary_on() -> None:
    two = [canary("a", (0, UP), (7, DOWN)), canary("b", (0, UP), (9, DOWN)), WELL[2]]
    assert place.sight(two).blind_since == at(7)


def test_without_canaries_nothing_can_be_said_and_everything_is_believed() -> None:
    none = place.sight([])
    assert not none.is_blind
    assert none.bears_out(at(0))


def test_canaries_that_nobody_has_looked_at_bear_nothing_out_and_do_not_make_blind() -> None:
    fresh = place.sight([Canary(name=name) for name in "abc"])
    assert not fresh.is_blind
    assert not fresh.bears_out(at(0))


def test_a_claim_needs_canaries_that_were_well_after_its_first_bad_sample() -> None:
    now = place.sight(WELL)
    assert now.proven_at == at(1)  # two of the three were well at or after that
    assert now.bears_out(at(1))
    assert not now.bears_out(at(1.5))


def test_one_dead_canary_of_three_keeps_no_outage_from_being_seen() -> None:
    dead = canary("a", (0, UP), (1, DOWN), (500, DOWN))
    seen = place.sight([dead, canary("b", (600, UP)), canary("c", (601, UP))])
    assert seen.bears_out(at(600))


def test_what_a_blind_place_says_counts_as_unknown_and_what_it_found_is_kept() -> None:
    blind = place.sight([canary(name, (0, UP), (9, DOWN)) for name in "abc"])
    seen = place.judged(sample(10, DOWN, "connection refused"), blind)
    assert seen.verdict is UNKNOWN
    assert "3 of its 3 canaries fail" in seen.reason
    assert "connection refused" in seen.reason
    assert seen.facts["found"] == "down"
    assert place.judged(sample(10, UP), blind).verdict is UNKNOWN


class Room:
    """One check and three canaries at one place, sample by sample, as the round takes them in."""

    def __init__(self) -> None:
        self.canaries = {name: Canary(name=name) for name in "abc"}
        self.held: dict[str, Hysteresis] = {}
        self.raised: list[Signal] = []
        self.cleared: list[Signal] = []

    @property
    def sight(self) -> Sight:
        return place.sight(tuple(self.canaries.values()))

    def canary(self, name: str, seconds: float, verdict: Verdict) -> None:
        was = self.sight.is_blind
        one = self.canaries[name]
        self.canaries[name] = replace(one, held=place.step(one.held, sample(seconds, verdict)), seen_at=at(seconds))
        if self.sight.is_blind is not was:
            self.held = {kind: place.forgotten(held) for kind, held in self.held.items()}

    def target(self, seconds: float, verdict: Verdict) -> None:
        seen = place.judged(sample(seconds, verdict), self.sight)
        watched = place.believed(self.held, watch(CHECK, self.held, seen, at(seconds), FITTED), self.sight)
        self.held |= watched.held
        self.raised += [one for one in watched.signals if one.stands]
        self.cleared += [one for one in watched.signals if not one.stands]


def test_bad_samples_from_just_before_it_is_blind_raise_nothing_then_or_later() -> None:
    """F24: the link goes down at 0.0; a target's samples come before those of the canaries."""
    room = Room()
    for name in "abc":
        room.canary(name, -1, UP)
    room.target(0.1, DOWN)
    room.target(1.2, DOWN)
    room.target(2.3, DOWN)
    for name in "abc":
        room.canary(name, 4, DOWN)
    for seconds in range(10, 200, 10):
        room.target(seconds, DOWN)
    for seconds in (200, 205):
        for name in "abc":
            room.canary(name, seconds, UP)
    room.target(206, DOWN)  # the target needs a moment too
    room.target(207, DOWN)
    room.target(210, UP)
    assert room.raised == []


def test_a_real_outage_after_a_blind_time_is_raised_once_it_has_persisted_anew() -> None:
    room = Room()
    for seconds, verdict in ((0, UP), (5, DOWN), (60, UP), (65, UP), (90, UP)):
        for name in "abc":
            room.canary(name, seconds, verdict)
    for seconds in (70, 75, 80, 86):
        room.target(seconds, DOWN)
    assert [one.since for one in room.raised] == [at(70)]


def test_a_claim_that_waits_for_the_canaries_is_made_by_the_next_sample() -> None:
    room = Room()
    for name in "abc":
        room.canary(name, 0, UP)
    for seconds in (1, 8, 17):
        room.target(seconds, DOWN)
    assert room.raised == []
    for name in "abc":
        room.canary(name, 18, UP)
    room.target(19, DOWN)
    assert [one.since for one in room.raised] == [at(1)]


def test_a_standing_signal_is_not_cleared_by_a_blind_place() -> None:
    room = Room()
    for name in "abc":
        room.canary(name, 2, UP)
    for seconds in (1, 8, 17):
        room.target(seconds, DOWN)
    assert len(room.raised) == 1
    for name in "abc":
        room.canary(name, 20, DOWN)
    room.target(30, UP)
    room.target(40, UP)
    assert room.cleared == []


EVENTS = st.lists(
    st.tuples(
        st.floats(0.1, 6.0),
        st.sampled_from(["a", "b", "c", "target", "target", "target"]),
        st.sampled_from([UP, DOWN, DOWN, UNKNOWN]),
    ),
    max_size=60,
)


@given(EVENTS)
def test_whatever_comes_no_claim_is_made_without_two_canaries_that_were_well_since_it_began(
    events: list[tuple[float, str, Verdict]],
) -> None:
    room, now = Room(), 0.0
    well: dict[str, list[datetime]] = {name: [] for name in "abc"}
    for gap, who, verdict in events:
        now += gap
        if who == "target":
            before = len(room.raised)
            room.target(now, verdict)
            for one in room.raised[before:]:
                assert sum(any(instant >= one.since for instant in seen) for seen in well.values()) >= 2
        else:
            room.canary(who, now, verdict)
            if verdict is UP:
                well[who].append(at(now))


def test_an_observation_is_never_altered_but_for_its_verdict() -> None:
    seen = Observation(check="x", place="hub", at=at(0), sample=SampleKind.CONFIRM, verdict=DOWN, source="hub/1", sequence=7)
    blind = place.sight([canary(name, (0, UP), (9, DOWN)) for name in "abc"])
    after = place.judged(seen, blind)
    assert (after.at, after.sample, after.source, after.sequence) == (seen.at, seen.sample, seen.source, seen.sequence)
