"""Who tells of a trouble, and who goes on when the teller is gone: the row, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from sentinel.store import tables, troubles
from sentinel.store.database import Store
from sentinel.store.troubles import Standing, Telling

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NAME = "place-blind:head-office"
OURS, THEIRS, DONE = Telling


def begins(store: Store, now: datetime = NOW, lease: timedelta = MINUTE, name: str = NAME) -> Telling:
    row = Standing(name=name, since=now, detail="all canaries fail", told_at=None)
    return store.writer.submit(lambda c: troubles.begins(c, row, now, lease, now - DAY)).result(10)


def ends(store: Store, now: datetime = NOW, lease: timedelta = MINUTE) -> Telling:
    return store.writer.submit(lambda c: troubles.ends(c, NAME, now, lease)).result(10)


def told(store: Store) -> None:
    store.writer.submit(lambda c: troubles.told(c, NAME, NOW)).result(10)


def told_of_end(store: Store) -> None:
    store.writer.submit(lambda c: troubles.told_of_end(c, NAME, NOW)).result(10)


def time_passes(store: Store) -> None:
    """The lease of whoever was about to tell is over."""
    past = update(tables.trouble).values(tell_until=datetime.fromtimestamp(0, UTC))
    store.writer.submit(lambda c: c.execute(past)).result(10)


def stands(store: Store) -> list[str]:
    return [one.name for one in store.read(troubles.standing)]


def test_one_asker_tells_and_the_others_know_that_it_is_told(store: Store) -> None:
    assert [begins(store), begins(store)] == [OURS, THEIRS]
    told(store)
    assert begins(store) is DONE
    assert [ends(store), ends(store)] == [OURS, THEIRS]
    told_of_end(store)
    assert ends(store) is DONE
    assert stands(store) == []


def test_whoever_dies_before_it_is_told_is_followed_by_the_next(store: Store) -> None:
    """A mark before the telling would lose it: of the beginning, and of the end."""
    assert begins(store) is OURS
    time_passes(store)
    assert [begins(store), begins(store)] == [OURS, THEIRS]
    told(store)
    assert ends(store) is OURS
    time_passes(store)
    assert [one.name for one in store.read(lambda c: troubles.over(c, NOW))] == [NAME], "and a new process finds it"
    assert [ends(store), ends(store)] == [OURS, THEIRS]


def test_what_nobody_could_be_told_may_be_tried_by_the_next_at_once(store: Store) -> None:
    assert begins(store) is OURS
    store.writer.submit(lambda c: troubles.give_back(c, NAME)).result(10)
    assert begins(store) is OURS


def test_of_what_nobody_heard_no_end_is_owed(store: Store) -> None:
    assert begins(store) is OURS
    assert ends(store) is DONE
    assert store.read(lambda c: troubles.over(c, NOW)) == []


def test_told_while_it_ended_its_end_is_owed(store: Store) -> None:
    assert begins(store) is OURS
    assert ends(store) is DONE
    told(store)
    assert ends(store) is OURS


def test_what_comes_back_before_its_end_was_told_was_never_away(store: Store) -> None:
    begins(store)
    told(store)
    ends(store)
    assert begins(store) is DONE
    assert stands(store) == [NAME]


def test_what_comes_back_while_its_end_is_told_is_told_anew(store: Store) -> None:
    begins(store)
    told(store)
    assert ends(store) is OURS
    assert begins(store) is DONE
    told_of_end(store)
    assert begins(store) is OURS


@pytest.mark.parametrize("later", [MINUTE, 2 * DAY])
def test_what_begins_anew_after_its_end_is_told_anew(store: Store, later: timedelta) -> None:
    begins(store)
    told(store)
    ends(store)
    told_of_end(store)
    assert begins(store, NOW + later) is OURS
    since = store.read(lambda c: c.execute(select(tables.trouble.c.since)).scalar_one())
    assert since == NOW + later


def test_a_telling_of_long_ago_is_of_another_time(store: Store) -> None:
    """Its end was never noted: every hub was down."""
    begins(store)
    told(store)
    assert begins(store, NOW + 2 * DAY) is OURS


def test_an_end_of_long_ago_is_told_to_nobody(store: Store) -> None:
    begins(store)
    told(store)
    ends(store)
    assert store.read(lambda c: troubles.over(c, NOW + 2 * DAY)) == []
