"""Every bug of the issue is planted, or named with the test that stands in for it."""

from dataclasses import fields

from bench.chaos.bugs.table import ELSEWHERE, PLANTED
from bench.chaos.matrix import ROOT
from bench.chaos.oracle import Counts

WANTED = {
    "mark-before-sending", "two-commits", "forget-before-closing", "limit-as-final", "ledger-in-memory",
    "own-exception-as-down", "resend-armed", "random-key", "approve-on-get", "check-then-resolve-again", "unbound-approval",
    "overdue-counts-downtime", "synchronous-off",
}  # fmt: skip


def test_every_bug_is_planted_or_named() -> None:
    assert set(PLANTED) | set(ELSEWHERE) >= WANTED
    assert not set(PLANTED) & set(ELSEWHERE)


def test_a_bug_is_found_as_something_that_an_oracle_says() -> None:
    oracles = {each.name for each in fields(Counts)} - {"unrested"}
    assert all(set(bug.found_as) <= oracles and bug.found_as for bug in PLANTED.values())


def test_what_stands_in_elsewhere_is_there() -> None:
    for why in ELSEWHERE.values():
        assert (ROOT / why.rsplit(" ", 1)[1]).is_file(), why
