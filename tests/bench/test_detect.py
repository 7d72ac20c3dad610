"""The benchmark of the detectors: NAB's scoring against cases counted by hand, what is read, what is printed."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from math import exp
from pathlib import Path

import pytest
from bench.detect import __main__ as bench
from bench.detect import cost, nab, rows, scoring, series
from bench.detect.rows import Sample

from sentinel.detect.kind import unusual

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
FULL = 2 / (1 + exp(-5)) - 1
WINDOW = (40, 49)


def scores(*said: int, rows: int = 100) -> list[scoring.Row]:
    return scoring.rows("one", [float(row in said) for row in range(rows)], [WINDOW])


def score(*said: int, profile: str = "standard") -> float:
    return scoring.best([scores(*said)], 1, scoring.PROFILES[profile]).score


def test_a_window_found_at_its_left_edge_is_the_whole_score() -> None:
    assert score(40) == pytest.approx(100)


def test_within_a_window_a_row_is_worth_less_the_later_it_comes() -> None:
    half = (2 / (1 + exp(-2.5)) - 1) / FULL
    assert score(45) == pytest.approx(100 * (half + 1) / 2)
    assert score(41) > score(45) > score(49) > 50, "half a score is what was neither missed nor early"


def test_a_window_counts_once_by_its_earliest_row() -> None:
    assert score(45, 46, 47) == score(45)


def test_nothing_said_is_nothing_and_so_is_less_than_nothing() -> None:
    assert score() == 0
    assert score(20, 21, 22) == 0, "no threshold serves better than silence"


@pytest.mark.parametrize(("profile", "cost"), [("standard", 0.11), ("low_fp", 0.22)])
def test_a_row_before_every_window_costs_the_whole_weight(profile: str, cost: float) -> None:
    assert score(20, 40, profile=profile) == pytest.approx(100 * (2 - cost) / 2)


def test_a_miss_weighs_double_where_misses_are_dear() -> None:
    late = (2 / (1 + exp(-2.5)) - 1) / FULL
    assert score(45, profile="low_fn") == pytest.approx(100 * (late + 2) / 3)


def test_just_after_a_window_a_row_costs_little_and_far_after_it_all() -> None:
    """The width of the window is ten rows, and NAB counts the nine steps between them."""
    near = 2 / (1 + exp(5 / 9)) - 1
    assert score(40, 50) == pytest.approx(100 * (2 + 0.11 * near) / 2)
    assert score(40, 90) == pytest.approx(100 * (2 - 0.11) / 2)


def test_rows_of_probation_are_worth_nothing() -> None:
    assert len(scores()) == 85
    assert score(3, 14, 40) == pytest.approx(100)
    assert scoring.probation(20_000) == 750


def test_one_threshold_serves_all_files() -> None:
    windows = [(40, 49)]
    loud = scoring.rows("loud", [0.9 if row == 40 else 0.5 if row == 20 else 0.0 for row in range(100)], windows)
    low = scoring.rows("low", [0.4 if row == 40 else 0.0 for row in range(100)], windows)
    found = scoring.best([loud, low], 2, scoring.PROFILES["standard"])
    assert (found.threshold, found.false, found.found) == (0.4, 1, 2)
    assert found.score == pytest.approx(100 * (4 - 0.11) / 4)


def test_a_window_that_lies_in_probation_is_missed() -> None:
    rows = scoring.rows("early", [1.0] + [0.0] * 99, [(0, 9)])
    assert scoring.best([rows], 1, scoring.PROFILES["standard"]).score == 0


def minutes(*bad: int, rows: int = 40) -> list[Sample]:
    return [Sample(BEGAN + row * timedelta(minutes=5), 1.0, row in bad, row in bad) for row in range(rows)]


def test_an_outage_is_two_labelled_rows_in_a_row() -> None:
    found = series.figures(minutes(5, 10, 11, 20, 21, 22), [(11, 12), (30, 31)])
    assert (found["found"], found["runs_found"], found["median_delay_min"]) == (1, 1, 5)
    assert found["false_alarms_a_week"] == pytest.approx(7 * 24 * 60 / (39 * 5), abs=0.001)


def test_a_claim_on_a_single_bad_row_finds_no_outage_and_is_not_in_vain() -> None:
    found = series.figures(minutes(5, 10, 11), [(5, 5)])
    assert (found["found"], found["runs_found"], found["false_alarms_a_week"]) == (0, 1, 0)


def test_a_true_signal_that_still_stands_finds_the_next_outage() -> None:
    found = series.figures(minutes(10, 11, 14, 15), [(11, 20)])
    assert (found["found"], found["median_delay_min"]) == (2, 2.5)


def test_a_signal_in_vain_finds_nothing_however_long_it_stands() -> None:
    assert series.figures(minutes(10, 11), [(3, 30)])["found"] == 0


def test_the_earliest_signal_says_how_late_it_was() -> None:
    assert series.figures(minutes(10, 11, 12), [(10, 11), (12, 13)])["median_delay_min"] == 0


@pytest.mark.parametrize(("late", "found"), [(59, 1), (61, 0)])
def test_where_rows_come_close_ten_minutes_are_shortly_after(late: int, found: int) -> None:
    close = [Sample(BEGAN + row * timedelta(seconds=10), 1.0, row in (10, 11), False) for row in range(200)]
    assert series.figures(close, [(11 + late, 150)])["found"] == found


def written(path: Path, name: str, *lines: str) -> Path:
    file = path / name
    with gzip.open(file, "wt") if name.endswith(".gz") else file.open("w") as out:
        out.write("\n".join(lines))
    return file


def test_a_csv_of_series_is_read_in_time_order_and_a_gap_is_a_failed_probe_and_a_label_none(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "some.csv.gz",
        "series,time,value,label",
        "b,2026-01-05T00:05:00Z,,1",
        "b,2026-01-05T00:00:00Z,3.5,0",
        "a,1767571200,2,",
        "a,1767571500000,nan,",
    )
    found = rows.read(file)
    later = BEGAN + timedelta(minutes=5)
    assert found["b"] == [Sample(BEGAN, 3.5, False, False, True), Sample(later, None, True, True, True)]
    assert found["a"] == [Sample(BEGAN, 2, False, False, True), Sample(later, None, False, True, True)]


@pytest.mark.parametrize(
    "good", ["", "0", "0.0", "up", "OK", "200", "301", "false", "none", "operational", "-", "null", "nan", "baseline", "normal"]
)
@pytest.mark.parametrize("bad", ["1", "1.0", "down", "500", "true", "failed", "anomaly", "timeout"])
def test_a_label_is_a_number_a_status_or_a_word(tmp_path: Path, good: str, bad: str) -> None:
    times = ("2026-01-05 00:00:00", "2026-01-05T00:05:00+00:00")
    file = written(tmp_path, "some.csv", "series,time,value,label", f"a,{times[0]},1,{good}", f"a,{times[1]},1,{bad}")
    assert [one.is_bad for one in rows.read(file)["a"]] == [False, True]


def test_a_log_of_probes_is_read_by_the_names_that_its_columns_have(tmp_path: Path) -> None:
    file = written(
        tmp_path, "probes.csv", "time,provider,latency_ms,success", f"{BEGAN.isoformat()},one,812,1", "1767571500,one,9,0"
    )
    assert rows.read(file) == {"one": [Sample(BEGAN, 812, False, False), Sample(BEGAN + timedelta(minutes=5), 9, True, True)]}


def test_a_column_that_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--series", str(written(tmp_path, "some.csv", "series,label", "a,1")), "--json"]) == 2
    assert "no column time and no value" in capsys.readouterr().err


def folder(path: Path) -> Path:
    """One file of NAB's layout: three days of a level, and one row far above it in a window of the last."""
    (path / "real").mkdir()
    lines = [
        f"{BEGAN + row * timedelta(minutes=5):%Y-%m-%d %H:%M:%S},{900 if row == 800 else 200 + row % 9}" for row in range(864)
    ]
    (path / "real" / "level.csv").write_text("\n".join(["timestamp,value", *lines]))
    edges = [f"{BEGAN + row * timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f}" for row in (800, 830)]
    (path / "combined_windows.json").write_text(json.dumps({"real/level.csv": [edges]}))
    return path


def test_a_folder_in_nabs_layout_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--nab", str(folder(tmp_path)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["nab"] == {"standard": 100, "low_fp": 100, "low_fn": 100}
    assert found["series"] == {}
    assert found["setting"] == unusual.Options().model_dump(mode="json"), "the product's own defaults"


def test_windows_are_rows(tmp_path: Path) -> None:
    assert [one.windows for one in nab.read(folder(tmp_path))] == [((800, 830),)]


def test_a_folder_that_lacks_some_of_the_files_is_scored_by_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = json.loads((folder(tmp_path) / "combined_windows.json").read_text())
    (tmp_path / "combined_windows.json").write_text(json.dumps({**windows, "real/other.csv": []}))
    assert [one.name for one in nab.read(tmp_path)] == ["real/level.csv"]
    assert "1 of 2 files are not there" in capsys.readouterr().err


def test_a_window_that_begins_where_the_file_has_a_gap_begins_after_it(tmp_path: Path) -> None:
    edges = [[f"{BEGAN + minute * timedelta(minutes=1):%Y-%m-%d %H:%M:%S}" for minute in (4001, 4150)]]
    (folder(tmp_path) / "combined_windows.json").write_text(json.dumps({"real/level.csv": edges}))
    assert [one.windows for one in nab.read(tmp_path)] == [((801, 830),)]


def test_what_cannot_be_read_is_said_and_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--nab", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no combined_windows.json" in said.err


def test_a_file_of_series_has_figures_by_name_and_by_who_found_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"card-form,{one.at.isoformat()},{'' if one.is_bad else 200},{int(one.is_bad)}" for one in minutes(10, 11, 12)]
    file = written(tmp_path, "some.csv", "series,time,value,label", *rows)
    assert bench.main(["--series", str(file), "--json", "--quick"]) == 0
    result = json.loads(capsys.readouterr().out)
    found = result["series"]["card-form"]
    assert (found["runs"], found["outages"], found["missing"], found["labelled"]) == (1, 1, 3, True)
    assert (found["found"], found["median_delay_min"]) == (1, 5), "of the gaps, and nothing of the label"
    assert found["by"]["outage"]["median_delay_min"] == 5
    assert {name: one["found"] for name, one in found["by"].items()} == {"outage": 1, "unusual": 0}
    assert found["by_numbers_alone"]["found"] == 0
    assert 0 < result["cost"]["unusual"]["bytes"] < 5120


def test_the_cost_of_all_detectors_together_is_that_of_a_hub_with_them_less_that_of_one_without() -> None:
    found = cost.whole(3, 2)
    assert (found.checks, found.samples) == (3, 6)
    assert 0 < found.none_us < found.all_us <= found.busiest_us
    assert 1024 < found.bytes < 8192, "of what is learned and what is gathered"


@pytest.mark.parametrize("bad", ["1", "anomaly"])
def test_a_label_that_is_a_truth_by_hand_is_shown_to_no_detector(tmp_path: Path, bad: str) -> None:
    """Two days as usual, then an hour far above, which a person has labelled; and three labels over what is as usual."""
    times = [BEGAN + row * timedelta(minutes=5) for row in range(600)]
    lines = [
        f"a,{at.isoformat()},{900 if row > 587 else 200 + row % 9},{bad if row > 587 or row in (100, 101, 300, 301) else 0}"
        for row, at in enumerate(times)
    ]
    found = series.report(rows.read(written(tmp_path, "some.csv", "series,time,value,label", *lines))["a"])
    assert (found["outages"], found["found"], found["median_delay_min"]) == (3, 1, 0)
    assert (found["by"]["outage"]["found"], found["by"]["unusual"]["found"], found["by_numbers_alone"]["found"]) == (0, 1, 1)


@pytest.mark.parametrize(("well", "ill"), [("1", "0"), ("0", "1"), ("up", "down"), ("12.5", "timeout")])
def test_where_the_value_is_the_probes_verdict_outage_sees_it(tmp_path: Path, well: str, ill: str) -> None:
    """Three that failed, of which the label names two; and two that did not, which it names too."""
    lines = [
        f"a,{one.at.isoformat()},{ill if row in (9, 10, 11) else well},{int(row in (10, 11, 30, 31))}"
        for row, one in enumerate(minutes())
    ]
    found = series.report(rows.read(written(tmp_path, "some.csv", "series,time,value,label", *lines))["a"])
    assert (found["outages"], found["found"], found["median_delay_min"]) == (2, 1, 0)


def test_in_a_log_of_probes_a_number_that_is_missing_is_a_failed_probe(tmp_path: Path) -> None:
    lines = [f"{one.at.isoformat()},{'' if one.is_bad else 200},up" for one in minutes(10, 11)]
    found = series.report(rows.read(written(tmp_path, "p.csv", "time,latency_ms,status", *lines))["p.csv"])
    assert (found["found"], found["median_delay_min"], found["labelled"]) == (1, 5, False)


@pytest.mark.parametrize("said", ["1", "true", "ok", "success", "yes"])
def test_success_is_a_number_or_a_word(tmp_path: Path, said: str) -> None:
    file = written(tmp_path, "p.csv", "time,latency_ms,success", f"1767571200,9,{said}", "1767571500,9,False")
    assert [one.failed for one in rows.read(file)["p.csv"]] == [False, True]


@pytest.mark.parametrize(
    "header",
    ["\ufeffseries,time,value,label", "Series,Time,Value,Label", "series, time , value, label", "series;time;value;label"],
)
@pytest.mark.parametrize(
    "time",
    [
        "1767571200",
        "1767571200000",
        "1767571200000000",
        "1767571200000000000",
        "2026-01-05 00:00:00 UTC",
        "2026-01-05T00:00:00Z",
    ],
)
def test_headers_and_times_are_read_as_people_write_them(tmp_path: Path, header: str, time: str) -> None:
    apart = ";" if ";" in header else ","
    file = tmp_path / "some.csv"
    file.write_text(
        "\n".join([header, apart.join(["a", time, " 3.5", " 1"]), "", apart.join([" b", time, "2", "0"]), apart * 3])
    )
    assert rows.read(file) == {"a": [Sample(BEGAN, 3.5, True, False, True)], "b": [Sample(BEGAN, 2, False, False, True)]}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([""], "no column time and no value"),
        (["series,time,value,label"], "has no rows"),
        (["series,time,value,label", "", "a,1767571200,3,0", "a,17675"], "line 4: 2 of 4 columns"),
        (["series,time,value,label", "a,soon,3,0"], "line 2: Invalid isoformat"),
        (["series,time,value,label", "a,1e300,3,0"], "line 2: "),
    ],
    ids=["empty", "header-alone", "short-row", "no-time", "no-such-time"],
)
def test_a_file_that_holds_nothing_to_measure_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], words: str
) -> None:
    assert bench.main(["--series", str(written(tmp_path, "some.csv", *lines)), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err


def test_without_the_part_about_contacts_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if find_spec(bench.CONTACTS) is None:
        assert bench.main(["--contacts", str(tmp_path)]) == 2
        assert "no part about contacts" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["data/real", "real"])
@pytest.mark.parametrize("labels", ["labels", "."])
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_nabs_layout_is_read_as_it_is_published_and_as_it_is_packed(
    tmp_path: Path, layout: str, labels: str, packed: bool
) -> None:
    (tmp_path / layout).mkdir(parents=True)
    (tmp_path / labels).mkdir(exist_ok=True)
    written(
        tmp_path / layout,
        "one.csv.gz" if packed else "one.csv",
        "timestamp,value",
        "2026-01-05 00:00:00,1",
        "2026-01-05 00:05:00,2",
    )
    (tmp_path / labels / "combined_windows.json").write_text('{"real/one.csv": []}')
    (one,) = nab.read(tmp_path)
    assert one.values == (1, 2)
