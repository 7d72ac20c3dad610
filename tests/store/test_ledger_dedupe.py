"""Armed rows are sent again only where their provider dedupes on our key, and while it does (F4-F6, P3)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.store import books, ledger, proof, tables
from sentinel.store.ledger import Mark, Trust

from .test_ledger import ADA, BEN, NOW, Desk, desk

__all__ = ["desk"]
DAY = timedelta(days=1)


def armed(desk: Desk, window: timedelta | None = DAY, *people: object) -> list[Delivery]:
    desk.expand(desk.notice(people=people or (ADA,)))  # type: ignore[arg-type]  # people
    rows = desk.claim()
    windows = {} if window is None else {row.id: Trust(window=window) for row in rows}
    held = [(row.id, row.fence) for row in rows]
    assert desk.do(lambda c: ledger.arm(c, Lane.CUSTOMERS, held, NOW, desk.store.epoch, windows))
    return rows


def window_is_over(desk: Desk) -> None:
    past = NOW - timedelta(minutes=1)
    desk.do(lambda c: c.execute(update(tables.delivery).values(dedupes_until=past)))


@pytest.mark.parametrize(("window", "state"), [(DAY, "queued"), (None, "in_doubt")])
def test_a_crash_sends_an_armed_row_again_only_where_its_provider_dedupes(
    desk: Desk, window: timedelta | None, state: str
) -> None:
    """F4, F5, F6"""
    armed(desk, window)
    desk.do(lambda c: ledger.recover(c, NOW))
    assert desk.states() == {"ada": state}
    assert len(desk.claim()) == (state == "queued")
    assert desk.balanced()


def test_a_lapsed_lease_does_the_same(desk: Desk) -> None:
    """F13"""
    armed(desk)
    assert desk.lapse(NOW + timedelta(minutes=2)) == ledger.Lost(requeued=1, in_doubt=0)
    (row,) = desk.claim(now=NOW + timedelta(minutes=2))
    assert row.doubted_at is not None


def test_after_its_window_an_armed_row_is_in_doubt(desk: Desk) -> None:
    armed(desk)
    window_is_over(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    assert desk.states() == {"ada": "in_doubt"}


def test_a_row_that_may_have_arrived_is_not_claimed_after_its_window_but_becomes_in_doubt(desk: Desk) -> None:
    armed(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    window_is_over(desk)
    assert desk.claim() == []
    assert desk.do(lambda c: ledger.expire(c, NOW)) == 1
    assert desk.states() == {"ada": "in_doubt"}
    assert desk.balanced()


def test_a_row_that_may_have_arrived_is_not_armed_after_its_window(desk: Desk) -> None:
    armed(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    rows = desk.claim()
    window_is_over(desk)
    assert desk.arm(rows) == set()


def test_the_window_counts_from_the_first_arming_while_it_may_have_arrived(desk: Desk) -> None:
    (first,) = armed(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    before = desk.rows()[0].dedupes_until
    rows = desk.claim()
    held = [(row.id, row.fence) for row in rows]
    desk.do(lambda c: ledger.arm(c, Lane.CUSTOMERS, held, NOW, desk.store.epoch, {first.id: Trust(window=9 * DAY)}))
    assert desk.rows()[0].dedupes_until == before


def test_each_row_that_is_armed_is_trusted_to_its_own_provider(desk: Desk) -> None:
    """One page of a lane holds rows of several channels."""
    desk.expand(desk.notice(people=(ADA, BEN)))
    one, two = desk.claim()
    trusts = {one.id: Trust(window=DAY, by="crm")}
    held = [(row.id, row.fence) for row in (one, two)]
    assert desk.do(lambda c: ledger.arm(c, Lane.CUSTOMERS, held, NOW, desk.store.epoch, trusts)) == {one.id, two.id}
    by = {row.id: (row.dedupes_by, row.dedupes_until is not None) for row in desk.rows()}
    assert by == {one.id: ("crm", True), two.id: (None, False)}


def test_where_nothing_was_taken_the_next_arming_is_the_first_again(desk: Desk) -> None:
    (row,) = armed(desk)
    no = Mark(id=row.id, fence=row.fence, was=State.ARMED, state=State.RETRY, attempts=1, due_at=NOW, detail="451")
    desk.do(lambda c: ledger.mark(c, [no], NOW))
    assert desk.rows()[0].dedupes_until is None


def test_what_may_have_arrived_is_in_doubt_and_not_cancelled_when_its_notice_ends(desk: Desk) -> None:
    """P10: nobody can say of it that it was not sent."""
    rows = armed(desk, DAY, ADA, BEN)
    ada, ben = rows
    free = Mark(id=ben.id, fence=ben.fence, was=State.ARMED, state=State.RETRY, attempts=1, due_at=NOW)
    desk.do(lambda c: ledger.mark(c, [free], NOW))
    desk.do(lambda c: ledger.recover(c, NOW))
    desk.do(lambda c: ledger.cancel_notice(c, ada.notice, NOW, "taken back"))
    assert desk.states() == {"ada": "in_doubt", "ben": "cancelled"}
    assert desk.balanced()


def test_a_late_acceptance_settles_a_row_that_waits_to_go_again(desk: Desk) -> None:
    (row,) = armed(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    assert desk.mark([row], State.ACCEPTED) == 1
    assert desk.states() == {"ada": "accepted"}


def test_a_late_acceptance_changes_nothing_once_another_has_the_row(desk: Desk) -> None:
    """F13: the other's answer counts; the provider takes both for one."""
    (row,) = armed(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    desk.claim()
    assert desk.mark([row], State.ACCEPTED) == 0
    assert desk.states() == {"ada": "claimed"}


def test_a_providers_word_settles_a_doubt(desk: Desk) -> None:
    """F32"""
    (row,) = armed(desk, None)
    desk.do(lambda c: ledger.recover(c, NOW))
    assert desk.do(lambda c: proof.prove_all(c, [row.id], NOW)) == {row.id}
    assert not desk.do(lambda c: proof.prove_all(c, [row.id], NOW)), "the second time changes nothing"
    assert desk.states() == {"ada": "accepted"}


def comes_back(c: Connection, delivery: int, why: str, now: datetime = NOW) -> bool:
    """Its provider says so; False where that changes nothing."""
    proof.prove_all(c, [delivery], now)
    return bool(proof.bounce_all(c, {delivery: why}, now))


def test_a_bounce_is_a_later_fact_that_comes_once_and_proves_that_it_was_taken(desk: Desk) -> None:
    """F32: duplicated and out of order, a row only moves forward."""
    (row,) = armed(desk, None)
    desk.do(lambda c: ledger.recover(c, NOW))
    assert desk.do(lambda c: comes_back(c, row.id, "550 no such\x00user"))
    assert not desk.do(lambda c: comes_back(c, row.id, "551 another", NOW + DAY))
    (kept,) = desk.rows()
    assert (kept.state, kept.bounced_at, kept.bounce_why) == (State.ACCEPTED, NOW, "550 no such user")
    assert desk.balanced()


def test_a_bounce_that_is_faster_than_the_reply_counts_and_what_the_sender_finds_out_later_does_not(desk: Desk) -> None:
    """F32: out of order."""
    (row,) = armed(desk, None)
    assert desk.do(lambda c: comes_back(c, row.id, "550"))
    late = Mark(id=row.id, fence=row.fence, was=State.ARMED, state=State.IN_DOUBT, attempts=1)
    assert desk.do(lambda c: ledger.mark(c, [late], NOW)) == 0
    (kept,) = desk.rows()
    assert (kept.state, kept.bounce_why) == (State.ACCEPTED, "550")
    assert desk.balanced()


def test_nothing_is_proven_of_a_row_that_never_left(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    (row,) = desk.claim()
    assert not desk.do(lambda c: comes_back(c, row.id, "550"))
    assert desk.states() == {"ada": "claimed"}


def test_a_persons_word_that_it_did_not_arrive_begins_afresh(desk: Desk) -> None:
    armed(desk)
    window_is_over(desk)
    desk.do(lambda c: ledger.recover(c, NOW))
    delivery = desk.rows()[0].id
    assert desk.do(lambda c: ledger.settle(c, delivery, False, NOW))
    assert [row.doubted_at for row in desk.claim()] == [None]


def test_all_the_dead_of_a_notice_are_revived_up_to_a_bound(desk: Desk) -> None:
    ada, _ben = desk.send(desk.notice(people=(ADA, BEN)), State.DEAD)
    assert desk.do(lambda c: books.how_many(c, ada.notice, State.DEAD)) == 2
    assert desk.do(lambda c: ledger.revive_all(c, ada.notice, 1, NOW)) == 1
    assert desk.states() == {"ada": "queued", "ben": "dead"}
