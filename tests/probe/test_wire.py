"""The protocol: what is written is read again, and what does not fit is a value."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.check import Check
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe import wire
from sentinel.probe.wire import Ack, Alive, Batch, Malformed, Orders, Row, stamp

TEXT = st.text(max_size=40)
FACT = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
ROW = st.builds(
    Row,
    sequence=st.integers(1, 2**53),
    age_ms=st.integers(0, wire.AGE_LIMIT_MS),
    check=TEXT,
    sample=st.sampled_from(SampleKind),
    facts=st.dictionaries(TEXT, FACT, max_size=8),
    verdict=st.sampled_from(Verdict),
    reason=TEXT,
)
BATCH = st.builds(
    Batch,
    source=TEXT,
    number=st.integers(1, 2**53),
    rows=st.lists(ROW, max_size=5).map(tuple),
    counts=st.dictionaries(TEXT, st.integers(0, 2**53), max_size=3),
)
SECONDS = st.integers(0, 10**6).map(lambda ms: timedelta(milliseconds=ms))
JSON = st.recursive(FACT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=10)
CHECK = st.builds(
    Check,
    id=TEXT,
    service=TEXT,
    kind=TEXT,
    options=st.dictionaries(TEXT, JSON, max_size=3),
    every=SECONDS,
    timeout=SECONDS,
    confirm=st.lists(SECONDS, max_size=5).map(tuple),
    up=st.dictionaries(TEXT, JSON, max_size=2),
)


@given(BATCH)
def test_a_batch_is_read_as_it_was_written(batch: Batch) -> None:
    line = wire.write_batch(batch)
    assert line.count(b"\n") == 1
    assert wire.read_from_prober(line) == batch


@given(st.lists(CHECK, max_size=4))
def test_checks_are_read_as_they_were_written(checks: list[Check]) -> None:
    (line,) = wire.write_orders("hq", ("10.0.0.0/8",), checks)
    assert wire.read_from_hub(line) == Orders(place="hq", allow=("10.0.0.0/8",), checks=tuple(checks))


def test_acks_and_signs_of_life_are_read_as_they_were_written() -> None:
    assert wire.read_from_hub(wire.write_ack(Ack(source="hq/1", number=7))) == Ack(source="hq/1", number=7)
    assert wire.read_from_prober(wire.write_alive(Alive(source="hq/1"))) == Alive(source="hq/1")


def test_a_set_too_large_for_a_line_travels_in_several() -> None:
    checks = [Check(id=f"c{n}", service="s", kind="http", options={"body": "x" * 60_000}) for n in range(100)]
    lines = list(wire.write_orders("hq", (), checks))
    parts = [wire.read_from_hub(line) for line in lines]
    assert len(lines) > 2
    assert all(len(line) <= wire.LINE_LIMIT for line in lines)
    assert [part.more for part in parts if isinstance(part, Orders)] == [True] * (len(lines) - 1) + [False]
    assert [check for part in parts if isinstance(part, Orders) for check in part.checks] == checks


def test_a_check_that_fits_no_line_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="big"):
        list(wire.write_orders("hq", (), [Check(id="big", service="s", kind="http", options={"body": "x" * wire.LINE_LIMIT})]))


GOOD: dict[str, Any] = {
    "v": 1,
    "say": "batch",
    "source": "hq/1",
    "batch": 1,
    "rows": [[1, 5, "a.b", "scheduled", {"status": 200}, "up", ""]],
}


def with_row(**parts: Any) -> dict[str, Any]:
    row = dict(zip(("sequence", "age", "check", "sample", "facts", "verdict", "reason"), GOOD["rows"][0], strict=True)) | parts
    return GOOD | {"rows": [list(row.values())]}


@pytest.mark.parametrize(
    "said",
    [
        GOOD | {"v": 0},
        GOOD | {"v": 3},
        GOOD | {"v": True},
        GOOD | {"v": "1"},
        GOOD | {"say": "shout"},
        GOOD | {"say": None},
        GOOD | {"batch": 0},
        GOOD | {"batch": -1},
        GOOD | {"batch": 1.0},
        GOOD | {"batch": True},
        GOOD | {"source": 5},
        GOOD | {"source": "x" * 201},
        GOOD | {"rows": {}},
        GOOD | {"rows": [[]]},
        GOOD | {"rows": GOOD["rows"] * (wire.ROWS_LIMIT + 1)},
        GOOD | {"counts": {"a": -1}},
        with_row(sequence=0),
        with_row(age=-1),
        with_row(age=wire.AGE_LIMIT_MS + 1),
        with_row(age=None),
        with_row(sample="often"),
        with_row(sample=[]),
        with_row(verdict="broken"),
        with_row(verdict={}),
        with_row(facts=[]),
        with_row(facts={"a": []}),
        with_row(facts={"a": "x" * (wire.TEXT_LIMIT + 1)}),
        with_row(facts={"a": 10**400}),
        with_row(facts={str(n): n for n in range(wire.FACTS_LIMIT + 1)}),
        with_row(reason=None),
        {key: value for key, value in GOOD.items() if key != "rows"},
        [],
        None,
    ],
)
def test_a_line_of_another_shape_is_malformed(said: Any) -> None:
    assert isinstance(wire.read_from_prober(json.dumps(said).encode()), Malformed)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        json.dumps(with_row(facts={"a": float("nan")})).encode(),
        json.dumps(with_row(facts={"a": float("inf")})).encode(),
        json.dumps(with_row(facts={"a": 1})).replace('"a": 1', '"a": 1e999').encode(),
        json.dumps(GOOD).encode() + b" " * wire.LINE_LIMIT,
        b'{"v":1,"say":"batch","batch":' + b"9" * 10_000 + b"}",
    ],
)
def test_a_line_that_is_no_json_or_too_long_is_malformed(line: bytes) -> None:
    assert isinstance(wire.read_from_prober(line), Malformed)
    assert isinstance(wire.read_from_hub(line), Malformed)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps({"v": 1, "say": "batch", "rows": value}).encode()))
def test_nothing_that_comes_makes_reading_raise(line: bytes) -> None:
    wire.read_from_prober(line)
    wire.read_from_hub(line)


@given(JSON, st.sampled_from(["checks", "ack"]))
def test_nothing_that_a_hub_says_makes_reading_raise(value: Any, say: str) -> None:
    said = {"v": 1, "say": say, "source": value, "batch": value, "place": "hq", "allow": [], "more": False, "checks": [value]}
    wire.read_from_hub(json.dumps(said).encode())


def test_a_malformed_line_is_described_without_its_values() -> None:
    said = wire.read_from_prober(json.dumps(with_row(verdict="SECRET")).encode())
    assert isinstance(said, Malformed)
    assert said.why


def test_the_stamp_is_the_start_of_the_sample() -> None:
    received_at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    row = Row(
        sequence=3,
        age_ms=1500,
        check="a.b",
        sample=SampleKind.CONFIRM,
        facts={"status": 503},
        verdict=Verdict.DOWN,
        reason="status 503",
    )
    (seen,) = stamp(Batch(source="hq/1", number=1, rows=(row,)), received_at, "hq")
    assert seen.at == received_at - timedelta(seconds=1.5)
    assert (seen.check, seen.place, seen.source, seen.sequence, seen.sample, seen.verdict) == (
        "a.b",
        "hq",
        "hq/1",
        3,
        SampleKind.CONFIRM,
        Verdict.DOWN,
    )
    assert seen.facts == {"status": 503}
