"""The history of the example: heavy-tailed, the same every time, and long enough for an honest first estimate."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentinel.demo.past import DEMO, LIFE, history, write_history

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def lasted(service: str, impact: str | None = None, scale: float = DEMO) -> list[timedelta]:
    rows = [row for row in history(NOW, scale) if row.service == service and impact in (None, row.impact)]
    return sorted(datetime.fromisoformat(row.ended_at) - datetime.fromisoformat(row.began_at) for row in rows)


def test_the_file_holds_120_incidents_of_the_last_two_years_in_order(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", NOW)
    with (tmp_path / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["service", "began_at", "ended_at", "cause", "impact", "ended"]
    assert len(rows) == 120
    began = [datetime.fromisoformat(row["began_at"]) for row in rows]
    assert began == sorted(began)
    assert NOW - timedelta(days=740) < began[0]
    assert {row["ended"] for row in rows} == {"recovery", "resolution"}


def test_every_incident_is_over_by_now_even_at_lifes_own_pace() -> None:
    for scale in (DEMO, LIFE):
        assert all(datetime.fromisoformat(row.ended_at) < NOW for row in history(NOW, scale))


def test_the_same_seed_gives_the_same_past() -> None:
    assert history(NOW) == history(NOW)
    assert history(NOW, seed=1) != history(NOW)


@pytest.mark.parametrize("service", ["payments", "documents", "accounts", "quoting", "ledger"])
@pytest.mark.parametrize("elapsed", [0, 3, 8, 12])
def test_in_the_demo_four_in_five_end_within_a_minute_and_a_time_may_be_promised(service: str, elapsed: int) -> None:
    longer = [length for length in lasted(service, "major_outage") if length > timedelta(seconds=elapsed)]
    p50, p80 = longer[len(longer) // 2], longer[int(len(longer) * 0.8)]
    assert timedelta(seconds=30) <= p80 <= timedelta(seconds=60)
    assert p80 <= 3 * p50


def test_the_tail_is_heavy() -> None:
    lengths = lasted("payments", "major_outage", LIFE)
    assert lengths[-1] > 10 * lengths[len(lengths) // 2]


def test_scale_stretches_every_length_alike() -> None:
    short, long = lasted("payments", scale=DEMO), lasted("payments", scale=10 * DEMO)
    assert all(abs(far - 10 * near) < timedelta(milliseconds=20) for near, far in zip(short, long, strict=True))
