"""The fault matrix names what is there, and says why of what is not."""

import ast
from collections import defaultdict

from bench.chaos.matrix import REASONS, ROOT, ROWS, automated, lines

ENOUGH = 35
"""Rows that must be automated."""


def test_enough_rows_are_automated_and_the_rest_have_a_reason() -> None:
    found = automated()
    assert set(ROWS) - set(found) <= set(REASONS)
    assert len(found) >= ENOUGH


def test_each_name_is_there() -> None:
    named: defaultdict[str, set[str]] = defaultdict(set)
    for names in automated().values():
        for path, _, function in (name.partition("::") for name in names):
            named[path].add(function)
    for path, functions in named.items():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        there = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert functions <= there, path


def test_a_test_can_be_found_and_run_by_its_name() -> None:
    """What is named in tests/ is a test, and not something that a test uses."""
    rows = automated()
    assert any(name.startswith("tests/") and "::test_" in name for name in rows[3])


def test_every_row_is_printed() -> None:
    said = "\n".join(lines(automated()))
    assert all(f"F{row} " in said for row in ROWS)
