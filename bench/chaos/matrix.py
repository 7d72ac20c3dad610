"""The fault matrix: each row F1 to F47, and the tests and scenarios that name it; for those that none does, why.

Belongs here: the rows, the reasons, and finding the names in docstrings. Does not belong here: the tests.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PLACES: Final = ("tests", "bench/chaos")
ROWS: Final[Mapping[int, str]] = {
    1: "kill -9 after a probe result, before it is stored",
    2: 'kill -9 inside "open incident"',
    3: "kill -9 after claim, before arm",
    4: "kill -9 armed, before the effect",
    5: "kill -9 after the effect, before the reply",
    6: "kill -9 after the reply, before its commit",
    7: "kill -9 in a batch to many, over all connections",
    8: "kill -9 during approval, cancel, kill switch",
    9: "kill -9 while resolving an incident",
    10: "kill -9 in migration",
    11: "power loss",
    12: "SIGTERM with work under way",
    13: "SIGSTOP longer than the lease, then SIGCONT",
    14: "out of memory",
    15: "SQLite locked by another process",
    16: "a second server on the same SQLite file",
    17: "disk full",
    18: "I/O error, read-only remount",
    19: "corrupt database page, torn WAL",
    20: "PostgreSQL down, restarted, failed over",
    21: "COMMIT sent, acknowledgement lost",
    22: "hub to database slow",
    23: "agent cut off from the hub",
    24: "hub cut off from the world",
    25: 'hub was down; all heartbeats "overdue"',
    26: "dependency outage, 1,000 checks red",
    27: "flapping target",
    28: "429 with Retry-After",
    29: "5xx, time-outs, resets of the provider for long",
    30: "Slack down while an outage goes on",
    31: "permanent refusal of a destination",
    32: "bounces; forged, doubled, unordered callbacks",
    33: "partial refusal, 421, TLS downgrade, bad certificate",
    34: "poison row",
    35: "bad configuration at the start, on reload",
    36: "config removes a channel with queued work",
    37: "clock jumps; skew between nodes",
    38: "daylight saving, leap day, odd zones",
    39: "database restored from an older backup",
    40: "hostile bodies",
    41: "TLS faults of targets",
    42: "DNS faults",
    43: "recovery, edit or disabled approver between approval and send",
    44: "wedge: blocked loop, stopped worker, queue that stands",
    45: "out of descriptors, threads, ports",
    46: "status page under load with database and hub dead",
    47: "rolling upgrade with two versions at work",
}
REASONS: Final[Mapping[int, str]] = {
    26: "grouping is tested with a handful of checks, not with 1,000 targets behind one proxy; issue 6",
    27: "targetd flaps on request; its hour at life's pace is part of the soak; issue 5",
}
"""Row → why nothing automates it (yet). One that something automates is ignored here."""
_ROW: Final = re.compile(r"(?<![A-Za-z0-9])F([1-9]\d?)(?![0-9A-Za-z])")


@cache
def automated(root: Path = ROOT) -> Mapping[int, tuple[str, ...]]:
    """Row → what names it: `tests/x/test_y.py::test_z`, or `bench/chaos/x.py::function`."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for place in PLACES:
        for path in sorted((root / place).rglob("*.py")):
            if path == Path(__file__).resolve():
                continue
            for name, said in _said(path):
                for row in _ROW.findall(said):
                    if int(row) in ROWS:
                        found[int(row)].add(f"{path.relative_to(root)}::{name}")
    return {row: tuple(sorted(names)) for row, names in sorted(found.items())}


def _said(path: Path) -> Iterator[tuple[str, str]]:
    """(function or test, its name in words and its docstring), of a file. A test's module speaks for the test named first."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in functions:
        words = re.sub(r"_f(\d+)(?=_|$)", r" F\1 ", node.name)
        yield node.name, f"{words} {ast.get_docstring(node) or ''}"
    tests = [node.name for node in functions if node.name.startswith("test")] or [node.name for node in functions[:1]]
    if tests:
        yield tests[0], ast.get_docstring(tree) or ""


def lines(found: Mapping[int, tuple[str, ...]]) -> list[str]:
    """The matrix for people."""
    said = []
    for row, title in ROWS.items():
        names = found.get(row, ())
        first = names[0] if names else f"NOT AUTOMATED: {REASONS.get(row, 'nothing names it')}"
        said += [f"F{row:<3} {title}", f"     {first}", *(f"     {name}" for name in names[1:4])]
        if len(names) > 4:
            said.append(f"     and {len(names) - 4} more")
    return [*said, "", f"{len(found)} of {len(ROWS)} rows are automated"]
