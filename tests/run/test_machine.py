"""The hub's decisions over a real store under all that can happen, in any order: the promises of the design, by number."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from sentinel.model.command import Cancel, Command, Declare, Dismiss, Done, Hold, Resolve, Settle
from sentinel.model.delivery import Accepted, Delivery, Lane, State, Unknown
from sentinel.model.estimate import PromiseState
from sentinel.model.incident import Incident
from sentinel.model.notice import Approval, Draft, NoticeState, Towards
from sentinel.model.observation import Verdict
from sentinel.run import audience
from sentinel.store import incidents, ledger, notices, tables

from .world import ACCEPTED, BUSY, CARD, DOCUMENTS, MINUTE, QUOTES, REFUSED, SECOND, UNKNOWN, Fate, House

CHECKS = (CARD, DOCUMENTS, QUOTES)
FATES = (ACCEPTED, ACCEPTED, ACCEPTED, UNKNOWN, REFUSED, BUSY)
HOLD_BEFORE = 6 * MINUTE
TELLING = ("opened", "widened")
ENDING = ("closed", "retraction")
STATEMENTS = (
    ("payments", "payments.cannot_pay"),
    ("payments", "payments.no_confirmation"),
    ("documents", "documents.cannot_get_documents"),
)


def is_of(step: str, kinds: Sequence[str]) -> bool:
    return step.split("#")[0] in kinds


class Night(RuleBasedStateMachine):
    """Checks fail and heal, people approve and change their minds, senders crash, and time passes."""

    @initialize(is_told=st.sampled_from([True, True, False]), fates=st.lists(st.sampled_from(FATES), min_size=4, max_size=4))
    def begin(self, is_told: bool, fates: list[Fate]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name), watched=CHECKS)
        self.in_hand: list[Delivery] = []
        self.stale: list[Draft] = []
        self.sealed: dict[int, Draft] = {}
        """Notice → the draft as it was when a person approved it."""
        self.effects: Counter[tuple[str, int, str, str]] = Counter()
        """(subject, episode, step, person or address) → how many messages may have arrived."""
        if is_told:
            self.house.breaks(CARD)
            self.customers_are_told(fates)

    def teardown(self) -> None:
        with suppress(AttributeError):
            self.come_to_rest()
            self.house.close()
            self.folder.cleanup()

    def say(self, command: Command) -> bool:
        return isinstance(self.house.say(command), Done)

    def open(self) -> list[int]:
        return self.house.read(incidents.open_ids)

    def all(self) -> list[int]:
        return sorted(self.house.read(incidents.all_ids))

    # The services

    @rule(check=st.sampled_from(CHECKS), verdict=st.sampled_from([Verdict.DOWN, Verdict.DOWN, Verdict.DEGRADED]))
    def fails(self, check: str, verdict: Verdict) -> None:
        self.house.breaks(check, verdict=verdict)

    @rule(check=st.sampled_from(CHECKS))
    def heals(self, check: str) -> None:
        self.house.heals(check)

    @rule(minutes=st.sampled_from([1, 6, 12]))
    def all_heal(self, minutes: int) -> None:
        """For good, or until just before or after the all-clear."""
        self.house.heals(*CHECKS)
        self.pass_until(self.house.now + minutes * MINUTE)

    @rule(check=st.sampled_from(CHECKS), verdict=st.sampled_from(Verdict))
    def one_sample(self, check: str, verdict: Verdict) -> None:
        self.house.now += SECOND
        self.house.observe({check: verdict})

    @rule(seconds=st.one_of(st.integers(1, 90), st.integers(60, 1200)))
    def time_passes(self, seconds: int) -> None:
        """Rounds come at least when something is due about a promise."""
        self.pass_until(self.house.now + seconds * SECOND)

    @rule(fate=st.sampled_from(FATES))
    def a_promise_comes_due(self, fate: Fate) -> None:
        """Its last minutes, with senders at work: words about it, if any are due, can go out in time."""
        ahead = [promise.at for number in self.open() for promise in self.house.promises(number) if promise.at > self.house.now]
        if ahead:
            self.pass_until(max(self.house.now, min(ahead) - HOLD_BEFORE))
            self.pass_until(max(self.house.now, min(ahead) - 30 * SECOND))
            self.a_wave_goes(10, fate)
            self.pass_until(min(ahead) + SECOND)

    def pass_until(self, end: datetime) -> None:
        while self.house.now < end:
            due = [promise.at - HOLD_BEFORE for number in self.all() for promise in self.house.promises(number)]
            self.house.now = min([end, *(at for at in due if at > self.house.now)])
            self.house.observe({check: self.house.ill.get(check, Verdict.UP) for check in CHECKS})
            self.looked_at_promises()

    # People

    @rule(desk_knows=st.booleans(), stale=st.booleans())
    def approves(self, desk_knows: bool, stale: bool) -> None:
        waiting = self.house.drafts()
        if stale and self.stale:
            seen = self.stale.pop()
            if all(seen.hash != draft.hash for draft in waiting):
                before = self.approvals()
                assert not self.say(self.house.approval(seen)), "P4: nobody saw what now stands there"
                assert self.approvals() == before
        elif waiting:
            draft = waiting[-1]
            if self.say(self.house.approval(draft, desk_knows=desk_knows)):
                self.sealed[draft.notice] = draft

    @precondition(lambda self: self.house.drafts())
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=4, max_size=4))
    def customers_are_told(self, fates: list[Fate]) -> None:
        """Approved on the lead's word that the desk knows, and sent a minute later."""
        self.stale.append(self.house.draft())
        self.the_directory_answers(on=True)
        self.approves(desk_knows=True, stale=False)
        self.pass_until(self.house.now + 61 * SECOND)
        self.in_hand += self.house.postman.claim(Lane.CUSTOMERS, self.house.now)
        while self.in_hand and fates:
            self.send(self.in_hand.pop(0), fates.pop())
        self.house.round()

    @rule(which=st.integers(0, 3))
    def takes_back(self, which: int) -> None:
        pending = [
            notice.id
            for number in self.all()
            for notice in self.house.notices(incident=number, towards=Towards.CUSTOMERS)
            if notice.state in (NoticeState.DRAFT, NoticeState.APPROVED)
        ]
        if pending:
            self.say(Cancel(notice=pending[-1 - which % len(pending)], why="changed our mind"))

    @precondition(lambda self: self.open())
    @rule(minutes=st.integers(5, 200))
    def sets_a_time(self, minutes: int) -> None:
        self.house.now += SECOND
        self.house.set_eta(self.house.now + minutes * MINUTE, self.open()[-1])

    @precondition(lambda self: self.open())
    @rule(answer=st.sampled_from(["holds", "unknown"]))
    def answers(self, answer: Any) -> None:
        number = self.open()[-1]
        waiting = [promise for promise in self.house.promises(number) if promise.state is PromiseState.OPEN]
        if waiting and self.house.incident(number).answered.get(waiting[-1].id) != answer:
            self.house.answer(waiting[-1].id, answer, number)

    @precondition(lambda self: self.open())
    @rule()
    def dismisses(self) -> None:
        self.say(Dismiss(incident=self.open()[-1], reason="the probe was wrong"))

    @rule(what=st.sampled_from(STATEMENTS))
    def declares(self, what: tuple[str, str]) -> None:
        self.say(Declare(service=what[0], statement=what[1]))

    @precondition(lambda self: self.open())
    @rule()
    def resolves(self) -> None:
        self.say(Resolve(incident=self.open()[-1]))

    @rule(on=st.sampled_from([False, False, True]))
    def holds(self, on: bool) -> None:
        self.say(Hold(on=on, why="careful"))

    @rule(arrived=st.booleans())
    def settles(self, arrived: bool) -> None:
        doubtful = [row for row in self.house.rows() if row.state is State.IN_DOUBT]
        if doubtful:
            row = doubtful[0]
            assert self.say(Settle(delivery=row.id, arrived=arrived))
            if not arrived:
                self.arrived(row, -1)

    # Senders

    @rule(limit=st.integers(1, 4))
    def claims(self, limit: int) -> None:
        self.in_hand += self.house.postman.claim(Lane.CUSTOMERS, self.house.now, limit)

    @precondition(lambda self: self.in_hand)
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def sends(self, fates: list[Fate]) -> None:
        for fate in fates:
            if self.in_hand:
                self.send(self.in_hand.pop(0), fate)
        self.house.round()

    @rule(limit=st.integers(1, 10), fate=st.sampled_from(FATES))
    def a_wave_goes(self, limit: int, fate: Fate) -> None:
        self.house.postman.wave(Lane.STAFF, self.house.now)
        self.house.round()
        for row in self.house.postman.claim(Lane.CUSTOMERS, self.house.now, limit):
            self.send(row, fate)
        self.house.round()

    @rule(arms=st.integers(0, 2))
    def crashes(self, arms: int) -> None:
        for row in self.in_hand[:arms]:
            if self.house.postman.arm(row, self.house.now):
                self.arrived(row, 1)
        self.in_hand = []
        self.house.do(lambda c: ledger.recover(c, self.house.now))
        self.house.round()

    @rule(on=st.sampled_from([False, True, True]))
    def the_directory_answers(self, on: bool) -> None:
        self.house.reads = on
        if on:
            audience.read_all(self.house.world.installation, self.house.store, self.house.now)
            self.house.round()

    def send(self, row: Delivery, fate: Fate) -> None:
        if not self.house.postman.arm(row, self.house.now):
            self.house.do(lambda c: ledger.release(c, [(row.id, row.fence)]))
            return
        notice = self.house.notice(row.notice)
        hold = self.house.read(lambda c: c.execute(select(tables.installation.c.hold)).scalar_one())
        assert not hold, "P5: the kill switch is on"
        assert notice.state is NoticeState.APPROVED, "P4, P5"
        assert notice.void_at is None, "P5: it is void"
        assert notice.sendable_until is None or self.house.now < notice.sendable_until, "P5: it is stale"
        assert notice.release_at is not None, "P5: the desk does not know yet"
        assert notice.release_at <= self.house.now, "P5: the desk does not know yet"
        if isinstance(fate, Accepted | Unknown):
            self.arrived(row, 1)
        self.house.postman.end(row, fate, self.house.now)

    def arrived(self, row: Delivery, times: int) -> None:
        # All openings of an episode are one word: who is newly affected is told from the start, and nobody else again.
        step = "opened" if is_of(row.step, ("opened",)) else row.step
        for whom in (row.person, row.address):
            self.effects[row.subject, row.episode, step, whom] += times

    # What holds, always

    @invariant()
    def p3_nobody_is_told_twice(self) -> None:
        assert all(times <= 1 for times in self.effects.values()), f"P3: {self.effects}"

    @invariant()
    def p4_nothing_without_approval(self) -> None:
        for row in self.house.rows():
            if row.state in (State.ARMED, State.ACCEPTED, State.IN_DOUBT):
                consent = self.house.read(partial(notices.approval_of, notice=row.notice))
                assert consent is not None, f"P4: {row}"
                self.is_what_was_seen(consent[0])

    def is_what_was_seen(self, approval: Approval) -> None:
        seen = self.sealed.get(approval.notice)
        if seen is not None:
            assert (approval.draft_hash, approval.bodies) == (seen.hash, seen.bodies), "P4"
            return
        assert approval.rule, f"P4: nobody approved notice {approval.notice}"
        beside = [body for draft in self.sealed.values() for body in (*draft.holding, *draft.closing)]
        assert all(body in beside for body in approval.bodies), "P4: words that nobody approved beside an opening"

    @invariant()
    def looked_at_promises(self) -> None:
        """P7: in the last minutes of a promise that somebody was given, words about it are on their way."""
        for number in self.open():
            incident = self.house.incident(number)
            given = [
                promise
                for promise in self.house.promises(number)
                if promise.episode == incident.episode and promise.state is not PromiseState.WITHDRAWN
            ]
            if not given or incident.recovered_at is not None or not self.somebody_was_told(incident):
                continue
            last = given[-1]
            is_due = self.house.now >= last.at - HOLD_BEFORE and incident.answered.get(last.id) != "holds"
            if last.state in (PromiseState.OPEN, PromiseState.BROKEN) and is_due:
                words = [*self.house.notices(f"holding#{last.id}", number), *self.house.notices(f"delayed#{last.id}", number)]
                assert any(notice.state is NoticeState.APPROVED for notice in words), f"P7: {last} lapses in silence"

    def somebody_was_told(self, incident: Incident) -> bool:
        return any(
            row.state is State.ACCEPTED and is_of(row.step, TELLING)
            for row in self.house.rows()
            if (row.subject, row.episode) == (incident.subject, incident.episode)
        )

    @invariant()
    def p10_the_books_balance(self) -> None:
        assert all(book.balanced for book in self.house.books()), "P10"

    @invariant()
    def a_service_is_part_of_one_open_incident_at_most(self) -> None:
        parts = Counter(service for number in self.open() for service in self.house.incident(number).services)
        assert all(times == 1 for times in parts.values()), parts

    @invariant()
    def timelines_have_no_gaps(self) -> None:
        for number in self.all():
            assert [entry.seq for entry in self.house.entries(number)] == list(range(1, len(self.house.entries(number)) + 1))

    @invariant()
    def a_second_round_adds_nothing(self) -> None:
        before = self.written()
        self.house.round()
        assert self.written() == before

    def written(self) -> dict[str, int]:
        def count(c: Any) -> dict[str, int]:
            parts = ("notice", "entry", "promise", "approval", "delivery", "draft", "estimate")
            named = {name: tables.metadata.tables[name] for name in parts}
            return {name: c.execute(select(func.count()).select_from(table)).scalar_one() for name, table in named.items()}

        return self.house.read(count)

    def approvals(self) -> int:
        return self.written()["approval"]

    # What holds at rest

    def come_to_rest(self) -> None:
        """Everything is good again, somebody ends what no check can end and takes back what was no disturbance."""
        self.say(Hold(on=False))
        self.the_directory_answers(on=True)
        self.crashes(0)
        self.house.heals(*CHECKS)
        self.pass_until(self.house.now + 16 * MINUTE)
        for number in self.open():
            self.say(Resolve(incident=number))
        assert self.open() == []
        for draft in self.house.drafts():
            if self.house.notice(draft.notice).step == "retraction":
                assert self.say(self.house.approval(draft)), "a retraction can always be approved"
                self.sealed[draft.notice] = draft
        for _ in range(4):
            self.pass_until(self.house.now + 6 * MINUTE)
            self.a_wave_goes(1000, ACCEPTED)
        self.p3_nobody_is_told_twice()
        self.p4_nothing_without_approval()
        self.p10_the_books_balance()
        self.p6_the_loop_is_closed()

    def p6_the_loop_is_closed(self) -> None:
        rows = self.house.rows()
        assert not [row for row in rows if row.state in (State.QUEUED, State.RETRY, State.CLAIMED, State.ARMED)], rows
        for number in self.all():
            incident = self.house.incident(number)
            for episode in range(1, incident.episode + 1):
                mine = [row for row in rows if (row.subject, row.episode) == (incident.subject, episode)]
                told = {row.person for row in mine if row.state is State.ACCEPTED and is_of(row.step, TELLING)}
                ends = Counter(row.person for row in mine if is_of(row.step, ENDING) and row.state is not State.CANCELLED)
                assert set(ends) <= told, f"P6: {set(ends) - told} were never told of the start"
                assert all(times == 1 for times in ends.values()), f"P6: {ends}"
                if episode == incident.episode:
                    assert set(ends) == told, f"P6: {told - set(ends)} were not told of the end of {incident.reference}"


Night.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
test_the_promises_hold_whatever_happens = Night.TestCase
