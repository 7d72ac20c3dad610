"""What was seen is rolled up once and kept when the raw samples go; late ones are counted too. On both databases."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from sentinel.model import sketch
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.store import due, history, observations, retention, rollups, tables
from sentinel.store.database import Store
from tests import postgres
from tests.store.conftest import Where

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BEGAN = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
NOW = BEGAN + 4 * HOUR + 20 * MINUTE
LOOKS: tuple[tuple[timedelta, timedelta], ...] = (
    (5 * HOUR, MINUTE),
    (5 * HOUR, 15 * MINUTE),
    (5 * HOUR, HOUR),
    (HOUR / 2, MINUTE),
)
"""Spans and widths that are asked for: by minutes, by hours, and within an hour."""


def seen(at: datetime, ms: float = 80.0, verdict: Verdict = Verdict.UP, check: str = "payments.form") -> Observation:
    return Observation(
        check=check, place="head-office", at=at, sample=SampleKind.SCHEDULED, verdict=verdict, facts={"total_ms": ms}
    )


def some(until: datetime = NOW) -> list[Observation]:
    """Two checks over some hours and a midnight, all verdicts, a sample that was not scheduled among them."""
    draw = random.Random("samples")
    found = [
        seen(BEGAN + number * MINUTE, draw.lognormvariate(4, 1), draw.choice((Verdict.UP, *Verdict)), check)
        for check in ("payments.form", "claims.form")
        for number in range((until - BEGAN) // MINUTE)
    ]
    confirm = Observation(
        check="claims.form", place="head-office", at=BEGAN + SECOND, sample=SampleKind.CONFIRM, verdict=Verdict.DOWN
    )
    return [*found, confirm]


def do(store: Store, work: Callable[[Connection], Any]) -> Any:
    return store.writer.submit(work).result(30)


def keep(store: Store, *several: Observation) -> None:
    do(store, lambda c: observations.store(c, several))


def roll(store: Store, now: datetime = NOW, most: int = 1000) -> None:
    while do(store, lambda c: rollups.note_over(c, now)):
        pass
    while do(store, lambda c: rollups.roll_up(c, most)):
        pass


def note_all_before(store: Store, at: datetime) -> int:
    """The hour of `at`, which comes next."""
    while store.read(due.over) < due.hour_of(at):
        do(store, lambda c: rollups.note_over(c, NOW))
    return due.hour_of(at)


def told(store: Store) -> list[Any]:
    """All that is asked of history: buckets of both checks, and every hour of both days."""

    def ask(c: Connection) -> list[Any]:
        numbers = sorted(history.numbers(c))
        found: list[Any] = [
            {
                at: (list(tally.counts), tally.times.classes)
                for at, tally in history.buckets(c, numbers, BEGAN, BEGAN + s, w).items()
            }
            for s, w in LOOKS
        ]
        days = (date(2026, 11, 21), date(2026, 11, 22))
        return [*found, *({(n.check, n.hour, n.verdict): n.n for n in history.hours(c, day)} for day in days)]

    return store.read(ask)


def rows(store: Store) -> dict[str, list[Any]]:
    every = (tables.rollup_hour, tables.rollup_minute)
    return store.read(lambda c: {t.name: [tuple(row) for row in c.execute(select(t).order_by(*t.primary_key))] for t in every})


def test_history_is_the_same_before_while_and_after_it_is_rolled_up(store: Store) -> None:
    keep(store, *some())
    raw = told(store)
    while do(store, lambda c: rollups.note_over(c, NOW)):
        pass
    assert told(store) == raw
    for _ in range(2):
        do(store, lambda c: rollups.roll_up(c, 1))
        assert told(store) == raw
    roll(store)
    assert told(store) == raw
    assert store.read(due.oldest) is None
    assert len(rows(store)["rollup_hour"]) == 2 * 4, "the hour that runs is not over"


def test_what_is_rolled_up_stays_when_the_raw_samples_go(store: Store) -> None:
    keep(store, *some(BEGAN + 4 * HOUR))
    raw = told(store)
    roll(store)
    while do(store, lambda c: retention.observations(c, NOW + 8 * DAY, 5000)):
        pass
    assert told(store) == raw


def test_a_day_of_which_something_is_due_is_not_let_go_of(store: Store) -> None:
    keep(store, *some())
    while do(store, lambda c: rollups.note_over(c, NOW)):
        pass
    assert do(store, lambda c: retention.observations(c, NOW + 8 * DAY, 5000)) == 0


def test_what_comes_late_is_counted_in_its_minute(store: Store) -> None:
    keep(store, *some())
    roll(store)
    late = [seen(BEGAN + HOUR + number * MINUTE + SECOND, 900.0, Verdict.DEGRADED) for number in range(5)]
    keep(store, *late)
    whole = told(store)
    roll(store)
    assert told(store) == whole
    number = next(n for n, (check, _) in store.read(history.numbers).items() if check == "payments.form")
    found = store.read(lambda c: history.buckets(c, [number], BEGAN + HOUR, BEGAN + HOUR + MINUTE, MINUTE))
    assert sum(found[0].counts) == 2


def test_late_samples_of_days_that_nobody_saw_before_are_rolled_up_too(store: Store) -> None:
    keep(store, *some())
    roll(store)
    keep(store, seen(BEGAN - 3 * DAY))
    roll(store)
    assert len(rows(store)["rollup_hour"]) == 2 * 4 + 1


def test_done_twice_it_comes_to_the_same(store: Store) -> None:
    keep(store, *some())
    roll(store)
    once = rows(store)
    keep(store, *some())
    roll(store)
    assert rows(store) == once


def test_what_fails_in_the_middle_is_due_still(store: Store) -> None:
    keep(store, *some())
    raw = told(store)
    while do(store, lambda c: rollups.note_over(c, NOW)):
        pass

    def breaks(c: Connection) -> None:
        rollups.roll_up(c, 3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do(store, breaks)
    assert rows(store)["rollup_hour"] == []
    roll(store)
    assert told(store) == raw


def test_late_ones_of_an_hour_whose_raw_samples_are_gone_do_not_take_its_place(store: Store) -> None:
    keep(store, *some())
    roll(store)
    while do(store, lambda c: retention.observations(c, NOW + 8 * DAY, 5000)):
        pass
    before = rows(store)
    keep(store, seen(BEGAN + HOUR + SECOND))
    roll(store)
    assert rows(store) == before


def test_minutes_go_before_hours(store: Store) -> None:
    keep(store, *some())
    roll(store)
    assert do(store, lambda c: retention.minutes(c, BEGAN + 2 * HOUR, 3)) == 3, "a piece is small"
    assert do(store, lambda c: retention.minutes(c, BEGAN + 2 * HOUR, 3)) == 1
    assert do(store, lambda c: retention.minutes(c, BEGAN + 2 * HOUR, 3)) == 0
    assert {name: len(found) for name, found in rows(store).items()} == {"rollup_hour": 8, "rollup_minute": 4}
    assert do(store, lambda c: retention.hours(c, BEGAN + 2 * HOUR, 500)) == 4


def test_an_hour_of_a_sample_every_ten_seconds_takes_little_room(store: Store) -> None:
    draw = random.Random("room")
    keep(store, *(seen(BEGAN + 10 * number * SECOND, draw.lognormvariate(4.5, 0.25)) for number in range(360)))
    roll(store)
    h, m = tables.rollup_hour.c.times, tables.rollup_minute.c.minutes
    assert store.read(lambda c: c.execute(select(func.length(h))).scalar_one()) <= 100
    assert store.read(lambda c: c.execute(select(func.length(m))).scalar_one()) <= 350


def test_what_is_being_stored_while_the_first_hour_of_all_is_noted_is_counted(tmp_path: Path) -> None:
    """Two hubs on PostgreSQL: before the first hour is noted there must be something that holds up who notes it."""
    there = Where(path=tmp_path / "s", database=postgres.shared().new_store())
    with closing(there.open()) as one, closing(there.open()) as other:
        keep(one, seen(BEGAN + SECOND))
        begun, go = threading.Event(), threading.Event()

        def slowly(c: Connection) -> None:
            observations.store(c, [seen(BEGAN + MINUTE, check="claims.form")])
            begun.set()
            go.wait(60)

        storing = one.writer.submit(slowly)
        assert begun.wait(60)
        noting = other.writer_of("housekeeping").submit(lambda c: rollups.note_over(c, NOW))
        wait([noting], 0.3)
        go.set()
        storing.result(60)
        noting.result(60)
        roll(other)
        assert len(rows(one)["rollup_hour"]) == 2


def test_an_hour_of_many_checks_is_noted_in_pieces_and_none_is_counted_twice_or_not_at_all(store: Store) -> None:
    many = rollups.LOOKED_AT + 100
    keep(store, *(seen(BEGAN + SECOND, check=f"s.check{number}") for number in range(many)))
    first, pieces = note_all_before(store, BEGAN), 0

    def counted() -> tuple[int, int]:
        def ask(c: Connection) -> tuple[int, int]:
            tallies = history.buckets(c, sorted(history.numbers(c)), BEGAN, BEGAN + HOUR, HOUR).values()
            return sum(sum(each.counts) for each in tallies), sum(each.n for each in history.hours(c, BEGAN.date()))

        return store.read(ask)

    while store.read(due.over) <= first:
        assert do(store, lambda c: rollups.note_over(c, NOW))
        do(store, lambda c: rollups.roll_up(c, 50))
        assert counted() == (many, many)
        pieces += 1
    assert pieces == 3, "two looks, and a word that it is whole"
    roll(store)
    assert counted() == (many, many)
    assert len(rows(store)["rollup_hour"]) == many


def test_what_comes_late_of_an_hour_that_is_half_noted_is_counted(store: Store) -> None:
    keep(store, *(seen(BEGAN + SECOND, check=f"s.check{number}") for number in range(rollups.LOOKED_AT + 1)))
    note_all_before(store, BEGAN)
    do(store, lambda c: rollups.note_over(c, NOW))
    do(store, lambda c: rollups.roll_up(c, 1000))
    keep(store, seen(BEGAN + 2 * SECOND, check="s.check0"))
    roll(store)
    tallies = store.read(lambda c: list(history.hours(c, BEGAN.date())))
    assert sum(each.n for each in tallies) == rollups.LOOKED_AT + 2
    assert len(rows(store)["rollup_hour"]) == rollups.LOOKED_AT + 1


@pytest.mark.parametrize("seal", ["{before}:1000", "1000", ""])
def test_an_hour_that_somebody_else_moved_on_to_is_looked_through_from_its_first_check(store: Store, seal: str) -> None:
    """A hub of schema 8 notes an hour whole, and leaves what stands of the one before as it is."""
    keep(store, *some())
    hour = note_all_before(store, BEGAN)
    elsewhere = update(tables.anchor).where(tables.anchor.c.name == due.ROLLED).values(seal=seal.format(before=hour - 1))
    assert do(store, lambda c: c.execute(elsewhere).rowcount) == 1
    assert do(store, lambda c: due.looked_at(c, hour)) == 0
    keep(store, seen(BEGAN + SECOND))
    assert store.read(due.oldest) is None, "it has not been begun with"
    whole = told(store)
    roll(store)
    assert told(store) == whole
    assert len(rows(store)["rollup_hour"]) == 2 * 4


def test_two_years_of_hours_are_not_in_memory_at_once() -> None:
    bucket, part = history.Bucket(), sketch.sketch_of(range(1000, 5000, 40))
    for _ in range(10_000):
        bucket.add((1, 0, 0, 0), part)
        assert len(bucket.parts) <= 16
    assert (bucket.tally().counts[0], bucket.tally().times.count) == (10_000, 10_000 * part.count)
