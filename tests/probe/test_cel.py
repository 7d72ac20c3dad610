"""CEL conditions: read and checked at load, judged over facts, and bounded."""

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Fact, Verdict
from sentinel.probe import cel
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen, judge, rules
from sentinel.probe.kind.http import FACTS
from tests.probe.looked import task

NONE = Conditions()


def judged(when: object, facts: dict[str, Fact], body: bytes = b"") -> tuple[Verdict, str]:
    came = judge(Seen(facts=facts, body=body), rules(Conditions.model_validate({"when": when}), NONE, NONE))
    return came.verdict, came.reason


@pytest.mark.parametrize(
    ("when", "facts", "body"),
    [
        ("status == 200 && total_ms < 800", {"status": 200, "total_ms": 12.5}, b""),
        ("status in [200, 204]", {"status": 204}, b""),
        ("status == 200 || certificate_days > 3", {"status": 200}, b""),
        ("facts.bytes > 3 && ip.startsWith('192.0.2.')", {"bytes": 4, "ip": "192.0.2.7"}, b""),
        ("has(facts.certificate_days) || http_version == '1.1'", {"http_version": "1.1"}, b""),
        ("body.contains('Card') && size(body) < 100", {}, b"Card number"),
        ("json.queue.workers.exists(one, one.state == 'ready')", {}, b'{"queue": {"workers": [{"state": "ready"}]}}'),
        ("\"status\" != 'ip'", {}, b""),
        (["status == 200", "total_ms < 800"], {"status": 200, "total_ms": 1}, b""),
    ],
)
def test_what_is_true_holds(when: object, facts: dict[str, Fact], body: bytes) -> None:
    assert judged(when, facts, body) == (Verdict.UP, "")


@pytest.mark.parametrize(
    ("when", "facts", "body", "reason"),
    [
        ("status == 200 && total_ms < 800", {"status": 503, "total_ms": 12.5}, b"",
         "“status == 200 && total_ms < 800” does not hold: status is 503, total_ms is 12.5"),
        ("certificate_days > 3", {"status": 200}, b"",
         "“certificate_days > 3” cannot be judged: there is no certificate_days"),
        ("status.contains('2')", {"status": 200}, b"",
         "“status.contains('2')” cannot be judged: No matching overloads found : (int64).contains(string)"),
        ("1 / (status - 200) > 0", {"status": 200}, b"", "“1 / (status - 200) > 0” cannot be judged: divide by zero"),
        ("json.a == 1", {}, b"<html>", "“json.a == 1” cannot be judged: the body is not JSON, or of more than 256 KiB"),
        ("json.a == 1", {}, b'{"b": 1}', "“json.a == 1” cannot be judged: Key not found in map : \"a\""),
        ("json.a == 1", {}, b'{"a": 1}' + b" " * 256 * 1024,
         "“json.a == 1” cannot be judged: the body is not JSON, or of more than 256 KiB"),
        ("status", {"status": 200}, b"", "“status” cannot be judged: 200"),
        ("json.a[0].b > 20 || size(json.c) > 3", {}, b'{"a": [{"b": 12}], "c": "no"}',
         "“json.a[0].b > 20 || size(json.c) > 3” does not hold: json.a[0].b is 12, json.c is \"no\""),
    ],
)  # fmt: skip
def test_what_is_not_true_is_said_with_the_facts_that_it_looked_at(
    when: str, facts: dict[str, Fact], body: bytes, reason: str
) -> None:
    assert judged(when, facts, body) == (Verdict.DOWN, reason)


def test_an_expression_that_goes_on_for_long_is_ended() -> None:
    many = b'{"a": [' + b",".join([b"1"] * 3000) + b"]}"
    verdict, reason = judged("json.a.all(x, json.a.all(y, x == y))", {}, many)
    assert verdict is Verdict.DOWN
    assert "Iteration budget exceeded" in reason
    assert len(reason) < 300


@pytest.mark.parametrize(
    ("when", "why"),
    [("status ==", "this is no CEL expression: Syntax error"), ("x" * 1001, "at most 1000"), ("", "at least 1")],
)
def test_what_cannot_be_read_is_refused_at_load(when: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Conditions.model_validate({"when": when})


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("statu == 200", "undeclared reference to 'statu'"),
        ("facts.statu == 200", "there is no fact statu"),
        ("ip == 4", "found no matching overload for '_==_' applied to '(string, int)'"),
        ("ip + 'x'", "it comes to string, not to true or false"),
        ("total_ms", "it comes to double, not to true or false"),
        ("status == 200 && truncated", ""),
        ("json.ok", ""),
        ("json.a == 1 || body == ''", ""),
    ],
)
def test_names_and_types_are_checked_against_the_facts_of_the_kind(when: str, why: str) -> None:
    assert cel.unknown_in(when, FACTS) == why


def test_a_kind_without_a_body_has_none_to_ask_for() -> None:
    assert cel.unknown_in("json.a == 1", {"rcode": "text"}) == "undeclared reference to 'json.a'"
    assert cel.unknown_in("body == ''", {"rcode": "text"}) == "undeclared reference to 'body'"


def test_without_the_extra_a_check_fails_at_load_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentinel.probe.cel.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'sentinel\[cel\]'"):
        Conditions.model_validate({"when": "status == 200"})
    assert task("http", "https://pay.northwind.example/", up={"when": "status == 200"}).fault.startswith(
        "this prober cannot read the check"
    )


def test_the_body_is_kept_only_where_an_expression_reads_it() -> None:
    assert rules(Conditions.model_validate({"when": "body == ''"}), NONE, NONE).reads_body
    assert not rules(Conditions.model_validate({"when": "status == 200 && ip != 'body'"}), NONE, NONE).reads_body


def test_the_words_of_an_expression_are_the_expression() -> None:
    assert rules(Conditions.model_validate({"when": "status == 200"}), NONE, NONE).words["up"] == ("status == 200",)
