"""Records are kept as JSON text and come back as they went, whatever is in them."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.model.command import Command, Result
from sentinel.model.incident import Acknowledged, EtaSet, Said
from sentinel.model.notice import Approval, Brief, Draft
from sentinel.model.observation import Fact
from sentinel.model.secret import Secret
from sentinel.model.signal import Hysteresis, Signal
from sentinel.notify.facts import Facts
from sentinel.store import codec

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    timedelta: st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([any_of(part) for part in parts])
    if origin is tuple:
        return st.lists(any_of(parts[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(any_of(parts[0]), any_of(parts[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint is Secret:
        return st.just(Secret("•••"))  # kept as dots: what a command held is not to be had from the audit
    assert is_dataclass(hint), hint
    hints = get_type_hints(hint)
    values = {field.name: any_of(hints[field.name]) for field in fields(hint)}
    made: st.SearchStrategy[Any] = st.builds(hint, **values)  # type: ignore[arg-type]  # a class, as every hint here
    return made


@pytest.mark.parametrize("kind", get_args(Said), ids=lambda kind: kind.__name__)
def test_everything_that_a_timeline_says_comes_back(kind: Any) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_of(kind))
    def comes_back(said: Any) -> None:
        back: Any = codec.from_text(Said, codec.to_text(Said, said))  # type: ignore[arg-type]  # Said is a union
        assert back == said
        assert type(back) is kind

    comes_back()


@pytest.mark.parametrize("kind", [Draft, Brief, Facts, Approval, Signal, Hysteresis], ids=lambda kind: kind.__name__)
def test_records_kept_as_text_come_back(kind: Any) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_of(kind))
    def comes_back(record: Any) -> None:
        assert codec.from_text(kind, codec.to_text(kind, record)) == record

    comes_back()


@pytest.mark.parametrize("union", [Command, Result], ids=["command", "result"])
def test_what_the_audit_holds_comes_back(union: Any) -> None:
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_of(union))
    def comes_back(record: Any) -> None:
        back: Any = codec.from_text(union, codec.to_text(union, record))
        assert back == record
        assert type(back) is type(record)

    comes_back()


@given(st.dictionaries(TEXT, any_of(Fact), max_size=4))
def test_facts_of_an_observation_come_back_with_their_types(facts: dict[str, Fact]) -> None:
    back = codec.from_text(dict[str, Fact], codec.to_text(dict[str, Fact], facts))
    assert back == facts
    assert {name: type(fact) for name, fact in back.items()} == {name: type(fact) for name, fact in facts.items()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"kind":"nothing_we_know"}',
        '{"kind":"eta_set","reason":"x"}',
        '{"kind":"eta_set","until":"soon","reason":"x"}',
    ],
)
def test_a_text_that_something_else_wrote_is_an_error_and_no_record(text: str) -> None:
    with pytest.raises(ValidationError):
        codec.from_text(Said, text)  # type: ignore[arg-type]  # Said is a union


def test_an_entry_says_what_it_is() -> None:
    assert codec.to_text(Said, Acknowledged()) == '{"kind":"acknowledged"}'
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert '"until":"2026-11-22T10:00:00Z"' in codec.to_text(Said, EtaSet(until=at, reason=""))
