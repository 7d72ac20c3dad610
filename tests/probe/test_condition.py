"""Conditions are read strictly and judged in plain words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.probe.assertion import NEEDS, Conditions
from sentinel.probe.condition import Judgement, Seen, judge, rules
from sentinel.probe.kind.http import FACTS


def judged(seen: Seen, up: Any = None, healthy: Any = None, calm: Any = None) -> Judgement:
    blocks = (Conditions.model_validate(block or {}) for block in (up, healthy, calm))
    return judge(seen, rules(*blocks))


def seen(body: bytes = b"", headers: tuple[tuple[str, str], ...] = (), charset: str = "utf-8", **facts: Any) -> Seen:
    return Seen(facts=facts, body=body, headers=headers, charset=charset)


@pytest.mark.parametrize(
    ("up", "found", "reason"),
    [
        ({"status": 200}, seen(status=200), ""),
        ({"status": 200}, seen(status=503), "status 503, expected 200"),
        ({"status": [200, 204]}, seen(status=204), ""),
        ({"status": [200, "3xx"]}, seen(status=503), "status 503, expected 200 or 3xx"),
        ({"status": "2xx"}, seen(status=299), ""),
        ({"status": "2xx"}, seen(status=300), "status 300, expected 2xx"),
        ({"body": {"contains": "Card number"}}, seen(b"<p>Card number</p>"), ""),
        ({"body": {"contains": "Card number"}}, seen(b"Sorry"), "the body lacks “Card number”; got “Sorry”"),
        ({"body": {"contains": "x"}}, seen(b"y", truncated=True), "the body lacks “x” in its first MiB; got “y”"),
        ({"body": {"contains": "x"}}, seen(b""), "the body lacks “x”; it is empty"),
        ({"body": {"contains": ["a", "b"]}}, seen(b"a\n\x07 c"), "the body lacks “b”; got “a c”"),
        ({"body": {"lacks": "error"}}, seen(b"an error"), "the body contains “error”"),
        ({"body": {"lacks": ["error", "fault"]}}, seen(b"a fault"), "the body contains “fault”"),
        ({"body": {"contains": "número"}}, seen("número".encode("latin-1"), charset="iso-8859-1"), ""),
        ({"body": {"contains": "número"}}, seen(b"n", charset="no-such"), "the body lacks “número”; got “n”"),
        ({"header": {"name": "content-type", "contains": "html"}}, seen(headers=(("Content-Type", "text/html"),)), ""),
        ({"header": {"name": "X-A", "is": "1"}}, seen(headers=(("x-a", "2"),)), "header X-A is not “1”"),
        ({"header": {"name": "X-A", "is": "1"}}, seen(), "there is no header X-A"),
        ({"json": {"path": "a.b[1].c", "value": "ok"}}, seen(b'{"a":{"b":[1,{"c":"ok"}]}}'), ""),
        ({"json": {"path": "a", "op": "<", "value": 5}}, seen(b'{"a":7}'), "a is 7, expected < 5"),
        ({"json": {"path": "a", "op": ">=", "value": 5}}, seen(b'{"a":"7"}'), 'a is "7", expected >= 5'),
        ({"json": {"path": "a", "value": 1}}, seen(b'{"a":true}'), "a is true, expected == 1"),
        ({"json": {"path": "a", "op": "contains", "value": "x"}}, seen(b'{"a":["x"]}'), ""),
        ({"json": {"path": "a.b", "value": 1}}, seen(b'{"a":[]}'), "the JSON body has no a.b"),
        ({"json": {"path": "a", "value": 1}}, seen(b"<html>"), "the body is not JSON"),
        ({"json": {"path": "a", "value": 1}}, seen(b"[" * 100_000), "the body is not JSON"),
        ({"json": [{"path": "a", "value": 1}, {"path": "b", "value": 2}]}, seen(b'{"a":1,"b":3}'), "b is 3, expected == 2"),
        ({"fact": {"redirects": {"at_most": 1}}}, seen(redirects=1), ""),
        ({"fact": {"redirects": {"at_most": 1}}}, seen(redirects=2), "redirects is 2, expected that it is at most 1"),
        ({"fact": {"redirects": {"above": 1}}}, seen(), "there is no redirects"),
        ({"fact": {"redirects": {"above": 1, "below": 9}}}, seen(redirects=9), "redirects is 9, expected that it is below 9"),
        ({"fact": {"ip": "192.0.2.7"}}, seen(ip="192.0.2.8"), 'ip is "192.0.2.8", expected that it is "192.0.2.7"'),
        ({"fact": {"ip": {"contains": "192.0.2."}}}, seen(ip="192.0.2.8"), ""),
        ({"fact": {"ip": {"lacks": ["::", "."]}}}, seen(ip="::1"), 'ip is "::1", expected that it lacks "::", "."'),
        ({"fact": {"status": {"one_of": [200, 204]}}}, seen(status=205), "status is 205, expected that it is one of 200, 204"),
        ({"fact": {"truncated": {"is_not": True}}}, seen(truncated=True), "truncated is true, expected that it is not true"),
    ],
)
def test_up_holds_or_the_check_is_down_with_its_reason(up: Any, found: Seen, reason: str) -> None:
    assert judged(found, up) == Judgement(verdict=Verdict.DOWN if reason else Verdict.UP, reason=reason)


def test_down_comes_before_degraded_and_degraded_before_a_warning() -> None:
    blocks = ({"status": 200}, {"below_ms": 800}, {"certificate_days": 14})
    worst: dict[str, Any] = {"total_ms": 900.0, "certificate_days": 9.5, "certificate_expires_at": "2026-12-01T00:00:00Z"}
    assert judged(seen(status=500, **worst), *blocks).verdict is Verdict.DOWN
    assert judged(seen(status=200, **worst), *blocks) == Judgement(
        verdict=Verdict.DEGRADED, reason="took 900 ms, expected below 800 ms"
    )
    assert judged(seen(status=200, **(worst | {"total_ms": 10})), *blocks) == Judgement(
        verdict=Verdict.UP, reason="certificate expires on 2026-12-01, in 10 days, expected at least 14"
    )


def test_all_that_fails_in_a_block_is_said() -> None:
    found = judged(seen(b"Sorry", status=503), {"status": 200, "body": {"contains": "Card"}})
    assert found.reason == "status 503, expected 200; the body lacks “Card”; got “Sorry”"


@pytest.mark.parametrize(
    "block",
    [
        {"status": 99},
        {"status": "6xx"},
        {"status": []},
        {"statuses": 200},
        {"body": {}},
        {"body": {"matches": "a+"}},
        {"below_ms": 0},
        {"header": {"name": "a"}},
        {"header": {"name": "a", "is": "1", "contains": "1"}},
        {"json": {"path": "a[", "value": 1}},
        {"json": {"path": "a..b", "value": 1}},
        {"json": {"path": "a", "op": "~", "value": 1}},
        {"json": {"path": "a", "op": "=="}},
    ],
)
def test_a_block_that_says_nothing_sensible_is_refused(block: Any) -> None:
    with pytest.raises(ValidationError):
        Conditions.model_validate(block)


def test_a_block_survives_being_dumped_and_read_again() -> None:
    block = {"status": [200, "3xx"], "json": {"path": "a", "op": "==", "value": 1}, "header": {"name": "x", "is": "1"}}
    read = Conditions.model_validate(block)
    assert Conditions.model_validate(read.model_dump(mode="json")) == read
    assert Conditions.model_validate(read.model_dump(mode="json", exclude_unset=True, by_alias=False)) == read


def test_every_condition_names_a_fact_that_http_gives() -> None:
    keys = {field.alias or name for name, field in Conditions.model_fields.items()}
    assert keys == {*NEEDS, "fact", "when"}
    assert set(NEEDS.values()) <= set(FACTS)


@given(st.binary(max_size=300), st.text(max_size=10))
def test_no_body_makes_judging_fail(body: bytes, charset: str) -> None:
    found = seen(body, charset=charset)
    judged(found, {"body": {"contains": "é"}, "json": {"path": "a", "op": "<", "value": 1}})
