"""The benchmark of telling everybody: what it counts, and that it fails where an inbox or the books are wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from bench.fanout import cost, syncs
from bench.fanout.blast import Told, Wrong, judge
from bench.fanout.limit import SMTP_SOURCE, Bare
from bench.fanout.place import Place, Shape
from bench.fanout.report import Report
from bench.fanout.sink import Seen
from bench.fanout.staff import worst

TOLD = Told(people=1000, octets=4096, seconds=2.0, rate=500.0, cpu=0.4, peak=150 * 1024 * 1024, staff=(0.2, 1.1), syncs=0.09)


class Looked:
    """A place that has been looked at: what its sink and its hub say."""

    def __init__(self, seen: Seen, people: int, *, balanced: bool = True) -> None:
        self.shape = Shape(people=people)
        self._seen, self._balanced = seen, balanced
        self.lead = self

    async def seen(self) -> Mapping[str, Any]:
        return self._seen.said(whole=False)

    async def read(self, _what: str) -> Any:
        return [{"books": {"notice": 3, "counts": {"accepted": self.shape.people}}, "balanced": self._balanced}]


def seen(*addresses: bytes) -> Seen:
    made = Seen()
    for address in addresses:
        made.take(made.mails, address, 4096)
    return made


async def judged(looked: Looked) -> None:
    await judge(cast(Place, looked), 3, "mails")


async def test_everybody_with_exactly_one_and_balanced_books_is_right() -> None:
    await judged(Looked(seen(b"a", b"b"), 2))


@pytest.mark.parametrize("addresses", [(b"a",), (b"a", b"a"), (b"a", b"b", b"b")])
async def test_one_that_lacks_its_mail_or_has_two_is_wrong(addresses: tuple[bytes, ...]) -> None:
    with pytest.raises(Wrong):
        await judged(Looked(seen(*addresses), 2))


async def test_books_that_do_not_balance_are_wrong() -> None:
    with pytest.raises(Wrong, match="balance"):
        await judged(Looked(seen(b"a", b"b"), 2, balanced=False))


def test_only_the_syncs_between_the_approval_and_the_last_mail_count(tmp_path: Path) -> None:
    lines = ["7 10.5 fdatasync(3) = 0", "7 11.5 fsync(4) = 0", "8 11.6 fdatasync(3) = 0", "8 12.5 fdatasync(3) = 0"]
    trace = tmp_path / "trace"
    trace.write_text("\n".join([*lines, "8 11.7 +++ exited with 0 +++", "8 11.8 <... fdatasync resumed>) = 0"]))
    assert syncs.count(trace, 11.0, 12.0) == 2


def test_the_cost_of_this_process_grows_with_what_it_does() -> None:
    before = cost.of_tree(os.getpid())
    while (used := cost.of_tree(os.getpid()).since(before)).cpu < 0.02:
        sum(range(10_000))
    assert used.peak > 10 * 1024 * 1024


def test_the_worst_of_a_hundred_is_the_99th_percentile() -> None:
    late = [float(each) for each in range(1, 101)]
    assert (worst(late, 0.5), worst(late, 0.99)) == (51.0, 100.0)


def test_a_report_says_plainly_what_is_not_installed() -> None:
    report = Report(database="sqlite", told={"smtp": TOLD})
    report.bare = {SMTP_SOURCE: None, "bare loop": [Bare(cpu_per_1000=0.2, rate=900.0)]}
    text = report.as_text()
    assert "0.400 CPU s per 1,000 (goal 0.5), 2,500 messages a CPU second" in text
    assert "smtp-source  not installed" in text
    assert "we take 2.0 times that" in text
    assert '"ratios": {"bare loop": 2.0}' in report.as_json()
