"""What had its time is let go of in small pieces, and what it was counted in goes on to balance. On both databases."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, update

from sentinel.model.keep import Keep
from sentinel.run import keeping
from sentinel.run.reads import Reads
from sentinel.store import audit, retention, tables, verify
from tests.run.world import CARD, MINUTE, House
from tests.store.conftest import Where
from tests.store.kept import KEY, lived_in

DAY = timedelta(days=1)


class At:
    """A clock that stands."""

    def __init__(self, now) -> None:  # type: ignore[no-untyped-def]
        self._now = now

    def now(self):  # type: ignore[no-untyped-def]
        return self._now


@pytest.fixture
def house(where: Where) -> Iterator[House]:
    with closing(lived_in(where)) as made:
        made.heals(CARD)
        made.run(20 * MINUTE)
        yield made


def keep(house: House, days: int) -> dict[str, int]:
    return dict(keeping.keep_house(Reads(house.world, house.store, At(house.now + days * DAY))).gone)


def test_nothing_goes_before_its_time(house: House) -> None:
    assert not any(keep(house, 0).values())
    assert house.read(retention.done_at) == house.now


def test_observations_go_by_whole_days_after_a_week(house: House) -> None:
    def days() -> list[str]:
        return [name for name in house.read(lambda c: inspect(c).get_table_names()) if name.startswith("observation_")]

    assert days()
    keep(house, 7)
    assert days(), "a day that is not over for a week is kept whole"
    assert keep(house, 8)["observations"] >= 1
    assert days() == []
    house.run(2 * MINUTE)
    assert days(), "and a new one begins"


def test_after_400_days_deliveries_hold_nobody_and_the_books_still_balance(house: House) -> None:
    counted = house.books()
    done = keep(house, 401)
    assert done["deliveries"] > 0
    rows = house.rows()
    assert all(row.person.startswith(retention.PAST) and row.name == "" for row in rows)
    assert len({row.person for row in rows if row.step == "opened"}) == len([row for row in rows if row.step == "opened"])
    people = house.read(lambda c: c.execute(select(tables.snapshot_person)).all())
    assert all(one.person.startswith(retention.PAST) and one.name == one.address == "" for one in people)
    assert [(each.notice, each.counts) for each in house.books()] == [(each.notice, each.counts) for each in counted]
    assert house.read(lambda c: [each for _, found in verify.run(c) for each in found]) == []
    assert not any(keep(house, 401).values()), "once is enough"


def test_what_does_not_rest_keeps_its_address(house: House) -> None:
    first = select(tables.delivery.c.id).where(tables.delivery.c.person == "ada").limit(1).scalar_subquery()
    house.do(
        lambda c: c.execute(update(tables.delivery).where(tables.delivery.c.id == first).values(state="held", settled_at=None))
    )
    keep(house, 401)
    assert [row.address for row in house.rows() if row.person == "ada"] == ["ada@example.com"]


def test_idempotency_keys_go_after_a_day_and_lines_after_three_years(house: House) -> None:
    house.do(lambda c: audit.write(c, at=house.now, who="L", account="a", key="k", command="{}", result="{}"))
    assert keep(house, 2)["idempotency keys"] == 1
    assert house.read(lambda c: list(audit.faults(c))) == []
    assert keep(house, 1096)["lines of the audit"] == house.read(lambda c: audit.anchor(c, audit.FIRST)).seq  # type: ignore[union-attr]
    assert house.read(audit.count) == 0
    house.do(lambda c: audit.write(c, at=house.now, who="L", account="a", key="k", command="{}", result="{}"))
    assert house.read(lambda c: list(audit.faults(c))) == []


def test_what_is_not_done_in_one_go_is_known_to_be_left(house: House) -> None:
    """So that a backlog is gone on with at once, and not an hour later."""
    reads = Reads(house.world, house.store, At(house.now + DAY))
    first = keeping.keep_house(reads, most=3)
    assert first.unfinished
    assert first.gone.keys() == keeping.keep_house(reads).gone.keys()
    assert house.read(lambda c: c.execute(select(tables.rollup_hour.c.hour)).all())
    assert not keeping.keep_house(reads, most=3).unfinished


def test_a_piece_is_small(house: House) -> None:
    """Each is a transaction of its own: what comes between waits for one of them, and not for all."""
    done = [keeping.PIECE]
    if not house.store.shared:  # where dropping a day costs what it holds, its rows go first
        assert house.do(lambda c: retention.observations(c, house.now + 8 * DAY, 3)) == 3
    pieces = keeping.pieces(Keep(), KEY, house.now + 401 * DAY)
    commits = house.store.writer.commits
    assert house.do(lambda c: retention.deliveries(c, KEY, house.now + DAY, 3)) == 3
    assert house.do(lambda c: retention.deliveries(c, KEY, house.now + DAY, 3)) == 3
    assert house.store.writer.commits - commits == 2
    assert done[0] <= 1000
    assert set(pieces) >= {"deliveries", "idempotency keys", "lines of the audit"}
