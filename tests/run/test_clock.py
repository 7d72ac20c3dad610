"""The wall clock is read in one place, aware and in UTC, and what is stamped there follows it."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freezegun import freeze_time

import sentinel
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.wire import Batch, Row, stamp
from sentinel.run.clock import WallClock

ROOT = Path(sentinel.__file__).parent
OUTSIDE = ("demo",)
"""Rooms that are no part of the hub: the demo's sinks stamp what they receive by themselves."""


def test_now_is_aware_in_utc_and_moves_with_the_clock() -> None:
    with freeze_time("2026-11-22 10:05:00") as frozen:
        clock = WallClock()
        assert clock.now() == datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta(0)
        frozen.tick(timedelta(seconds=90))
        assert clock.now() == datetime(2026, 11, 22, 10, 6, 30, tzinfo=UTC)


def test_a_sample_is_stamped_by_the_hubs_clock_less_its_age() -> None:
    row = Row(
        sequence=1,
        age_ms=1500,
        check="payments.card-form",
        sample=SampleKind.SCHEDULED,
        facts={},
        verdict=Verdict.UP,
        reason="",
    )
    with freeze_time("2026-03-29 01:00:00"):  # the instant at which Madrid's clocks go forward
        (seen,) = stamp(Batch(source="s", number=1, rows=(row,)), WallClock().now(), "head-office")
    assert seen.at == datetime(2026, 3, 29, 0, 59, 58, 500_000, tzinfo=UTC)


def test_no_other_module_reads_the_wall_clock() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in OUTSIDE and _reads_clock(ast.parse(path.read_text()))
    }
    # What probes is a process of its own and needs the date for a few things: how many days a certificate or a domain has left,
    # how old a value is. The doctor compares the clock itself with another.
    kinds = {f"probe/kind/{name}.py" for name in ("smtp", "sql", "tls", "websocket")}
    assert readers == {"run/clock.py", "run/machine.py", "probe/engine.py", "probe/asked.py", *kinds}


def _reads_clock(tree: ast.Module) -> bool:
    """Whether it calls datetime.now, datetime.utcnow, date.today or time.time."""
    called = {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    return bool(called & {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")})
