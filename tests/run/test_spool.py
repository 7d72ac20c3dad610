"""What our prober found is kept while the database is away, within bounds: F20."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.wire import Batch, Row
from sentinel.run.spool import Spool

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CHECKS = ("payments.card-form", "documents.list")
verdicts = st.lists(st.tuples(st.sampled_from(CHECKS), st.sampled_from(Verdict)), min_size=1, max_size=60)


def batches(*found: list[tuple[str, Verdict]]) -> list[tuple[Batch, datetime]]:
    sequence = count(1)
    return [
        (
            Batch(
                source="hub/1",
                number=number,
                rows=tuple(
                    Row(
                        sequence=next(sequence),
                        age_ms=0,
                        check=check,
                        sample=SampleKind.SCHEDULED,
                        facts={},
                        verdict=verdict,
                        reason="",
                    )
                    for check, verdict in rows
                ),
            ),
            AT + timedelta(seconds=number),
        )
        for number, rows in enumerate(found, 1)
    ]


def told(arrived: list[tuple[Batch, datetime]]) -> list[tuple[str, Verdict]]:
    """What the samples say that is news of their check, in order."""
    last: dict[str, Verdict] = {}
    news = []
    for batch, _ in arrived:
        for row in batch.rows:
            if last.get(row.check) != row.verdict:
                news.append((row.check, row.verdict))
            last[row.check] = row.verdict
    return news


def test_what_is_taken_comes_in_order_and_a_part_at_a_time() -> None:
    spool = Spool()
    there = batches(*[[(CHECKS[0], Verdict.UP)] * 3] * 4)
    for batch, at in there:
        spool.add(batch, at)
    first = spool.take(7)
    assert [batch.number for batch, _ in first] == [1, 2]
    assert len(spool) == 6
    spool.put_back(first)
    assert [batch.number for batch, _ in spool.take(100)] == [1, 2, 3, 4]
    assert (len(spool), spool.dropped) == (0, 0)


def test_a_batch_larger_than_a_round_takes_is_taken_alone() -> None:
    spool = Spool()
    for batch, at in batches([(CHECKS[0], Verdict.UP)] * 9, [(CHECKS[0], Verdict.UP)]):
        spool.add(batch, at)
    assert [batch.number for batch, _ in spool.take(3)] == [1]


@given(st.lists(verdicts, min_size=1, max_size=12))
def test_no_change_of_state_is_left_out_while_repetitions_are_enough_f20(found: list[list[tuple[str, Verdict]]]) -> None:
    """F20: the oldest results go first, never state changes; batches stay contiguous, so that cursors go on."""
    there = batches(*found)
    room = max(2 * len(told(there)), 2)
    spool = Spool(rows_kept=room)
    for batch, at in there:
        spool.add(batch, at)
        assert len(spool) <= room
    kept = spool.take(10**6)
    assert [batch.number for batch, _ in kept] == list(range(1, len(found) + 1))
    assert told(kept) == told(there)
    assert spool.dropped == sum(map(len, found)) - sum(len(batch.rows) for batch, _ in kept)


def test_it_is_bounded_even_where_every_sample_is_news_f20() -> None:
    """F20 with P11: then the oldest changes go too."""
    spool = Spool(rows_kept=10)
    for batch, at in batches(*[[(CHECKS[0], (Verdict.UP, Verdict.DOWN)[number % 2])] for number in range(100)]):
        spool.add(batch, at)
        assert len(spool) <= 10
    assert [batch.rows for batch, _ in spool.take(1000)][-1] != ()
