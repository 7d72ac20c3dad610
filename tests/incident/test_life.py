"""The life of incidents under everything that may happen, in any order, with what must hold after every step."""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sentinel.incident.fold import extend, fold
from sentinel.incident.obey import Order
from sentinel.incident.phases import PHASES
from sentinel.incident.recovery import may_end_by_itself
from sentinel.model.command import (
    Acknowledge,
    Answer,
    Declare,
    Dismiss,
    Note,
    Reopen,
    Resolve,
    SetEta,
    SetPhase,
)
from sentinel.model.incident import MACHINE, Entry, Incident, Phase, Reopened, Resolved

from .world import CHECKS, LENA, NOON, STATEMENTS, World, minutes

PAIRS = {(phase, after) for (phase, _), after in PHASES.items()}
NUMBERS = st.integers(1, 4)
COMMANDS: st.SearchStrategy[Order] = st.one_of(
    st.builds(
        lambda statement: Declare(service=statement.service, statement=statement.id),
        st.sampled_from(list(STATEMENTS.values())),
    ),
    st.builds(Acknowledge, incident=NUMBERS),
    st.builds(Note, incident=NUMBERS, text=st.text(max_size=5)),
    st.builds(SetPhase, incident=NUMBERS, phase=st.sampled_from(Phase), cause=st.sampled_from([None, {"en": "a full disk"}])),
    st.builds(Answer, incident=NUMBERS, promise=st.integers(1, 2), answer=st.sampled_from(["holds", "unknown"])),
    st.builds(Resolve, incident=NUMBERS),
    st.builds(Dismiss, incident=NUMBERS, reason=st.just("a drill")),
    st.builds(Reopen, incident=NUMBERS, why=st.just("callers")),
)


class Life(RuleBasedStateMachine):
    """Signals, people and time act on the world; the machine decides after each, as a round of the hub does."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.told: dict[int, list[Entry]] = {}
        """The timelines as they were after the last step, for what is new in them."""

    @rule(check=st.sampled_from(sorted(CHECKS)), detector=st.sampled_from(["outage", "slow"]), ago=st.sampled_from([0, 1, 4]))
    def a_check_fails(self, check: str, detector: str, ago: int) -> None:
        stands = {(signal.check, signal.detector) for signal in self.world.standing()}
        if (check, detector) not in stands:
            self.world.later(0.01)
            self.world.fail(check, detector, since=max(self.world.now - minutes(ago), self._last_good(check, detector)))
            self.world.decide()

    @rule(checks=st.lists(st.sampled_from(sorted(CHECKS)), min_size=2, max_size=4, unique=True))
    def several_checks_fail_in_one_round(self, checks: list[str]) -> None:
        stands = {signal.check for signal in self.world.standing()}
        self.world.later(0.01)
        for check in checks:
            if check not in stands:
                self.world.fail(check)
        self.world.decide()

    @precondition(lambda self: self.world.standing())
    @rule(data=st.data(), ago=st.sampled_from([0, 1, 20]))
    def a_check_is_good_again(self, data: st.DataObject, ago: int) -> None:
        signal = data.draw(st.sampled_from(self.world.standing()))
        good_since = max(signal.since, self.world.now - minutes(ago))
        self.world.heal(signal.check, signal.detector, good_since)
        self.world.decide()

    @precondition(lambda self: self.world.standing())
    @rule()
    def everything_is_good_again(self) -> None:
        for signal in self.world.standing():
            self.world.heal(signal.check, signal.detector)
        self.world.decide()

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=3))
    def people_ask_between_two_rounds(self, commands: list[Order]) -> None:
        for command in commands:
            self.world.ask(command)
        self.world.decide()

    @rule(incident=NUMBERS, ahead=st.sampled_from([-1, 10, 60]))
    def somebody_names_a_time(self, incident: int, ahead: int) -> None:
        self.world.ask(SetEta(incident=incident, until=self.world.now + minutes(ahead), reason="disk ordered"))
        self.world.decide()

    @rule(count=st.sampled_from([0.1, 1, 2.5, 5, 16, 31]))
    def time_goes_on(self, count: float) -> None:
        self.world.later(count)
        self.world.decide()

    @rule(unknown=st.sets(st.sampled_from(sorted(CHECKS)), max_size=2))
    def we_see_other_things(self, unknown: set[str]) -> None:
        self.world.unknown = unknown
        self.world.decide()

    @precondition(lambda self: any(incident.phase.is_over for incident in self.world.folded.values()))
    @rule(data=st.data())
    def people_are_told_of_an_end(self, data: st.DataObject) -> None:
        over = [incident.id for incident in self.world.folded.values() if incident.phase.is_over]
        self.world.told_of_end.add(data.draw(st.sampled_from(over)))
        self.world.decide()

    def _last_good(self, check: str, detector: str) -> datetime:
        """A run of bad samples begins after the good ones that ended the last."""
        ended = [one.cleared_at for one in self.world.signals.values() if (one.check, one.detector) == (check, detector)]
        return max((at + minutes(0.001) for at in ended if at is not None), default=NOON)

    @invariant()
    def what_was_written_stays_and_what_is_new_follows_the_rules(self) -> None:
        for number, timeline in self.world.timelines.items():
            known = self.told.get(number, [])
            assert timeline[: len(known)] == known
            if len(timeline) > len(known):
                before = fold(known) if known else None
                for entry in timeline[len(known) :]:
                    before = _follows(before, entry)
                assert before == fold(timeline) == self.world.folded[number]
                self.told[number] = list(timeline)

    @invariant()
    def deciding_again_gives_nothing_more(self) -> None:
        assert self.world.moves() == ()

    @invariant()
    def a_standing_signal_is_in_exactly_one_incident_that_is_open_or_was_dismissed_with_it(self) -> None:
        for signal in self.world.standing():
            homes = [one for one in self.world.folded.values() if signal.id in {each.signal for each in one.standing}]
            assert len(homes) == 1
            assert not homes[0].phase.is_over or homes[0].phase is Phase.DISMISSED

    @invariant()
    def no_incident_holds_a_signal_that_has_cleared(self) -> None:
        standing = {signal.id for signal in self.world.standing()}
        for incident in self.world.folded.values():
            assert {one.signal for one in incident.standing} <= standing

    @invariant()
    def an_open_incident_with_nothing_standing_is_recovering_or_held_by_a_person(self) -> None:
        for incident in self.world.open():
            if incident.standing:
                assert incident.recovered_at is None
            else:
                assert (incident.recovered_at is not None) is may_end_by_itself(incident)
                by_person = any(entry.who == LENA for entry in self.world.timelines[incident.id])
                assert incident.recovered_at is not None or by_person

    @invariant()
    def one_look_alone_is_suspected_and_two_are_not(self) -> None:
        for incident in self.world.open():
            looks = {one.signal.partition(":")[2].partition("@")[0] for one in incident.standing}
            assert len(looks) < 2 or incident.phase is not Phase.SUSPECTED
            assert (incident.confirmed_at is None) is (incident.phase is Phase.SUSPECTED)

    @invariant()
    def what_is_felt_is_what_a_standing_signal_or_a_person_stands_behind(self) -> None:
        for incident in self.world.open():
            felt = {one.statement for one in incident.felt}
            declared = {one.statement for one in incident.declared}
            assert declared <= felt
            if incident.standing:
                assert felt <= declared | {one.statement for one in incident.standing}

    @invariant()
    def the_hold_is_as_long_as_promised(self) -> None:
        for incident in self.world.open():
            if incident.recovered_at is not None:
                assert incident.hold_until is not None
                assert incident.hold_until - incident.recovered_at >= self.world.policy.hold


def _follows(before: Incident | None, entry: Entry) -> Incident:
    """The incident after `entry`; asserts what must hold from one entry to the next."""
    after = extend(before, entry)
    if before is None:
        return after
    said = entry.said
    assert before.phase is after.phase or (before.phase, after.phase) in PAIRS
    assert after.episode - before.episode in ((0, 1) if isinstance(said, Reopened) else (0,))
    if isinstance(said, Resolved):
        assert before.standing == ()
    if entry.who == MACHINE and isinstance(said, Resolved):
        assert before.hold_until is not None
        assert before.hold_until <= entry.at
        assert said.recovered_at <= entry.at
    if entry.who == MACHINE and isinstance(said, Reopened):
        assert before.phase is Phase.RESOLVED
    elif entry.who == MACHINE:
        assert (after.cause, after.eta, after.acknowledged_by) == (before.cause, before.eta, before.acknowledged_by)
        assert {one.statement for one in before.declared} <= {one.statement for one in after.declared}
        assert before.phase is Phase.SUSPECTED or after.phase in (before.phase, Phase.RESOLVED)
    return after


Life.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
