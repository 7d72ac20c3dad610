"""Past incidents from CSV."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentinel.exchange.history import History, read
from sentinel.model.estimate import PastIncident

HEADER = "service,began_at,ended_at,cause,impact,ended\n"
Reader = Callable[[str | bytes], History]


@pytest.fixture
def history(tmp_path: Path) -> Reader:
    def of(content: str | bytes) -> History:
        path = tmp_path / "history.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path)

    return of


def test_a_row_becomes_a_past_incident(history: Reader) -> None:
    found = history(HEADER + 'payments,2026-05-04T10:05:00+02:00,2026-05-04T09:05:00Z,"disk, full",major_outage,resolution\n')
    assert found == History(
        incidents=(
            PastIncident(
                service="payments",
                began_at=datetime(2026, 5, 4, 8, 5, tzinfo=UTC),
                lasted=timedelta(hours=1),
                cause="disk, full",
                impact="major_outage",
                ended="resolution",
            ),
        ),
        errors=(),
        unfinished=0,
    )


def test_only_service_and_instants_are_needed(history: Reader) -> None:
    (found,) = history("began_at,service,ended_at\r\n2026-05-04t10:05:00z,payments,2026-05-04T10:06:00.5Z\r\n").incidents
    assert (found.lasted, found.cause, found.impact, found.ended) == (timedelta(seconds=60.5), "", "", "recovery")


def test_unfinished_rows_are_skipped_and_counted(history: Reader) -> None:
    found = history(HEADER + "payments,2026-05-04T10:05:00Z,,,,\n\npayments,2026-05-05T10:05:00Z,,,,\n")
    assert (found.incidents, found.errors, found.unfinished) == ((), (), 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("payments,2026-05-04 10:05,2026-05-04T11:05:00Z,,,", "history.csv:2: column began_at: this is not an instant"),
        ("payments,2026-05-04T10:05:00,2026-05-04T11:05:00Z,,,", "column began_at: this is not an instant"),
        ("payments,20260504T100500Z,2026-05-04T11:05:00Z,,,", "column began_at: this is not an instant"),
        ("payments,2026-02-30T10:05:00Z,2026-05-04T11:05:00Z,,,", "column began_at: there is no such instant"),
        ("payments,0001-01-01T00:00:00+23:59,2026-05-04T11:05:00Z,,,", "column began_at: there is no such instant"),
        ("payments,2026-05-04T10:05:00Z,soon,,,", "column ended_at: this is not an instant"),
        ("payments,2026-05-04T10:05:00Z,2026-05-04T10:05:00Z,,,", "column ended_at: it ends before it begins"),
        ("payments,2026-05-04T10:05:00Z,2026-05-04T11:05:00Z,,bad,", "column impact: unknown impact 'bad'"),
        (
            "payments,2026-05-04T10:05:00Z,2026-05-04T11:05:00Z,,,fixed",
            "column ended: unknown ended 'fixed', use one of: recovery",
        ),
        (",2026-05-04T10:05:00Z,2026-05-04T11:05:00Z,,,", "column service: the service is missing"),
        ("payments,2026-05-04T10:05:00Z", "history.csv:2: the row has 2 cells"),
        ('"payments,x', "history.csv:2: the row is not CSV"),
        ("x" * 20_000, "history.csv:2: the row is longer"),
    ],
)
def test_a_bad_row_is_left_out_naming_its_line(history: Reader, row: str, message: str) -> None:
    found = history(HEADER + row + "\npayments,2026-05-04T10:05:00Z,2026-05-04T11:05:00Z,,,\n")
    assert len(found.incidents) == 1
    (error,) = found.errors
    assert message in str(error)


def test_a_file_that_cannot_be_read_is_one_error(history: Reader, tmp_path: Path) -> None:
    assert "the file cannot be read" in str(read(tmp_path / "nowhere.csv").errors[0])
    assert "there is no column service and no column began_at" in str(history("").errors[0])


@given(st.text() | st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_that_a_file_holds_is_an_exception(history: Reader, content: str | bytes) -> None:
    body = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    found = history(HEADER.encode() + body)
    assert len(found.incidents) + len(found.errors) + found.unfinished <= body.count(b"\n") + 1
