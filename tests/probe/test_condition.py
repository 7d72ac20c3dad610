"""Conditions are read strictly and judged in plain words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.probe.assertion import NEEDS, Conditions
from sentinel.probe.condition import Judgement, Seen, decoded, judge, rules
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
        (
            {"body": {"contains": "x"}},
            seen("número".encode("latin-1"), charset="iso-8859-1"),
            "the body lacks “x”; got “número”",
        ),
        ({"body": {"contains": "x"}}, seen(bytes(9)), "the body lacks “x”; it begins with nothing that can be read"),
        ({"header": {"name": "content-type", "contains": "html"}}, seen(headers=(("Content-Type", "text/html"),)), ""),
        ({"header": {"name": "X-A", "is": "1"}}, seen(headers=(("x-a", "2"),)), "header X-A is “2”, expected that it is “1”"),
        (
            {"header": {"name": "Set-Cookie", "contains": "Secure"}},
            seen(headers=(("set-cookie", "sid=8c1f"),)),
            "header Set-Cookie is something else, expected that it contains “Secure”",
        ),
        ({"header": {"name": "X-A", "is": "1"}}, seen(), "there is no header X-A, expected that it is “1”"),
        ({"header": {"name": "X-A", "lacks": "1"}}, seen(headers=(("x-a", "2"), ("x-a", "31"))), "header X-A contains “1”"),
        ({"header": {"name": "X-A", "lacks": "1"}}, seen(headers=(("x-a", "2"), ("x-a", "3"))), ""),
        ({"header": {"name": "X-A", "lacks": "1"}}, seen(), "there is no header X-A, expected that it lacks “1”"),
        ({"header": {"name": "X-A", "lacks": "1", "may_be_missing": True}}, seen(), ""),
        ({"header": {"name": "X-A", "is": "1", "may_be_missing": True}}, seen(), ""),
        ({"json": {"path": "a.b[1].c", "value": "ok"}}, seen(b'{"a":{"b":[1,{"c":"ok"}]}}'), ""),
        ({"json": {"path": "a", "op": "<", "value": 5}}, seen(b'{"a":7}'), "a is 7, expected < 5"),
        ({"json": {"path": "a", "op": ">=", "value": 5}}, seen(b'{"a":"7"}'), 'a is "7", expected >= 5'),
        ({"json": {"path": "a", "value": 1}}, seen(b'{"a":true}'), "a is true, expected == 1"),
        ({"json": {"path": "a", "op": "contains", "value": "x"}}, seen(b'{"a":["x"]}'), ""),
        ({"json": {"path": "a.b", "value": 1}}, seen(b'{"a":[]}'), "the JSON body has no a.b; it has 0 items there"),
        ({"json": {"path": "a.b", "value": 1}}, seen(b'{"a":{"c":1,"d":2}}'), "the JSON body has no a.b; it has c, d there"),
        ({"json": {"path": "a", "value": 1}}, seen(b"<html>"), "the body is not JSON; got “<html>”"),
        ({"json": {"path": "a", "value": 1}}, seen(b"[" * 100_000), f"the body is not JSON; got “{'[' * 60}…”"),
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


@pytest.mark.parametrize(
    ("healthy", "facts", "reason"),
    [
        ({"below_ms": 800}, {"total_ms": 800.3}, "took 800.3 ms, expected below 800 ms"),
        ({"below_ms": 0.5}, {"total_ms": 0.8}, "took 1 ms, expected below 0.5 ms"),
        ({"certificate_days": 40}, {"certificate_days": 39.9, "certificate_expires_at": "2027-01-02T00:00:00Z"},
         "certificate expires on 2027-01-02, in 39.9 days, expected at least 40"),
        ({"certificate_days": 5}, {"certificate_days": -22.6, "certificate_expires_at": "2026-11-01T00:00:00Z"},
         "certificate expired on 2026-11-01"),
    ],
)  # fmt: skip
def test_a_figure_never_reads_like_the_limit_that_it_missed(healthy: Any, facts: dict[str, Any], reason: str) -> None:
    assert judged(seen(**facts), {}, healthy).reason == reason


@pytest.mark.parametrize("before", range(40, 61))
def test_no_half_of_a_token_stands_at_the_end_of_a_reason(before: int) -> None:
    """Whoever takes secrets out of a reason knows them whole."""
    body = b"x" * (before - 1) + b" hunter2.Secret-4711"
    for block in ({"body": {"contains": "y"}}, {"json": {"path": "a", "value": 1}}):
        assert "hunt" not in judged(seen(body), block).reason.replace("hunter2.Secret-4711", "•••")
    found = judged(seen(b'{"a": "' + b"x" * 20 + body + b'"}'), {"json": {"path": "a", "value": 1}})
    assert "hunt" not in found.reason.replace("hunter2.Secret-4711", "•••")


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
        {"header": {"name": "a", "may_be_missing": True}},
        {"header": {"name": "a", "contains": "1", "lacks": "2"}},
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


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "idna", "no-such", "rot13"])
def test_what_is_told_of_a_body_holds_a_secret_as_it_was_sent(charset: str) -> None:
    assert "hunter2-hunter2" in decoded(b"you sent hunter2-hunter2", charset)


def test_what_is_told_of_a_body_is_read_by_its_charset() -> None:
    assert decoded("Prämie".encode("latin-1"), "iso-8859-1") == "Prämie"
    assert decoded("保険".encode("shift-jis"), "shift-jis") == "保険"


@given(st.binary(max_size=300), st.text(max_size=10))
def test_no_body_makes_judging_fail(body: bytes, charset: str) -> None:
    found = seen(body, charset=charset)
    judged(found, {"body": {"contains": "é"}, "json": {"path": "a", "op": "<", "value": 1}})
