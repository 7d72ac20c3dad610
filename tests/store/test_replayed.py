"""Observations come back as they were stored, day after day, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.store import history, observations, replayed
from sentinel.store.database import Store

BEFORE_MIDNIGHT = datetime(2026, 11, 20, 23, 58, tzinfo=UTC)
PLACE = "head-office"


def seen(check: str, at: int, place: str = PLACE) -> Observation:
    verdict = Verdict.DOWN if at == 3 else Verdict.UP
    return Observation(
        check=check,
        place=place,
        at=BEFORE_MIDNIGHT + at * timedelta(seconds=30),
        sample=SampleKind.SCHEDULED,
        verdict=verdict,
        reason="status 503, expected 2xx" if verdict is Verdict.DOWN else "",
        facts={"total_ms": 12.5, "status": 503} if verdict is Verdict.DOWN else {"total_ms": 12.5, "dns_ms": 1.0},
    )


def test_they_come_in_their_order_over_midnight_with_what_was_kept_of_them(store: Store) -> None:
    mine = [seen("payments.form", at) for at in range(10)]
    others = [seen("payments.form", at, "madrid") for at in range(10)] + [seen("payments.api", at) for at in range(10)]
    store.writer.submit(lambda c: observations.store(c, [*reversed(mine), *others])).result()

    def read(until: datetime) -> list[Observation]:
        def query(c: Connection) -> list[Observation]:
            numbers = {names: number for number, names in history.numbers(c).items()}
            kept = replayed.days(c)
            number = numbers["payments.form", PLACE]
            return list(replayed.observed(c, number, "payments.form", PLACE, until, kept))

        return store.read(query)

    assert read(BEFORE_MIDNIGHT + timedelta(days=9)) == mine
    assert read(mine[4].at) == mine[:4]
