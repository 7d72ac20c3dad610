"""What is known of the places that the ledger sends to: broken channels, refused addresses, channels that the files lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from sentinel.model.delivery import Lane, State
from sentinel.store import broken, ledger, missing, quarantine, tables
from sentinel.store.ledger import Mark, Place

from .test_ledger import ADA, BEN, NOW, Desk, desk

__all__ = ["desk"]
DAY = timedelta(days=1)


def test_nothing_goes_by_a_broken_channel_until_it_is_mended(desk: Desk) -> None:
    """F31"""
    desk.expand(desk.notice(people=(ADA, BEN)))
    ada, *_ = rows = desk.claim(limit=1)
    desk.do(lambda c: broken.breaks(c, "email", "535 the login is wrong", NOW))
    assert desk.arm(rows) == set(), "not even what is claimed"
    desk.do(lambda c: ledger.release(c, [(ada.id, ada.fence)]))
    assert desk.claim() == []
    assert [one.channel for one in desk.do(broken.standing)] == ["email"]
    assert desk.do(lambda c: broken.mend(c, "email", "", NOW))
    assert not desk.do(lambda c: broken.mend(c, "email", "", NOW))
    assert len(desk.claim()) == 2


def test_a_channel_that_breaks_again_is_told_of_again(desk: Desk) -> None:
    def work(c: Connection) -> None:
        broken.breaks(c, "email", "first", NOW)
        broken.told(c, ["email"], NOW)
        broken.breaks(c, "email", "second", NOW + DAY)
        (one,) = broken.standing(c)
        assert (one.at, one.why, one.told_at) == (NOW, "first", NOW), "once is enough"
        broken.mend(c, "email", "", NOW + DAY)
        broken.breaks(c, "email", "third", NOW + 2 * DAY)
        (one,) = broken.standing(c)
        assert (one.at, one.why, one.told_at) == (NOW + 2 * DAY, "third", None)

    desk.do(work)


def test_an_address_is_written_to_no_more_after_refusals_on_two_days(desk: Desk) -> None:
    """F31: once may be a full mailbox, and two within one day are one."""

    def refused(at: datetime) -> frozenset[str]:
        desk.do(lambda c: broken.strike(c, "email", "ada@example.com", "550 5.1.1", at))
        return desk.do(lambda c: broken.is_broken(c, "email", ["ada@example.com", "ben@example.com", ""]))

    assert refused(NOW) == frozenset()
    assert refused(NOW + timedelta(hours=3)) == frozenset()
    assert refused(NOW + DAY) == {"ada@example.com"}
    assert desk.do(broken.standing) == [], "the channel is well"
    assert desk.do(lambda c: broken.mend(c, "email", "ada@example.com", NOW + DAY))
    assert refused(NOW + 2 * DAY) == frozenset(), "mended, it counts from the beginning"
    assert refused(NOW + 500 * DAY) == frozenset(), "so long ago says nothing"


def test_a_mark_writes_down_what_the_try_said_of_the_place(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    (row,) = desk.claim()
    place = Place(channel="email", is_broken=True)
    mark = Mark(id=row.id, fence=row.fence, was=State.CLAIMED, state=State.RETRY, attempts=0, detail="535", place=place)
    desk.do(lambda c: ledger.mark(c, [mark], NOW))
    assert [one.why for one in desk.do(broken.standing)] == ["535"]


@pytest.mark.parametrize("whole", [True, False])
def test_what_waits_for_a_channel_that_the_files_lost_is_held_and_goes_on_when_it_is_back(desk: Desk, whole: bool) -> None:
    """F36: also across a restart; nothing is dropped."""
    desk.expand(desk.notice(people=(ADA, BEN)))
    assert desk.do(lambda c: missing.is_any(c, Lane.CUSTOMERS, ["sms"]))
    assert desk.do(lambda c: missing.see_to(c, Lane.CUSTOMERS, ["sms"], whole=whole)) == 2
    assert desk.states() == {"ada": "held", "ben": "held"}
    assert desk.balanced()
    assert desk.do(lambda c: missing.see_to(c, Lane.CUSTOMERS, ["sms"], whole=whole)) == 0
    assert desk.do(lambda c: missing.is_any(c, Lane.CUSTOMERS, ["email"]))
    assert desk.do(lambda c: missing.see_to(c, Lane.CUSTOMERS, ["email"], whole=whole)) == 2
    assert len(desk.claim()) == 2


def test_what_is_held_for_another_reason_stays_held(desk: Desk) -> None:
    desk.expand(desk.notice(people=(ADA,)))
    desk.do(lambda c: c.execute(update(tables.delivery).values(state=State.HELD.value, detail="quiet hours")))
    assert desk.do(lambda c: missing.see_to(c, Lane.CUSTOMERS, ["email"], whole=True)) == 0
    assert desk.states() == {"ada": "held"}


def test_what_is_set_aside_is_counted_and_cleared(desk: Desk) -> None:
    """F34: whatever it holds can be kept."""

    def work(c: Connection) -> None:
        assert [quarantine.put(c, "incident", 7, "KeyError", NOW) for _ in range(3)] == [1, 2, 3]
        quarantine.put(c, "head-office-1", 3, "x" * 9999, NOW, body="a\x00b\udcff" * 99_999, tries=3)
        assert [aside.number for aside in quarantine.newest(c, 10, 3)[0]] == [3, 7]
        quarantine.clear(c, "incident", 7)
        assert quarantine.of(c, "incident") == {}

    desk.do(work)
