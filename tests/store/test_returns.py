"""What providers report, in the ledger: once, forward only, in any order, on both databases (F32)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.message import told_apart
from sentinel.model.returned import Fate, Returned
from sentinel.store import broken, ledger, returns, tables
from sentinel.store.ledger import Mark
from sentinel.store.returns import Taken

from .test_ledger import ADA, BEN, NOW, Desk, desk

__all__ = ["desk"]
DAY = timedelta(days=1)
_d = tables.delivery
BOUNCED = Returned(provider="mail", event="m1", fate=Fate.BOUNCED, status="5.2.2", why="552 5.2.2 mailbox full")
HARD = Returned(provider="mail", event="m2", fate=Fate.BOUNCED, status="5.1.1", why="550 no such user", hard=True)
COMPLAINED = Returned(provider="mail", event="m3", fate=Fate.COMPLAINED, why="abuse")
DELAYED = Returned(provider="mail", event="m4", fate=Fate.DELAYED, status="4.4.1")
DELIVERED = Returned(provider="mail", event="m5", fate=Fate.DELIVERED)


def sent(desk: Desk, state: State = State.ACCEPTED, ref: str = "") -> Delivery:
    """Ada's mail, as far as `state`."""
    desk.expand(desk.notice(people=(ADA,)))
    (row,) = desk.claim()
    if state is not State.CLAIMED:
        assert desk.arm([row])
    if state not in (State.CLAIMED, State.ARMED):
        mark = Mark(id=row.id, fence=row.fence, was=State.ARMED, state=state, attempts=1, ref=ref)
        desk.do(lambda c: ledger.mark(c, [mark], NOW))
    return row


def take(desk: Desk, *reports: Returned, at: timedelta = timedelta()) -> Taken:
    return desk.do(lambda c: returns.take(c, reports, NOW + at))


def about(row: Delivery, report: Returned) -> Returned:
    return replace(report, delivery=row.id, key=told_apart(row.key)[:4])


def is_suppressed(desk: Desk) -> bool:
    return bool(desk.store.read(lambda c: broken.is_broken(c, "email", [ADA.person.address])))


def test_a_bounce_is_counted_once_with_its_words(desk: Desk) -> None:
    row = sent(desk)
    report = about(row, BOUNCED)
    assert take(desk, report) == Taken(bounced=1)
    assert take(desk, report, report) == Taken(repeated=2)
    assert take(desk, replace(report, event="another")) == Taken(moot=1)
    (kept,) = desk.rows()
    assert (kept.state, kept.bounced_at, kept.bounce_why) == (State.ACCEPTED, NOW, "552 5.2.2 mailbox full")
    assert desk.balanced()


@pytest.mark.parametrize("report", [DELIVERED, DELAYED, BOUNCED, COMPLAINED, replace(DELIVERED, fate=Fate.TAKEN)])
@pytest.mark.parametrize("state", [State.IN_DOUBT, State.ARMED, State.RETRY])
def test_any_report_proves_that_it_was_taken(desk: Desk, state: State, report: Returned) -> None:
    """F5, F6: late proof settles a doubt by itself, and one that is faster than the reply leaves none. A provider that said no,
    and took it all the same, is not given it twice."""
    row = sent(desk, state)
    taken = take(desk, about(row, report))
    assert taken.proven == 1
    assert desk.states() == {"ada": "accepted"}
    assert desk.balanced()


@pytest.mark.parametrize("state", [State.REJECTED, State.DEAD, State.CLAIMED])
def test_of_what_never_went_out_nothing_is_proven(desk: Desk, state: State) -> None:
    row = sent(desk, state)
    assert take(desk, about(row, HARD)) == Taken(moot=1)
    assert desk.states() == {"ada": state.value}
    assert not is_suppressed(desk)


def test_a_report_finds_its_row_by_our_key_or_by_the_providers_id_within_its_channel(desk: Desk) -> None:
    row = sent(desk, ref="SM17")
    assert take(desk, replace(DELIVERED, key=row.key, channel="email")).delivered == 1
    assert take(desk, replace(DELIVERED, event="e", ref="SM17", channel="email")).delivered == 1
    for strange in (
        replace(DELIVERED, event="a", ref="SM17", channel="sms"),
        replace(DELIVERED, event="b", key=row.key, channel="sms"),
        replace(DELIVERED, event="c", ref="SM18", channel="email"),
        replace(DELIVERED, event="d", delivery=row.id, key="0000"),
        replace(DELIVERED, event="f", delivery=row.id + 1),
        replace(DELIVERED, event="g", delivery=-1),
        replace(DELIVERED, event="h", delivery=2**70),
        replace(DELIVERED, event="i", key="incident:1/x/opened/ada"),
        replace(DELIVERED, event="j", key="\0/1/1/1", ref="\0", channel="email"),
        replace(DELIVERED, event="k"),
    ):
        assert take(desk, strange).strays == (strange,)


def test_a_stray_may_come_again_once_its_row_is_known(desk: Desk) -> None:
    """F32: a callback that is faster than the commit of what it speaks of."""
    row = sent(desk, State.ARMED)
    early = replace(BOUNCED, ref="SM17", channel="email")
    assert take(desk, early).unknown == 1
    yes = Mark(id=row.id, fence=row.fence, was=State.ARMED, state=State.ACCEPTED, attempts=1, ref="SM17")
    desk.do(lambda c: ledger.mark(c, [yes], NOW))
    assert take(desk, early).bounced == 1


def test_a_report_that_is_faster_than_the_reply_brings_the_providers_id(desk: Desk) -> None:
    row = sent(desk, State.ARMED)
    take(desk, replace(DELAYED, key=row.key, channel="email", ref="SM17"))
    assert take(desk, replace(DELIVERED, channel="email", ref="SM17")).delivered == 1


# Addresses


@pytest.mark.parametrize("report", [HARD, COMPLAINED])
def test_an_address_that_does_not_exist_or_complains_is_written_to_no_more_at_once(desk: Desk, report: Returned) -> None:
    row = sent(desk)
    assert take(desk, about(row, report)).suppressed == 1
    assert is_suppressed(desk)


def test_other_bounces_count_twice_within_thirty_days_on_different_days(desk: Desk) -> None:
    for number, (at, suppressed) in enumerate([(0, False), (0.2, False), (31, False), (45, True)]):
        row = sent_at(desk, number)
        taken = take(desk, replace(about(row, BOUNCED), event=f"m{number}"), at=at * DAY)
        assert (taken.bounced, taken.suppressed) == (1, int(suppressed))
        assert is_suppressed(desk) is suppressed


def sent_at(desk: Desk, number: int) -> Delivery:
    """One more mail to Ada: the row of before moves out of the way."""
    desk.do(lambda c: c.execute(update(_d).where(_d.c.subject == "incident:1").values(subject=f"incident:{900 + number}")))
    desk.do(lambda c: c.execute(delete(tables.notice)))
    return sent(desk)


def test_what_left_before_a_person_mended_the_address_says_nothing_new(desk: Desk) -> None:
    row = sent(desk)
    take(desk, about(row, HARD))
    desk.do(lambda c: broken.mend(c, "email", ADA.person.address, NOW + DAY))
    assert take(desk, replace(about(row, COMPLAINED), event="late"), at=2 * DAY).suppressed == 0
    assert not is_suppressed(desk)


def test_an_address_that_was_corrected_since_is_written_to(desk: Desk) -> None:
    row = sent(desk)
    take(desk, about(row, HARD))
    assert not desk.store.read(lambda c: broken.is_broken(c, "email", ["ada.new@customers.example"]))


def test_staff_are_written_to_whatever_comes_back(desk: Desk) -> None:
    row = sent(desk)
    desk.do(lambda c: c.execute(update(tables.delivery).values(lane=Lane.STAFF.value)))
    assert take(desk, about(row, HARD)) == Taken(bounced=1)
    assert not is_suppressed(desk)


def test_whoever_was_erased_is_not_remembered_by_a_bounce(desk: Desk) -> None:
    row = sent(desk)
    desk.do(lambda c: c.execute(update(tables.delivery).values(address="erased:00ff")))
    take(desk, about(row, HARD))
    assert desk.store.read(lambda c: c.execute(select(tables.broken)).all()) == []


# Any order

REPORTS = (BOUNCED, HARD, COMPLAINED, DELAYED, DELIVERED, replace(HARD, event="m6", why="550 gone"))


@pytest.fixture(params=[State.ACCEPTED, State.IN_DOUBT, State.ARMED], ids=lambda state: state.value)
def base(request: pytest.FixtureRequest, desk: Desk) -> tuple[Desk, Delivery, State]:
    return desk, sent(desk), request.param


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(REPORTS), again=st.lists(st.sampled_from(REPORTS), max_size=4), cuts=st.sets(st.integers(1, 9)))
def test_any_order_and_repetition_ends_alike(
    base: tuple[Desk, Delivery, State], order: Sequence[Returned], again: Sequence[Returned], cuts: set[int]
) -> None:
    """F32: duplicated, out of order, one by one or together."""
    desk, row, state = base
    desk.do(lambda c: c.execute(delete(tables.callback)))
    desk.do(lambda c: c.execute(delete(tables.broken)))
    fresh = {"state": state.value, "bounced_at": None, "bounce_why": None}
    desk.do(lambda c: c.execute(update(tables.delivery).values(**fresh)))
    stream = [about(row, each) for each in (*order, *again)]
    marks = [0, *sorted(cuts), len(stream)]
    total = Taken()
    for start, end in pairwise(marks):
        total += take(desk, *stream[start:end])
    (kept,) = desk.rows()
    assert (kept.state, kept.bounced_at) == (State.ACCEPTED, NOW)
    assert is_suppressed(desk)
    assert (total.bounced + total.moot, total.complained, total.delayed, total.delivered) == (3, 1, 1, 1), "it comes back once"
    assert total.repeated == len(again)
    assert total.proven == (state is not State.ACCEPTED)
    assert desk.balanced()


def test_many_at_once_are_taken_in_pieces(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA, BEN)))
    rows = desk.claim()
    desk.arm(rows)
    reports = [replace(about(rows[n % 2], DELAYED), event=f"e{n}") for n in range(2 * returns.PIECE + 3)]
    taken = take(desk, *reports, reports[0])
    assert (taken.delayed, taken.proven, taken.repeated) == (len(reports), 2, 1)
