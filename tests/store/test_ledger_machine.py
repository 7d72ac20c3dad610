"""The ledger under everything that can happen to it, in any order: P3, P4, P5, P6, P10 and the table of moves as invariants."""

import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from sentinel.deliver.ledger import MOVES, Event
from sentinel.model.delivery import Delivery, State
from sentinel.model.notice import Notice, NoticeState
from sentinel.model.person import Reason
from sentinel.store import ledger, notices, tables

from .test_ledger import LEASE, NOW, Desk, person

PEOPLE = (
    person("ada"),
    person("ben"),
    person("clo", "ben@example.com"),  # shares an address, which the directory did not see
    person("dan", reason=Reason.NO_CONSENT),
)
MORE = (*PEOPLE, person("eve"), person("fay", "ada@example.com"))
AUDIENCES = {"audience:payers": PEOPLE, "audience:all": MORE}
STEPS = ("opened", "widened#2", "holding#1", "closed")


class Ledger(RuleBasedStateMachine):
    """Two senders take rows, lose them, and send; people void, approve, hold and settle; time passes."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self.folder.name))
        self.now = NOW
        self.hold = False
        self.notices: list[Notice] = []
        self.dead: set[int] = set()
        """Notices that are void or cancelled."""
        self.until: dict[int, timedelta] = {}
        self.in_hand: list[Delivery] = []
        self.armed: list[Delivery] = []
        self.effects: Counter[tuple[str, str]] = Counter()
        """(step, address) → how often a message may have arrived there, less the times that a person said it did not."""
        self.told: set[str] = set()
        self.before: dict[int, State] = {}

    def teardown(self) -> None:
        with suppress(AttributeError):
            self.desk.store.close()
            self.folder.cleanup()

    # People

    @rule(step=st.sampled_from(STEPS), audience=st.sampled_from(sorted(AUDIENCES)), minutes=st.sampled_from([0, 3, 30]))
    def approve(self, step: str, audience: str, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes) if minutes else None
        if step in ("opened", "widened#2"):
            made = self.desk.notice(step, AUDIENCES[audience], rule=audience, release_at=self.now, sendable_until=until)
        else:
            made = self.desk.notice(step, release_at=self.now, sendable_until=until)
        self.notices.append(made)

    @precondition(lambda self: self.notices)
    @rule(which=st.randoms(use_true_random=False), cancels=st.booleans())
    def void(self, which: "object", cancels: bool) -> None:
        notice = which.choice(self.notices)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
        self.desk.change(notice, void_at=self.now, state=NoticeState.VOID.value)
        self.dead.add(notice.id)
        if cancels:
            self.desk.do(lambda c: ledger.cancel_notice(c, notice.id, self.now, "the facts changed"))

    @rule(on=st.booleans())
    def switch(self, on: bool) -> None:
        self.desk.hold(on)
        self.hold = on

    @rule(arrived=st.booleans())
    def settle(self, arrived: bool) -> None:
        doubtful = [row for row in self.desk.rows() if row.state is State.IN_DOUBT]
        if doubtful:
            first = doubtful[0]
            self.desk.do(lambda c: ledger.settle(c, first.id, arrived, self.now))
            if not arrived:
                self.effects[first.step, first.address] = 0

    @rule()
    def revive(self) -> None:
        dead = [row.id for row in self.desk.rows() if row.state is State.DEAD]
        if dead:
            self.desk.do(lambda c: ledger.revive(c, dead[0], self.now))

    # The machine

    @rule(limit=st.integers(1, 4))
    def expand(self, limit: int) -> None:
        for number in self.desk.store.read(notices.unexpanded):
            notice = self.desk.store.read(partial(notices.one, notice=number))
            assert notice is not None
            self.desk.expand(notice, limit, self.now)

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        self.in_hand += self.desk.claim(limit, self.now)

    @precondition(lambda self: self.in_hand)
    @rule()
    def arm(self) -> None:
        row = self.in_hand.pop(0)
        if self.desk.arm([row], self.now):
            now_of = next(each for each in self.desk.rows() if each.id == row.id)
            assert not self.hold, "P5: the kill switch was on"
            assert now_of.notice not in self.dead, "P4, P5: its notice is void"
            until = next(notice.sendable_until for notice in self.notices if notice.id == now_of.notice)
            assert until is None or until > self.now, "P5: it was stale"
            self.armed.append(row)

    @precondition(lambda self: self.armed)
    @rule(state=st.sampled_from([State.ACCEPTED, State.RETRY, State.REJECTED, State.DEAD, State.IN_DOUBT]), late=st.booleans())
    def end(self, state: State, late: bool) -> None:
        """The provider takes it (and perhaps its answer is lost), or says no."""
        row = self.armed.pop(0)
        if state in (State.ACCEPTED, State.IN_DOUBT):
            self.effects[row.step, row.address] += 1
        if late:
            self.now += LEASE * 2
            self.desk.do(lambda c: ledger.lapse(c, self.now))
        self.desk.mark([row], state, now=self.now)

    @rule()
    def crash(self) -> None:
        """Everything in hand is forgotten; what was armed may have arrived."""
        for row in self.armed:
            self.effects[row.step, row.address] += 1
        self.in_hand, self.armed = [], []
        self.desk.do(lambda c: ledger.recover(c, self.now))

    @rule(state=st.sampled_from([State.ACCEPTED, State.ACCEPTED, State.IN_DOUBT]))
    def go_well(self, state: State) -> None:
        """All that may go out goes out, without a hitch."""
        self.expand(100)
        self.rows_move_only_as_the_table_says()
        self.claim(100)
        while self.in_hand:
            self.rows_move_only_as_the_table_says()
            self.arm()
        while self.armed:
            self.rows_move_only_as_the_table_says()
            self.end(state, late=False)
        self.rows_move_only_as_the_table_says()
        self.expand(100)

    @rule()
    def release(self) -> None:
        self.desk.do(lambda c: ledger.release(c, [(row.id, row.fence) for row in self.in_hand]))
        self.in_hand = []

    @rule(seconds=st.integers(1, 120))
    def wait(self, seconds: int) -> None:
        """Rows whose leases run out are lost to those who hold them, who do not know it yet."""
        self.now += timedelta(seconds=seconds)
        self.desk.do(lambda c: ledger.lapse(c, self.now))
        self.desk.do(lambda c: ledger.expire(c, self.now))

    # What holds, always

    @invariant()
    def books_balance(self) -> None:
        assert self.desk.balanced(), "P10"

    @invariant()
    def nobody_is_told_twice(self) -> None:
        assert all(times <= 1 for times in self.effects.values()), f"P3: {self.effects}"

    @invariant()
    def rows_move_only_as_the_table_says(self) -> None:
        now = {row.id: row.state for row in self.desk.rows()}
        known = {(state, to) for (state, event), to in MOVES.items() if event is not Event.LOST_STAFF}
        # One rule may take two moves in a row: lapsing while a late answer is marked, or two people after each other.
        twice = {(state, to) for state, between in known for again, to in known if between == again}
        moved = {(was, now[row]) for row, was in self.before.items() if now[row] is not was}
        assert moved <= known | twice, moved - known - twice
        self.before = now

    @invariant()
    def only_the_told_are_told_of_the_end(self) -> None:
        rows = self.desk.rows()
        self.told |= {row.person for row in rows if row.step in ("opened", "widened#2") and row.state is State.ACCEPTED}
        assert {row.person for row in rows if row.step in ("holding#1", "closed")} <= self.told, "P6"

    @invariant()
    def everybody_who_was_told_is_told_of_the_end_once_all_rests(self) -> None:
        rows = self.desk.rows()
        closing = [notice for notice in self.notices if notice.step == "closed" and notice.id not in self.dead]
        expanded = self.desk.store.read(
            lambda c: {row.id for row in c.execute(select(tables.notice.c.id).where(tables.notice.c.expanded))}
        )
        if any(notice.id in expanded for notice in closing):
            owed = {row.person for row in rows if row.step in ("opened", "widened#2") and row.state is State.ACCEPTED}
            assert owed <= {row.person for row in rows if row.step == "closed"}, "P6"


Ledger.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_the_ledger_keeps_its_promises_whatever_happens = Ledger.TestCase
