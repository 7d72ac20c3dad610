"""Contacts as a CSV file: added up by quarters of an hour, every wrong line named."""

from datetime import UTC, datetime

import pytest

from sentinel.exchange import contactfile
from sentinel.exchange.contactfile import read

HEAD = "slot,service,statement,channel,count"


def test_rows_of_one_quarter_of_an_hour_are_added_up_whatever_their_offset() -> None:
    rows = ["2026-11-22T15:15:00+01:00,payments,payments.slow,phone,3", "2026-11-22T14:20:00Z,payments,payments.slow,,4"]
    found = read([HEAD, *rows])
    assert found.faults == ()
    (one,) = found.counts
    assert (one.slot, one.count) == (datetime(2026, 11, 22, 14, 15, tzinfo=UTC), 7)
    assert (one.service, one.statement, one.channel) == ("payments", "payments.slow", "phone")


def test_statement_and_channel_may_be_left_out() -> None:
    (one,) = read(["slot,service,count", "2026-11-22T14:15:00Z,payments,3"]).counts
    assert (one.statement, one.channel) == ("", "phone")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2026-11-22,payments,,phone,3", "lacks its offset"),
        ("yesterday,payments,,phone,3", "is no instant"),
        ("2026-11-22T14:15:00Z,payments,,phone,-3", "is no whole number"),
        ("2026-11-22T14:15:00Z,payments,,phone,٣", "is no whole number"),
        ("2026-11-22T14:15:00Z,payments,,phone," + 5000 * "9", "longer than"),
        ("2026-11-22T14:15:00Z,,,phone,3", "service: it is empty"),
        ("2026-11-22T14:15:00Z,payments,,phone,3,4", "more columns"),
        ("2026-11-22T14:15:00Z,payments", "count"),
    ],
    ids=["naive", "word", "negative", "digits", "long", "service", "columns", "short"],
)
def test_a_wrong_line_is_named(line: str, says: str) -> None:
    found = read([HEAD, line])
    assert found.counts == ()
    assert len(found.faults) == 1
    assert found.faults[0].startswith("line 2: ")
    assert says in found.faults[0]


def test_columns_that_lack_or_that_nobody_reads_are_named() -> None:
    assert read(["slot,calls"]).faults == (
        "line 1: the column service is missing",
        "line 1: the column count is missing",
        "line 1: nobody reads a column 'calls'",
    )


def test_a_file_of_wrong_lines_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = read([HEAD, *(100 * ["x,y,,z,1"])]).faults
    assert len(faults) == 21
    assert faults[-1].endswith("the rest is not read")
    monkeypatch.setattr(contactfile, "MOST_ROWS", 2)
    assert "2 rows at most" in read([HEAD, *(3 * ["2026-11-22T14:15:00Z,payments,,phone,3"])]).faults[-1]
