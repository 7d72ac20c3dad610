"""Scalars of YAML 1.2's core schema, and durations."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.config.scalar import duration, plain


@pytest.mark.parametrize(
    "text", ["22:00", "no", "on", "off", "yes", "y", "1_000", "2026-06-01", "1e999", ".inf", ".nan", "9" * 40, "0b1"]
)
def test_what_other_readers_would_change_stays_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("-7", -7),
        ("0x1f", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("010", 10),
        (".5", 0.5),
        ("1.", 1.0),
        ("2e3", 2000.0),
    ],
)
def test_the_core_schema_is_typed(text: str, value: object) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@given(st.text())
def test_every_scalar_survives_json(text: str) -> None:
    assert json.loads(json.dumps(plain(text), allow_nan=False)) == plain(text)


@given(st.integers(0, 10**6), st.sampled_from([("ms", 1), ("s", 1000), ("m", 60_000)]))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: tuple[str, int]) -> None:
    assert duration(f"{number}{unit[0]}") == timedelta(milliseconds=number * unit[1])


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1.5h", "5M", "PT5M", "00:05:00", "9999999d", "٥m"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None
