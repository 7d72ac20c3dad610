"""Every bug of the issue is planted, and found as something that an oracle says."""

import subprocess
import sys
from dataclasses import fields

from bench.chaos.bugs.table import PLANTED
from bench.chaos.matrix import ROOT
from bench.chaos.oracle import Counts

WANTED = {
    "mark-before-sending", "two-commits", "forget-before-closing", "limit-as-final", "ledger-in-memory",
    "own-exception-as-down", "resend-armed", "random-key", "approve-on-get", "check-then-resolve-again", "unbound-approval",
    "overdue-counts-downtime", "synchronous-off",
}  # fmt: skip


PLANT_ALL = "from bench.chaos.bugs.table import PLANTED\nfor bug in PLANTED.values():\n    bug.plant()\n"
TURN_DOWN = """
import bench.chaos.bugs.watching as watching
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.wire import Batch, Row
from sentinel.run import intake
taken = []
intake.take = lambda c, world, batch, at: taken.append(batch)
watching.own_exception_as_down()
row = Row(1, 10, "a.check", SampleKind.SCHEDULED, {}, Verdict.UNKNOWN, "our own")
intake.take(None, None, Batch(source="here/1", number=1, rows=(row,)), None)
assert [one.verdict for one in taken[0].rows] == [Verdict.DOWN], taken
"""


def _run(text: str) -> None:
    """In a process of its own, which nothing else uses afterwards."""
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_bug_is_planted() -> None:
    assert set(PLANTED) >= WANTED


def test_each_bug_finds_its_place_in_the_product() -> None:
    """What it takes the place of is there: a bug that is not planted proves nothing."""
    _run(PLANT_ALL)


def test_the_bug_that_takes_our_trouble_for_theirs_turns_what_is_unknown_down() -> None:
    _run(TURN_DOWN)


def test_a_bug_is_found_as_something_that_an_oracle_says() -> None:
    oracles = {each.name for each in fields(Counts)} - {"unrested"}
    assert all(set(bug.found_as) <= oracles and bug.found_as for bug in PLANTED.values())


def test_the_page_names_each_bug_and_what_it_is_found_as() -> None:
    page = (ROOT / "docs" / "how-to" / "chaos.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells[3].strip() for line in page.splitlines() if len(cells := line.split("|")) == 5}
    for name, bug in PLANTED.items():
        assert rows.get(name) in {what.replace("_", " ") for what in bug.found_as}, name
