"""The desk tells people in person while everything else happens, in any order: P3, P6 and P10 with them in it."""

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from sentinel.model.command import AddTold, Hold, Resolve
from sentinel.model.delivery import State
from sentinel.store import told

from . import test_machine
from .test_machine import CHECKS, ENDING, TELLING, is_of
from .world import ACCEPTED, MINUTE

CALLERS = (
    ("gus@example.org", ""),
    ("hal@example.org", "c-900"),
    ("ada@example.com", ""),
    ("ADA@example.com", ""),
    ("ben@example.com", "ben"),
    ("dan@example.com", ""),
    ("eve@example.com", "eve"),
)
"""(address, number): strangers, and people of the directory by one, the other or another spelling."""


class DeskNight(test_machine.Night):
    """The night of test_machine, with callers in it."""

    @precondition(lambda self: self.open())
    @rule(
        caller=st.sampled_from(CALLERS),
        how=st.sampled_from(["phone", "chat", "asks"]),
        which=st.integers(0, 3),
        twice=st.booleans(),
    )
    def somebody_calls(self, caller: tuple[str, str], how: str, which: int, twice: bool) -> None:
        number = self.open()[which % len(self.open())]
        address, person = caller
        command = AddTold(incident=number, address=address, person=person, how=how)  # type: ignore[arg-type]
        assert self.say(command)
        rows = len(self.house.rows("desk"))
        if twice:
            assert self.say(command)
            assert len(self.house.rows("desk")) == rows, "P3: pressed twice, added once"

    @invariant()
    def nothing_is_ever_sent_for_a_desk_row(self) -> None:
        assert {row.state for row in self.house.rows("desk")} <= {State.ACCEPTED}
        assert not any(step == "desk" for _, _, step, _ in self.effects)

    @invariant()
    def the_list_is_its_rows(self) -> None:
        """The desk's snapshot is counted as it grows."""
        for book in self.house.books():
            if book.step == "desk":
                assert (book.snapshot, book.counts["expanding"]) == (book.counts[State.ACCEPTED.value], 0), f"P10: {book}"

    @invariant()
    def an_episode_has_one_list(self) -> None:
        lists = [(notice.incident, notice.episode) for n in self.all() for notice in self.house.notices("desk", n)]
        assert len(lists) == len(set(lists))
        assert all(notice.rule == told.RULE for n in self.all() for notice in self.house.notices("desk", n))

    # What holds at rest

    def come_to_rest(self) -> None:
        self.say(Hold(on=False))
        self.the_directory_answers(on=True)
        self.crashes(0)
        self.house.heals(*CHECKS)
        self.pass_until(self.house.now + 16 * MINUTE)
        for number in self.open():
            self.say(Resolve(incident=number))
        for draft in self.house.drafts():
            if is_of(self.house.notice(draft.notice).step, ENDING):
                assert self.say(self.house.approval(draft)), "an end that is owed can always be approved"
                self.sealed[draft.notice] = draft
        for _ in range(4):
            self.pass_until(self.house.now + 6 * MINUTE)
            self.a_wave_goes(1000, ACCEPTED)
        self.p3_nobody_is_told_twice()
        self.p4_nothing_without_approval()
        self.p10_the_books_balance()
        self.p6_the_loop_is_closed()

    def p6_the_loop_is_closed(self) -> None:
        """By address, since the desk may know somebody by that alone."""
        rows = self.house.rows()
        assert not [row for row in rows if row.state in (State.QUEUED, State.RETRY, State.CLAIMED, State.ARMED)], rows
        for number in self.all():
            incident = self.house.incident(number)
            for episode in range(1, incident.episode + 1):
                mine = [row for row in rows if (row.subject, row.episode) == (incident.subject, episode)]
                heard = {
                    row.address.casefold()
                    for row in mine
                    if row.state is State.ACCEPTED and is_of(row.step, (*TELLING, "desk"))
                }
                ends = Counter(
                    row.address.casefold()
                    for row in mine
                    if is_of(row.step, ENDING) and row.state not in (State.CANCELLED, State.SUPPRESSED)
                )
                assert set(ends) <= heard, f"P6: {set(ends) - heard} were never told of the start"
                assert all(times == 1 for times in ends.values()), f"P6: {ends}"
                if episode == incident.episode:
                    assert set(ends) == heard, f"P6: {heard - set(ends)} were not told of the end of {incident.reference}"


DeskNight.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
test_the_promises_hold_with_the_desk_in_it = DeskNight.TestCase
