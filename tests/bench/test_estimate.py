"""The replay of histories: what is printed is what was said in time, and what was withheld is not forgotten."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import estimate, promised
from sentinel.estimate.grade import Shadow
from sentinel.model.estimate import PastIncident

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {"n", "cov50", "cov80", "pin80", "past_pin80", "median_p80"}


def history(folder: Path, count: int = 60) -> None:
    lines = ["source,incident_id,service,started_at,resolved_at,duration_min,kind"]
    told = []
    for nth in range(count):
        at = BEGAN + timedelta(hours=nth)
        lines.append(f"insurer,insurer:{nth},payments,{at:%Y-%m-%dT%H:%M:%SZ},,{20 + nth % 37},incident")
        told.append(
            {"incident_id": f"insurer:{nth}", "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "status": "investigating", "text": None}
        )
    (folder / "insurer.csv").write_text("\n".join([*lines, f"insurer,x,payments,{BEGAN:%Y-%m-%dT%H:%M:%SZ},,5,maintenance"]))
    with gzip.open(folder / "updates.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(one) for one in told))


def test_the_figures_of_a_folder_are_by_source_and_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history(tmp_path)
    assert estimate.main(["--data", str(tmp_path), "--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["incidents"] == 60
    assert set(found["sources"]) == {"insurer"}
    marks = found["sources"]["insurer"]
    assert list(marks) == ["0", "30", "60"]
    assert all(marks[mark].keys() >= NAMES for mark in marks)
    assert marks["0"]["n"] == 60 - estimate.WARM_UP
    assert marks["60"]["n"] == 0, "none lasted that long"


def test_what_was_published_is_read_with_its_time(tmp_path: Path) -> None:
    history(tmp_path)
    rows = estimate.read(tmp_path)["insurer"]
    assert {one.phase for row in rows for one in row.told} == {"investigating"}


def test_a_folder_without_a_history_is_no_result(tmp_path: Path) -> None:
    assert estimate.main(["--data", str(tmp_path)]) == 2


def test_what_is_withheld_beyond_one_in_twenty_counts_as_missed() -> None:
    zero, hour = timedelta(0), timedelta(hours=1)
    held = estimate.Graded(
        mark=zero,
        ours=Shadow(elapsed=zero, lasted=hour, p50=hour, p80=hour),
        past=Shadow(elapsed=zero, lasted=hour, p50=hour, p80=hour),
        promise=True,
    )
    silent = estimate.Graded(mark=zero, ours=None, past=held.past, promise=None)
    assert estimate.figures([held] * 95 + [silent] * 5)["cov80"] == 1.0
    assert estimate.figures([held] * 90 + [silent] * 10)["cov80"] == pytest.approx(90 / 95, abs=1e-4)


def test_the_baseline_knows_what_had_ended_and_nothing_else() -> None:
    rows = [
        PastIncident(service="payments", began_at=BEGAN + timedelta(hours=nth), lasted=timedelta(minutes=lasted))
        for nth, lasted in enumerate((10, 600, 20, 30))
    ]
    found = dict(estimate._baseline(rows, timedelta(0)))
    assert found == {1: _both(10), 2: _both(10), 3: (timedelta(minutes=10), timedelta(minutes=20))}


def _both(minutes: float) -> tuple[timedelta, timedelta]:
    return timedelta(minutes=minutes), timedelta(minutes=minutes)


def test_a_providers_own_times_are_graded_over_the_same_outages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = "started_at,duration_min,region,planned,first_eta_said_at,first_eta,restored_after,restored_by"
    lines = [names]
    for nth in range(60):
        at = BEGAN + timedelta(hours=3 * nth)
        said, named, over = (at + timedelta(minutes=after) for after in (5, 65, 40 + nth % 41))
        cells = (
            at,
            (over - at) / timedelta(minutes=1),
            "Fresno",
            nth % 10 == 9,
            said,
            named,
            over - timedelta(minutes=9),
            over,
        )
        lines.append(
            ",".join(f"{one:%Y-%m-%dT%H:%M:%SZ}" if isinstance(one, datetime) else f"{float(one):g}" for one in cells[:2])
        )
        lines[-1] += f",Fresno,{int(cells[3])}," + ",".join(
            f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (said, named, cells[6], over)
        )
    (tmp_path / "outages.csv").write_text("\n".join(lines))
    assert promised.main([str(tmp_path / "outages.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outages"] == 54, "planned work is left out"
    assert found["ours"]["n"] == found["theirs"]["n"] > 40
    assert 0.5 < found["theirs"]["cov80"] < 0.75
