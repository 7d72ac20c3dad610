"""The ledger over a real SQLite store: gates, fences, leases, and people told once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select, update

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.notice import Notice, NoticeState, Occasion, Towards
from sentinel.model.person import Admitted, Person, Reason
from sentinel.store import books, broken, expansion, ledger, notices, rates, tables
from sentinel.store.database import Store
from sentinel.store.ledger import Mark

from .conftest import Where

T = TypeVar("T")
NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
LEASE = timedelta(seconds=60)


class Desk:
    """A store with one incident, and short words for what tests do with it."""

    def __init__(self, path: Path, database: str = "") -> None:
        self.store = Store.open(path / "sentinel.db", database)
        self.cause = 0

    def do(self, work: Callable[[Connection], T]) -> T:
        return self.store.writer.submit(work).result()

    def notice(self, step: str = "opened", people: tuple[Admitted, ...] | None = None, **values: object) -> Notice:
        self.cause += 1
        made = Notice(
            id=0,
            subject="incident:1",
            incident=1,
            episode=1,
            step=step,
            cause=self.cause,
            occasion=Occasion(step.split("#")[0]),
            towards=Towards.CUSTOMERS,
            state=NoticeState.APPROVED,
            made_at=NOW,
            rule="audience:payers" if people is not None else "told",
            release_at=NOW,
        )
        return self.do(lambda c: self._make(c, replace(made, **values), people))  # type: ignore[arg-type]  # tests name fields

    @staticmethod
    def _make(c: Connection, made: Notice, people: tuple[Admitted, ...] | None) -> Notice:
        if people is not None:
            snapshot = notices.snapshot_for(c, made.subject, made.episode, made.rule, NOW)
            notices.keep_people(c, snapshot, people)
            notices.complete_snapshot(c, snapshot, ())
            made = replace(made, snapshot=snapshot)
        stored = notices.make(c, made)
        assert stored is not None
        return stored

    def expand(self, notice: Notice, limit: int = 100, now: datetime = NOW) -> int:
        told = notice.rule == ledger.TOLD
        return self.do(lambda c: (expansion.expand_told if told else expansion.expand)(c, notice, now, limit))

    def claim(
        self, limit: int = 20, now: datetime = NOW, lane: Lane = Lane.CUSTOMERS, epoch: int | None = None
    ) -> list[Delivery]:
        mine = self.store.epoch if epoch is None else epoch
        return self.do(lambda c: ledger.claim(c, lane, ["email", "cs-slack"], limit, now, LEASE, mine))

    def arm(self, rows: list[Delivery], now: datetime = NOW, lane: Lane = Lane.CUSTOMERS, epoch: int | None = None) -> set[int]:
        mine = self.store.epoch if epoch is None else epoch
        return self.do(lambda c: ledger.arm(c, lane, [(row.id, row.fence) for row in rows], now, mine))

    def mark(self, rows: list[Delivery], state: State, was: State = State.ARMED, now: datetime = NOW) -> int:
        marks = [Mark(id=row.id, fence=row.fence, was=was, state=state, attempts=1) for row in rows]
        return self.do(lambda c: ledger.mark(c, marks, now))

    def send(self, notice: Notice, state: State = State.ACCEPTED) -> list[Delivery]:
        self.expand(notice)
        rows = self.claim()
        assert self.arm(rows) == {row.id for row in rows}
        assert self.mark(rows, state) == len(rows)
        return rows

    def rows(self) -> list[Delivery]:
        return self.store.read(lambda c: [ledger.as_delivery(row) for row in c.execute(select(tables.delivery))])

    def states(self, step: str = "opened") -> dict[str, str]:
        return {row.person: row.state.value for row in self.rows() if row.step == step}

    def change(self, notice: Notice, **values: object) -> None:
        self.do(lambda c: notices.change(c, notice.id, **values))

    def hold(self, on: bool) -> None:
        self.do(lambda c: c.execute(update(tables.installation).values(hold=on)))

    def lapse(self, now: datetime) -> ledger.Lost:
        """Every lease has run out at `now`. By PostgreSQL's own clock they have not: there they are ended first."""
        if self.store.shared:
            held = tables.delivery.c.lease_until.is_not(None)
            self.do(lambda c: c.execute(update(tables.delivery).where(held).values(lease_until=NOW)))
        return self.do(lambda c: ledger.lapse(c, now))

    def balanced(self) -> bool:
        every = self.store.read(lambda c: books.books(c, list(c.execute(select(tables.notice.c.id)).scalars())))
        return all(book.balanced for book in every)


def person(name: str, address: str = "", reason: Reason | None = None) -> Admitted:
    where = address or f"{name}@example.com"
    return Admitted(
        person=Person(id=name, name=name.title(), channel="email", address=where, language="en", zone="Europe/Madrid"),
        reason=reason,
    )


ADA, BEN, CLO = person("ada"), person("ben"), person("clo")


@pytest.fixture
def desk(ready: Where) -> Iterator[Desk]:
    """On SQLite and on PostgreSQL."""
    made = Desk(ready.path.parent, ready.database)
    yield made
    made.store.close()


# Expansion


def test_everybody_of_a_snapshot_gets_one_row_and_those_with_a_reason_a_suppressed_one(desk: Desk) -> None:
    notice = desk.notice(people=(ADA, BEN, person("dan", reason=Reason.NO_CONSENT)))
    assert desk.expand(notice) == 3
    assert desk.states() == {"ada": "queued", "ben": "queued", "dan": "suppressed"}
    assert desk.expand(notice) == 0
    assert desk.balanced()


def test_a_snapshot_is_expanded_in_bounded_steps_and_the_books_balance_between_them(desk: Desk) -> None:
    notice = desk.notice(people=tuple(person(f"p{n:03}") for n in range(25)))
    for written in (10, 10, 5, 0):
        assert desk.expand(notice, limit=10) == written
        assert desk.balanced()
    assert len(desk.rows()) == 25


def test_one_message_an_address_whoever_shares_it(desk: Desk) -> None:
    notice = desk.notice(people=(ADA, person("zoe", "ada@example.com"), person("yan", "ada@example.com", Reason.SAME_ADDRESS)))
    desk.expand(notice, limit=1)
    desk.expand(notice)
    assert desk.states() == {"ada": "queued", "yan": "suppressed", "zoe": "suppressed"}
    assert {row.detail for row in desk.rows() if row.state is State.SUPPRESSED} == {"same_address"}
    assert desk.balanced()


def test_somebody_who_unsubscribed_after_the_snapshot_is_not_sent_to(desk: Desk) -> None:
    notice = desk.notice(people=(ADA, BEN))
    desk.do(lambda c: notices.unsubscribe(c, "ben", NOW))
    desk.expand(notice)
    assert desk.states() == {"ada": "queued", "ben": "suppressed"}


@pytest.mark.parametrize("values", [{"state": NoticeState.DRAFT}, {"void_at": NOW}])
def test_nothing_is_written_for_a_notice_that_is_not_approved_or_is_void(desk: Desk, values: dict[str, object]) -> None:
    stale = desk.notice(people=(ADA,))
    desk.change(stale, **values)
    assert desk.expand(stale) == 0
    assert desk.rows() == []


def test_a_redraft_takes_over_what_never_went_out_and_tells_nobody_twice(desk: Desk) -> None:
    first = desk.notice(people=(ADA, BEN, CLO, person("dan", reason=Reason.NO_CONSENT)))
    desk.expand(first)
    sent = desk.claim(limit=1)
    desk.arm(sent)
    desk.mark(sent, State.ACCEPTED)
    desk.do(lambda c: notices.change(c, first.id, void_at=NOW, state=NoticeState.VOID))
    assert desk.do(lambda c: ledger.cancel_notice(c, first.id, NOW, "the impact changed")) == 2
    second = desk.notice(people=(ADA, BEN, CLO, person("dan", reason=Reason.NO_CONSENT)))
    assert desk.expand(second, limit=2) == 2
    assert desk.balanced()
    desk.expand(second)
    assert desk.states() == {"ada": "accepted", "ben": "queued", "clo": "queued", "dan": "suppressed"}
    assert {row.person for row in desk.rows() if row.notice == second.id} == {"ben", "clo", "dan"}
    assert desk.balanced()
    assert {row.person for row in desk.claim()} == {"ben", "clo"}


def test_a_redraft_to_another_audience_leaves_the_books_of_both_in_balance(desk: Desk) -> None:
    first = desk.notice(people=(ADA, BEN))
    desk.send(first)
    second = desk.notice(people=(BEN, CLO), rule="audience:all")
    desk.expand(second)
    assert desk.states() == {"ada": "accepted", "ben": "accepted", "clo": "queued"}
    assert desk.balanced()


def test_staff_get_one_row_a_channel(desk: Desk) -> None:
    notice = desk.notice(people=None, towards=Towards.STAFF, rule="staff", release_at=None)
    assert desk.do(lambda c: expansion.expand_staff(c, notice, ["cs-slack", "email", "cs-slack"], NOW)) == 2
    assert desk.do(lambda c: expansion.expand_staff(c, notice, ["cs-slack"], NOW)) == 0
    assert {row.channel for row in desk.claim(lane=Lane.STAFF)} == {"cs-slack", "email"}
    assert desk.balanced()


# The told


def test_exactly_those_who_were_told_are_told_of_the_end(desk: Desk) -> None:
    opening = desk.notice(people=(ADA, BEN, CLO))
    desk.expand(opening)
    ada, ben, clo = desk.claim()
    desk.arm([ada, ben, clo])
    desk.mark([ada], State.ACCEPTED)
    desk.mark([ben], State.REJECTED)
    desk.mark([clo], State.IN_DOUBT)
    closing = desk.notice("closed")
    assert desk.store.read(lambda c: expansion.untold(c, closing.id)) == 1
    desk.expand(closing)
    assert desk.states("closed") == {"ada": "queued"}
    assert desk.balanced()


def test_the_closing_waits_for_openings_under_way_and_for_doubts_that_are_settled(desk: Desk) -> None:
    opening = desk.notice(people=(ADA, BEN))
    desk.expand(opening)
    ada, ben = desk.claim()
    desk.arm([ada, ben])
    closing = desk.notice("closed")
    assert desk.expand(closing) == 0
    desk.mark([ada], State.ACCEPTED)
    desk.mark([ben], State.IN_DOUBT)
    assert desk.expand(closing) == 1
    assert desk.expand(closing) == 0
    assert desk.do(lambda c: ledger.settle(c, ben.id, True, NOW))
    assert desk.expand(closing) == 1
    assert desk.states("closed") == {"ada": "queued", "ben": "queued"}
    assert desk.balanced()


def test_late_proof_settles_a_doubt_and_owes_the_closing(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    (ada,) = desk.claim()
    desk.arm([ada])
    late = NOW + LEASE * 2
    assert desk.lapse(late) == ledger.Lost(requeued=0, in_doubt=1)
    closing = desk.notice("closed")
    assert desk.expand(closing) == 0
    assert desk.mark([ada], State.ACCEPTED, now=late) == 1
    assert desk.states() == {"ada": "accepted"}
    assert desk.expand(closing, now=late) == 1


def test_late_proof_of_many_in_one_page_settles_them_all(desk: Desk) -> None:
    """F13: a worker that wakes has an answer for each of its connections."""
    desk.expand(desk.notice(people=(ADA, BEN)))
    rows = desk.claim()
    desk.arm(rows)
    desk.lapse(NOW + LEASE * 2)
    assert desk.mark(rows, State.ACCEPTED, now=NOW + LEASE * 2) == 2
    assert desk.states() == {"ada": "accepted", "ben": "accepted"}


def test_somebody_who_is_told_after_the_closing_was_written_is_in_it_too(desk: Desk) -> None:
    desk.send(desk.notice(people=(ADA,)))
    closing = desk.notice("closed")
    assert desk.expand(closing) == 1
    assert desk.expand(closing) == 0
    desk.send(desk.notice("widened#4", people=(ADA, BEN), rule="audience:all"))
    assert desk.expand(closing) == 1
    assert desk.states("closed").keys() == {"ada", "ben"}


def test_nobody_gets_holding_words_after_the_end_and_newcomers_get_the_opening_form(desk: Desk) -> None:
    desk.send(desk.notice(people=(ADA,)))
    desk.send(desk.notice("widened#4", people=(ADA, BEN), rule="audience:all"))
    assert desk.states("widened#4") == {"ada": "accepted", "ben": "accepted"}
    desk.send(desk.notice("closed"))
    assert desk.states("closed") == {"ada": "accepted", "ben": "accepted"}
    holding = desk.notice("holding#2")
    assert desk.expand(holding) == 0
    assert desk.expand(desk.notice("retraction")) == 0
    assert desk.balanced()


def test_a_closing_that_was_armed_once_ends_the_episode(desk: Desk) -> None:
    desk.send(desk.notice(people=(ADA,)))
    assert not desk.store.read(lambda c: expansion.has_closing_armed(c, "incident:1", 1))
    desk.expand(desk.notice("closed"))
    assert not desk.store.read(lambda c: expansion.has_closing_armed(c, "incident:1", 1))
    desk.arm(desk.claim())
    assert desk.store.read(lambda c: expansion.has_closing_armed(c, "incident:1", 1))
    assert not desk.store.read(lambda c: expansion.has_closing_armed(c, "incident:1", 2))


# Gates, asked by the claim and again by the arming (P4, P5)


def _shut_hold(desk: Desk, notice: Notice) -> None:
    desk.hold(True)


def _shut_void(desk: Desk, notice: Notice) -> None:
    desk.change(notice, void_at=NOW)


def _shut_draft(desk: Desk, notice: Notice) -> None:
    desk.change(notice, state=NoticeState.DRAFT.value)


def _shut_time(desk: Desk, notice: Notice) -> None:
    desk.change(notice, sendable_until=NOW)


def _shut_unreleased(desk: Desk, notice: Notice) -> None:
    desk.change(notice, release_at=None)


def _shut_later(desk: Desk, notice: Notice) -> None:
    desk.change(notice, release_at=NOW + timedelta(seconds=1))


def _shut_paused(desk: Desk, notice: Notice) -> None:
    desk.change(notice, paused_at=NOW, paused_why="8 of the first 50 failed")


def _shut_broken(desk: Desk, notice: Notice) -> None:
    desk.do(lambda c: broken.breaks(c, "email", "the token is revoked", NOW))


def _shut_resting(desk: Desk, notice: Notice) -> None:
    desk.do(lambda c: rates.rest(c, {"email": timedelta(minutes=10)}, NOW))


GATES = [
    _shut_hold, _shut_void, _shut_draft, _shut_time, _shut_unreleased, _shut_later, _shut_paused, _shut_broken, _shut_resting
]  # fmt: skip


@pytest.mark.parametrize("shut", GATES)
def test_a_shut_gate_stops_the_claim(desk: Desk, shut: Callable[[Desk, Notice], None]) -> None:
    notice = desk.notice(people=(ADA,))
    desk.expand(notice)
    shut(desk, notice)
    assert desk.claim() == []


@pytest.mark.parametrize("shut", GATES)
def test_a_gate_that_shuts_between_claim_and_arming_stops_the_arming(desk: Desk, shut: Callable[[Desk, Notice], None]) -> None:
    notice = desk.notice(people=(ADA,))
    desk.expand(notice)
    rows = desk.claim()
    assert len(rows) == 1
    shut(desk, notice)
    assert desk.arm(rows) == set()
    assert desk.states() == {"ada": "claimed"}


def test_a_store_of_another_epoch_sends_nothing(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    assert desk.claim(epoch=desk.store.epoch + 1) == []
    rows = desk.claim()
    assert desk.arm(rows, epoch=desk.store.epoch + 1) == set()


def test_the_kill_switch_and_the_epoch_do_not_hold_staff(desk: Desk) -> None:
    notice = desk.notice(people=None, towards=Towards.STAFF, rule="staff", release_at=None)
    desk.do(lambda c: expansion.expand_staff(c, notice, ["cs-slack"], NOW))
    desk.hold(True)
    rows = desk.claim(lane=Lane.STAFF, epoch=99)
    assert desk.arm(rows, lane=Lane.STAFF, epoch=99) == {rows[0].id}


def test_a_row_is_not_claimed_before_it_is_due_nor_by_another_channel(desk: Desk) -> None:
    soon = NOW + timedelta(minutes=5)
    desk.expand(desk.notice(people=(ADA,), release_at=soon))
    assert desk.claim() == []
    assert desk.do(lambda c: ledger.claim(c, Lane.CUSTOMERS, ["sms"], 20, soon, LEASE, desk.store.epoch)) == []
    assert len(desk.claim(now=soon)) == 1


def test_a_release_that_is_brought_forward_takes_its_rows_along(desk: Desk) -> None:
    notice = desk.notice(people=(ADA,), release_at=NOW + timedelta(minutes=5))
    desk.expand(notice)
    desk.do(lambda c: expansion.reschedule(c, notice.id, NOW))
    assert len(desk.claim()) == 1


def test_claims_go_by_due_time_over_fresh_rows_and_retries_alike(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA, BEN, CLO)))
    ada, *_ = desk.claim(limit=1)
    again = Mark(
        id=ada.id, fence=ada.fence, was=State.CLAIMED, state=State.RETRY, attempts=1, due_at=NOW - timedelta(seconds=1)
    )
    desk.do(lambda c: ledger.mark(c, [again], NOW))
    assert [row.person for row in desk.claim(limit=2)] == ["ada", "ben"]


@pytest.mark.parametrize("ready", ["sqlite"], indirect=True)  # the plan is SQLite's own
def test_a_claim_walks_the_index_and_never_sorts_the_queue(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    plans: list[str] = []

    def explain(c: Connection) -> None:
        raw = c.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(plans.append)
        ledger.claim(c, Lane.CUSTOMERS, ["email"], 20, NOW, LEASE, desk.store.epoch)
        raw.set_trace_callback(None)
        statement = next(text for text in plans if text.startswith("WITH"))
        plans[:] = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}")]

    desk.do(explain)
    walks = [line for line in plans if "delivery USING INDEX to_claim (lane=? AND state=? AND channel=? AND due_at<?)" in line]
    assert len(walks) == 2
    assert not [line for line in plans if line.startswith("SCAN delivery")]
    assert sum("TEMP B-TREE" in line for line in plans) == 1, "only the few rows picked may be sorted"


# Fences and leases


def test_a_sender_whose_lease_ran_out_can_neither_arm_nor_mark(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    stale = desk.claim()
    later = NOW + LEASE * 2
    assert desk.lapse(later) == ledger.Lost(requeued=1, in_doubt=0)
    fresh = desk.claim(now=later)
    assert fresh[0].fence == stale[0].fence + 1
    assert desk.arm(stale) == set()
    assert desk.mark(stale, State.ACCEPTED, was=State.CLAIMED) == 0
    assert desk.do(lambda c: ledger.renew(c, [(stale[0].id, stale[0].fence)], later, LEASE)) == set()
    assert desk.arm(fresh, now=later) == {fresh[0].id}
    assert desk.mark(stale, State.REJECTED) == 0
    assert desk.states() == {"ada": "armed"}


def test_a_renewed_lease_does_not_lapse(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    rows = desk.claim()
    later = NOW + LEASE / 2
    assert desk.do(lambda c: ledger.renew(c, [(rows[0].id, rows[0].fence)], later, LEASE)) == {rows[0].id}
    assert desk.do(lambda c: ledger.lapse(c, NOW + LEASE * 1.2)) == ledger.Lost(requeued=0, in_doubt=0)


def test_released_rows_are_queued_again(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA, BEN)))
    rows = desk.claim()
    desk.arm(rows[:1])
    assert desk.do(lambda c: ledger.release(c, [(row.id, row.fence) for row in rows])) == 1
    assert desk.states() == {"ada": "armed", "ben": "queued"}


def test_after_a_crash_claimed_rows_are_queued_armed_customers_in_doubt_and_armed_staff_sent_again(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA, BEN)))
    staff = desk.notice(people=None, towards=Towards.STAFF, rule="staff", release_at=None, step="suspected")
    desk.do(lambda c: expansion.expand_staff(c, staff, ["cs-slack"], NOW))
    ada, _ben = desk.claim()
    desk.arm([ada])
    desk.arm(desk.claim(lane=Lane.STAFF), lane=Lane.STAFF)
    assert desk.do(lambda c: ledger.recover(c, NOW)) == ledger.Lost(requeued=2, in_doubt=1)
    assert desk.states() == {"ada": "in_doubt", "ben": "queued"}
    assert desk.states("suspected") == {"channel:cs-slack": "queued"}
    assert [row.person for row in desk.claim()] == ["ben"]
    assert desk.balanced()


# What people and time do


def test_cancelling_a_notice_stops_all_but_what_is_armed(desk: Desk) -> None:
    notice = desk.notice(people=(ADA, BEN, CLO))
    desk.expand(notice)
    ada, ben = desk.claim(limit=2)
    desk.arm([ada])
    assert desk.do(lambda c: ledger.cancel_notice(c, notice.id, NOW, "taken back")) == 2
    assert desk.states() == {"ada": "armed", "ben": "cancelled", "clo": "cancelled"}
    assert desk.arm([ben]) == set()
    assert desk.balanced()


def test_what_is_past_its_time_or_void_is_cancelled_with_the_reason(desk: Desk) -> None:
    late = desk.notice(people=(ADA,), sendable_until=NOW + timedelta(minutes=1))
    void = desk.notice("widened#2", people=(BEN,), rule="audience:all")
    kept = desk.notice("again", people=(CLO,), rule="audience:few")
    for notice in (late, void, kept):
        desk.expand(notice)
    desk.change(void, void_at=NOW, void_why="the impact changed")
    assert desk.do(lambda c: ledger.expire(c, NOW + timedelta(minutes=1))) == 2
    details = {row.person: (row.state.value, row.detail) for row in desk.rows()}
    assert details["ada"] == ("cancelled", "its time had passed before it could be sent")
    assert details["ben"] == ("cancelled", "the impact changed")
    assert details["clo"][0] == "queued"
    assert desk.balanced()


def test_a_person_settles_a_doubt_once(desk: Desk) -> None:
    ada, ben = desk.send(desk.notice(people=(ADA, BEN)), State.IN_DOUBT)
    assert desk.do(lambda c: ledger.settle(c, ada.id, True, NOW))
    assert desk.do(lambda c: ledger.settle(c, ben.id, False, NOW))
    assert not desk.do(lambda c: ledger.settle(c, ada.id, False, NOW))
    assert desk.states() == {"ada": "accepted", "ben": "queued"}


def test_a_person_gives_a_dead_row_another_round(desk: Desk) -> None:
    (ada,) = desk.send(desk.notice(people=(ADA,)), State.DEAD)
    assert desk.do(lambda c: ledger.revive(c, ada.id, NOW))
    assert not desk.do(lambda c: ledger.revive(c, ada.id, NOW))
    assert [(row.person, row.attempts) for row in desk.claim()] == [("ada", 0)]


def test_a_providers_words_are_kept_on_one_line_and_within_the_column(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    (ada,) = desk.claim()
    nasty = Mark(
        id=ada.id,
        fence=ada.fence,
        was=State.CLAIMED,
        state=State.REJECTED,
        attempts=1,
        detail="550\r\nno\udcff" + "x" * 999,
        ref="r" * 999,
    )
    assert desk.do(lambda c: ledger.mark(c, [nasty], NOW)) == 1
    (row,) = desk.rows()
    assert row.detail.startswith("550  no xxx")
    assert len(row.detail) == 500


# Counting


def test_counts_ages_and_pages(desk: Desk) -> None:
    notice = desk.notice(people=(ADA, BEN, CLO))
    desk.expand(notice)
    desk.claim(limit=1)
    later = NOW + timedelta(seconds=90)
    counts = desk.store.read(books.counts)
    assert counts[Lane.CUSTOMERS, State.QUEUED] == 2
    assert counts[Lane.CUSTOMERS, State.CLAIMED] == 1
    assert counts[Lane.STAFF, State.QUEUED] == 0
    assert desk.store.read(lambda c: books.oldest(c, Lane.CUSTOMERS, later)) == timedelta(seconds=90)
    assert desk.store.read(lambda c: books.oldest(c, Lane.STAFF, later)) is None
    first = desk.store.read(lambda c: books.deliveries(c, notice.id, 0, 2))
    rest = desk.store.read(lambda c: books.deliveries(c, notice.id, first[-1].id, 2))
    assert [row.person for row in first + rest] == ["ada", "ben", "clo"]
    assert desk.store.read(lambda c: books.delivery(c, first[0].id)) == first[0]
