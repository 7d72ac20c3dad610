"""Every bug of the issue is planted, and found as something that an oracle says."""

from dataclasses import fields

from bench.chaos.bugs.table import PLANTED
from bench.chaos.matrix import ROOT
from bench.chaos.oracle import Counts

WANTED = {
    "mark-before-sending", "two-commits", "forget-before-closing", "limit-as-final", "ledger-in-memory",
    "own-exception-as-down", "resend-armed", "random-key", "approve-on-get", "check-then-resolve-again", "unbound-approval",
    "overdue-counts-downtime", "synchronous-off",
}  # fmt: skip


def test_every_bug_is_planted() -> None:
    assert set(PLANTED) >= WANTED


def test_a_bug_is_found_as_something_that_an_oracle_says() -> None:
    oracles = {each.name for each in fields(Counts)} - {"unrested"}
    assert all(set(bug.found_as) <= oracles and bug.found_as for bug in PLANTED.values())


def test_the_page_names_each_bug_and_what_it_is_found_as() -> None:
    page = (ROOT / "docs" / "how-to" / "chaos.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells[3].strip() for line in page.splitlines() if len(cells := line.split("|")) == 5}
    for name, bug in PLANTED.items():
        assert rows.get(name) in {what.replace("_", " ") for what in bug.found_as}, name
