"""The agent's spool: what is in it survives, grows older, is bounded, and is never counted twice or lost by its numbers."""

import asyncio
import sqlite3
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.greeting import Hello
from sentinel.probe.wire import Batch, Row, read_from_prober
from sentinel.run.agent import agent as running
from sentinel.run.agent import spool as module
from sentinel.run.agent.agent import Agent
from sentinel.run.agent.credential import Credential
from sentinel.run.agent.cut import GONE, cut, size
from sentinel.run.agent.link import Answer, Link
from sentinel.run.agent.spool import PIECE, Spool

MANY = 10**9


def rows(count: int, *, first: int = 1, evidence: str = "") -> list[Row]:
    return [
        Row(
            sequence=number,
            age_ms=10,
            check="payments.card-form",
            sample=SampleKind.SCHEDULED,
            facts={"evidence": evidence, "total_ms": 80},
            verdict=Verdict.UP,
            reason="",
        )
        for number in range(first, first + count)
    ]


def sent(spool: Spool, most: int = MANY) -> list[Batch]:
    read = [read_from_prober(line) for line in spool.first(most)[1]]
    assert all(isinstance(one, Batch) for one in read), read
    return [one for one in read if isinstance(one, Batch)]


def test_a_batch_keeps_its_number_and_its_samples_however_often_it_is_sent_and_over_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3")
    spool.add(rows(3), {})
    first = sent(spool)
    spool.add(rows(2, first=4), {})
    spool.close()
    again = Spool(tmp_path, "madrid/3")
    second = sent(again)
    assert [one.number for one in second] == [1, 2]
    assert [row.sequence for row in second[0].rows] == [row.sequence for row in first[0].rows] == [1, 2, 3]
    assert {one.source for one in (*first, *second)} == {again.source}
    again.close()


def test_what_the_hub_has_is_kept_no_longer_and_numbers_go_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3")
    spool.add(rows(1), {})
    spool.taken(spool.source, 1)
    assert len(spool) == 0
    source = spool.source
    spool.add(rows(1), {})
    assert [one.number for one in sent(spool)] == [2]
    assert spool.source == source
    spool.close()


@pytest.mark.parametrize("has", [0, 9], ids=["fewer than it had said", "more than we ever sent"])
def test_numbers_begin_anew_under_another_source_where_the_hub_has_others_than_we_think(tmp_path: Path, has: int) -> None:
    """It was put back from a copy, or our disk was."""
    spool = Spool(tmp_path, "madrid/3")
    for number in range(1, 4):
        spool.add(rows(1, first=number), {})
    spool.taken(spool.source, 2)
    before = spool.source
    spool.taken(spool.source, has)
    assert spool.source != before
    assert [(one.number, one.rows[0].sequence) for one in sent(spool)] == [(1, 3)]
    spool.close()


def test_an_answer_that_comes_late_takes_nothing_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3")
    for number in range(1, 4):
        spool.add(rows(1, first=number), {})
    spool.taken(spool.source, 2)
    spool.taken(spool.source, 2)
    assert [one.number for one in sent(spool)] == [3]
    spool.close()


def test_beyond_its_bounds_the_oldest_are_left_out_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3", rows_kept=10)
    source = spool.source
    for number in range(5):
        spool.add(rows(4, first=4 * number + 1), {})
    kept = sent(spool)
    assert [row.sequence for one in kept for row in one.rows] == list(range(13, 21))
    assert [one.number for one in kept] == [1, 2], "without a gap, under another source"
    assert spool.source != source
    assert spool.dropped == 12
    assert kept[-1].counts["dropped"] == 12
    spool.close()


def test_for_want_of_room_evidence_goes_before_any_sample_and_the_newest_keep_theirs(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3", bytes_kept=60_000)
    for number in range(1, 41):
        bad = rows(1, first=number, evidence="x" * 4000)
        spool.add([one._replace(verdict=Verdict.DOWN, reason="refused") for one in bad], {})
    kept = [row for one in sent(spool) for row in one.rows]
    assert [row.sequence for row in kept] == list(range(1, 41)), "none is lost"
    assert {(row.verdict, row.reason, row.facts["total_ms"]) for row in kept} == {(Verdict.DOWN, "refused", 80)}
    lengths = [len(str(row.facts["evidence"])) for row in kept]
    assert lengths == sorted(lengths)
    assert (lengths[0] < 300, lengths[-1]) == (True, 4000)
    assert spool.dropped == 0
    for number in range(41, 241):
        spool.add(rows(1, first=number, evidence="x" * 4000), {})
    assert spool.dropped > 0, "lean ones go, and not the evidence of what was just seen"
    assert [len(str(row.facts["evidence"])) for one in sent(spool)[-5:] for row in one.rows] == [4000] * 5
    left = [row for one in sent(spool) for row in one.rows]
    assert left[-1].sequence == 240
    spool.close()


@settings(max_examples=50, deadline=None)
@given(
    texts=st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=9000), max_size=8),
    reason=st.text(max_size=500),
    most=st.integers(0, 20_000),
)
def test_whatever_is_cut_keeps_verdict_reason_and_numbers_and_fits(texts: dict[str, str], reason: str, most: int) -> None:
    (one,) = rows(1)
    whole = one._replace(facts={**texts, "total ms": 80}, reason=reason, verdict=Verdict.DOWN)
    after = cut(whole, most)
    assert (after.verdict, after.reason, after.facts["total ms"]) == (Verdict.DOWN, reason, 80)
    assert after is whole or size(after) < size(whole) or GONE in after.facts or not any(texts.values())
    assert size(after) <= max(most, size(whole._replace(facts={"total ms": 80, GONE: 8})))
    texts_left = sum(name in after.facts for name in texts)
    assert after.facts.get(GONE, 0) == len(texts) - texts_left, "none goes without a word"


def test_ages_go_on_while_a_sample_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, "madrid/3")
    spool.add(rows(1), {})
    monkeypatch.setattr(module, "clock_gettime", lambda _: clock_gettime(CLOCK_BOOTTIME) + 90)
    ((row,),) = (one.rows for one in sent(spool))
    assert 90_000 <= row.age_ms < 100_000
    spool.close()


def test_a_large_set_is_cut_and_a_sample_that_is_too_large_keeps_its_verdict(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3")
    spool.add(rows(40, evidence="x" * 8000), {})
    spool.add(rows(1, first=41, evidence="x" * (PIECE + 1)), {})
    batches = sent(spool)
    assert len(batches) > 3
    assert sum(len(one.rows) for one in batches) == 41
    whole, shortened = batches[0].rows[0].facts, batches[-1].rows[0].facts
    assert whole["evidence"] == "x" * 8000
    assert shortened["total_ms"] == 80
    assert str(shortened["evidence"]).endswith("99,801 more characters were cut: the agent had no room for them)")
    assert len(sent(spool, most=200_000)) < len(batches), "a report is bounded"
    spool.close()


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    Spool(tmp_path, "madrid/3").close()
    assert (tmp_path / "spool.db").stat().st_mode & 0o077 == 0


def test_an_answer_about_a_source_that_is_no_longer_the_present_one_takes_nothing_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3", rows_kept=4)
    spool.add(rows(4), {})
    before, _ = spool.first(MANY)
    spool.add(rows(4, first=5), {})
    present = spool.source
    assert before != present, "some were left out while the first was on its way"
    spool.taken(before, 1)
    assert [row.sequence for one in sent(spool) for row in one.rows] == [5, 6, 7, 8]
    assert spool.first(MANY)[0] == spool.source == present
    spool.close()


def test_a_full_disk_changes_nothing_and_the_spool_goes_on_when_there_is_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "madrid/3", rows_kept=10)
    spool.add(rows(8), {})
    source = spool.source
    spool._db.execute("pragma max_page_count = 1").fetchall()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.add(rows(8, first=9, evidence="x" * 8000), {})
    assert (spool.source, spool.dropped, len(spool)) == (source, 0, 8)
    spool._db.execute("pragma max_page_count = 1000000").fetchall()
    spool.add(rows(2, first=9), {})
    assert [one.number for one in sent(spool)] == [1, 2]
    spool.close()


def agent_at(folder: Path) -> Agent:
    hello = Hello(version="0.1.0", host="machine-7", kinds=("http",))
    return Agent(Link("http://127.0.0.1:9"), Credential(place="madrid", token="t", agent=3), hello, folder)


def test_what_cannot_be_written_to_a_full_disk_waits_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ROWS_IN_MEMORY", 5)

    async def main() -> None:
        agent = agent_at(tmp_path)
        agent.spool._db.execute("pragma max_page_count = 1").fetchall()
        for number in range(3):
            found = rows(2, first=2 * number + 1, evidence="x" * 8000)
            agent._take(Batch(source="child", number=number + 1, rows=tuple(found)))
        await agent._keep_once()
        assert len(agent.spool) == 0
        agent.spool._db.execute("pragma max_page_count = 1000000").fetchall()
        await agent._keep_once()
        assert [row.sequence for one in sent(agent.spool) for row in one.rows] == [3, 4, 5, 6]
        agent.spool.close()
        await agent._link.close()

    asyncio.run(main())


def test_a_changed_allow_list_takes_force_though_the_checks_are_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> list[tuple[str, ...]]:
        agent = agent_at(tmp_path)
        allowed: list[tuple[str, ...]] = []
        monkeypatch.setattr(agent._probers, "reload", lambda checks, guard: allowed.append(guard.allow))
        for allow in (("10.0.0.0/8",), ("10.0.0.0/8",), ()):
            agent._obey(Answer(orders=(), allow=allow))
        agent.spool.close()
        await agent._link.close()
        return allowed

    assert asyncio.run(main()) == [("10.0.0.0/8",), ()]
