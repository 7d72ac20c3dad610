"""Other tools' formats: what is read of them, what it is about, and that nothing in them breaks us."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.exchange import credential
from sentinel.exchange.credential import Unproven
from sentinel.exchange.hook.mapping import about, evidence, read
from sentinel.exchange.hook.reading import TooMany, Unreadable
from sentinel.model.hook import ALERTS_MOST, Alert, Fields, Format, Gravity, Hook, Rule, State
from tests.exchange.signing import standard
from tests.exchange.tools import alert, alertmanager, cloudevent, pagerduty

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SERVICES, STATEMENTS = {"payments", "documents"}, {"payments.cannot_pay", "documents.none"}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


def hook(kind: Format = Format.ALERTMANAGER, **more: Any) -> Hook:
    return Hook(name="tool", format=kind, **more)


def one(kind: Format, body: bytes, headers: dict[str, str] | None = None, **more: Any) -> Alert:
    found = read(hook(kind, **more), body, headers or {})
    assert found.spoilt == ()
    (only,) = found.alerts
    return only


def test_alertmanager_says_when_it_began_and_when_it_ended() -> None:
    over = one(Format.ALERTMANAGER, alertmanager(alert("f00d", NOW, NOW + timedelta(minutes=3))))
    assert (over.key, over.state, over.began_at, over.ended_at) == ("f00d", State.RESOLVED, NOW, NOW + timedelta(minutes=3))
    firing = one(Format.ALERTMANAGER, alertmanager(alert("f00d", NOW)))
    assert (firing.state, firing.ended_at, firing.text) == (State.FIRING, None, "PaymentErrors: 5xx above 5 % for 2 minutes")


def test_an_alert_without_a_fingerprint_is_told_by_its_labels() -> None:
    bare = {name: value for name, value in alert("", NOW).items() if name != "fingerprint"}
    first, again = (one(Format.ALERTMANAGER, alertmanager(bare)) for _ in range(2))
    assert first.key == again.key != one(Format.ALERTMANAGER, alertmanager({**bare, "labels": {"a": "b"}})).key


def test_of_more_alerts_than_are_taken_the_first_are_and_the_others_are_counted() -> None:
    """Alertmanager sends nothing a second time that is refused: of the largest storm staff would hear nothing."""
    many = [alert(f"k{number}", NOW) for number in range(ALERTS_MOST + 7)]
    found = read(hook(), alertmanager(*many, truncated=2), {})
    assert [one.key for one in found.alerts] == [f"k{number}" for number in range(ALERTS_MOST)]
    assert found.truncated == 9


def test_of_more_alerts_than_are_taken_those_that_fire_come_before_what_is_over_or_cannot_be_read() -> None:
    over = [alert(f"k{number}", NOW, NOW) for number in range(ALERTS_MOST)]
    bad = [{"status": "firing?", "labels": {}}]
    found = read(hook(), alertmanager(*over[:-1], *bad, alert("fires", NOW), over[-1]), {})
    assert [one.key for one in found.alerts if one.state is State.FIRING] == ["fires"]
    assert (len(found.alerts) + len(found.spoilt), found.truncated) == (ALERTS_MOST, 2)
    assert [one.key for one in found.alerts[:-1]] == [f"k{number}" for number in range(ALERTS_MOST - 1)], "as they were sent"


def test_a_program_that_sends_too_many_events_is_asked_to_send_fewer() -> None:
    event = {"id": "1", "source": "/a", "type": "down", "specversion": "1.0", "data": {}}
    with pytest.raises(TooMany, match="send fewer at a time"):
        read(hook(Format.CLOUDEVENTS), json.dumps([event] * (ALERTS_MOST + 1)).encode(), BATCH)


def test_pagerduty_without_a_key_makes_the_same_one_of_the_same_event() -> None:
    first, again = (one(Format.PAGERDUTY, pagerduty("trigger", None)) for _ in range(2))
    other = one(Format.PAGERDUTY, pagerduty("trigger", None, summary="something else"))
    assert first.key == again.key != other.key
    assert first.labels["details.service"] == "payments"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "no JSON"),
        (b"[]", "no event"),
        (b'{"event_action": "page"}', "event_action"),
        (b'{"event_action": "trigger", "payload": {}}', "payload.summary"),
        (b'{"event_action": "resolve"}', "dedup_key"),
        (json.dumps({"event_action": "resolve", "dedup_key": "k" * 256}).encode(), "255"),
    ],
    ids=["no json", "a list", "another action", "no summary", "no key", "a long key"],
)
def test_a_wrong_event_of_pagerduty_is_refused_with_what_is_wrong(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(hook(Format.PAGERDUTY), body, {})


def test_cloudevents_are_read_structured_batched_and_binary() -> None:
    event = cloudevent("com.example.alert.firing.v1", NOW)
    structured = one(Format.CLOUDEVENTS, json.dumps(event).encode(), STRUCTURED)
    batched = one(
        Format.CLOUDEVENTS, json.dumps([event]).encode(), {"content-type": "application/cloudevents-batch+json; charset=utf-8"}
    )
    attributes = {f"ce-{name}": str(value) for name, value in event.items() if name not in ("data", "datacontenttype")}
    binary = one(Format.CLOUDEVENTS, json.dumps(event["data"]).encode(), {**attributes, "content-type": "application/json"})
    packed = {name: value for name, value in event.items() if name != "data"}
    packed["data_base64"] = b64encode(json.dumps(event["data"]).encode()).decode()
    inside = one(Format.CLOUDEVENTS, json.dumps(packed).encode(), STRUCTURED)
    for each in (structured, batched, binary, inside):
        assert (each.key, each.state, each.began_at) == ("checkout", State.FIRING, NOW)
        assert (each.text, each.labels["severity"]) == ("checkout is slow", "warning")
    over = cloudevent("com.example.alert.resolved.v1", NOW)
    assert one(Format.CLOUDEVENTS, json.dumps(over).encode(), STRUCTURED).ended_at == NOW


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"{}"),
        (STRUCTURED, b"[]"),
        ({"content-type": "application/cloudevents-batch+json"}, b"{}"),
        ({"content-type": "application/cloudevents+avro"}, b"{}"),
    ],
    ids=["plain", "a list", "no list", "not json"],
)
def test_what_is_no_cloudevent_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(hook(Format.CLOUDEVENTS), body, headers)


def test_generic_json_is_read_by_its_paths_and_one_bad_event_takes_no_other_with_it() -> None:
    fields = Fields(each="items", key="monitor.id", state="monitor.status", text="monitor.tags.0", firing=("seems_*",))
    said = {"items": [{"monitor": {"id": 7, "status": "seems_down", "tags": ["the form"]}}, {"monitor": {}}, 5]}
    found = read(hook(Format.GENERIC, fields=fields), json.dumps(said).encode(), {})
    assert [(each.key, each.state, each.text) for each in found.alerts] == [("7", State.FIRING, "the form")]
    assert len(found.spoilt) == 2


def test_the_first_rule_that_fits_says_what_an_alert_is_about() -> None:
    rules = (
        Rule(when={"alertname": "Pay*", "env": "test"}, gravity=Gravity.IGNORE),
        Rule(when={"alertname": "Pay*"}, service="payments", statement="cannot_pay"),
    )
    there = hook(rules=rules, service="documents")
    firing = Alert(key="k", state=State.FIRING, labels={"alertname": "PayErrors", "severity": "warning"})
    found = about(there, firing, SERVICES, STATEMENTS)
    assert (found.service, found.statement, found.gravity) == ("payments", "payments.cannot_pay", Gravity.DEGRADED)
    in_test = Alert(key="k", state=State.FIRING, labels={"alertname": "PayErrors", "env": "test"})
    assert about(there, in_test, SERVICES, STATEMENTS).gravity is Gravity.IGNORE
    other = Alert(key="k", state=State.FIRING, labels={"service": "payments"})
    assert about(there, other, SERVICES, STATEMENTS).service == "payments"
    plain = about(there, Alert(key="k", state=State.FIRING), SERVICES, STATEMENTS)
    assert (plain.service, plain.statement, plain.gravity) == ("documents", None, Gravity.DOWN)


def test_the_hooks_statement_is_not_that_of_an_alert_about_another_service() -> None:
    there = hook(service="payments", statement="cannot_pay")
    assert about(there, Alert(key="k", state=State.FIRING), SERVICES, STATEMENTS).statement == "payments.cannot_pay"
    other = Alert(key="k", state=State.FIRING, labels={"service": "documents"})
    assert about(there, other, SERVICES, STATEMENTS).statement is None


def test_what_staff_read_is_one_bounded_printable_line() -> None:
    wild = one(Format.ALERTMANAGER, alertmanager(alert("k", NOW, summary="a\r\nb\x00\x1b[31m\u202e" + "x" * 9999)))
    said = evidence(hook(), wild)
    assert said.isprintable()
    assert len(said) <= 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("alerts", "event_action", "dedup_key", "payload", "specversion", "type", "subject", "data", "key", "state")
SHAPED = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))


@given(st.sampled_from(list(Format)), SHAPED | JSON | st.fixed_dictionaries({"alerts": st.lists(SHAPED, max_size=3)}))
def test_no_json_of_any_shape_breaks_a_reader(kind: Format, said: Any) -> None:
    try:
        found = read(hook(kind, service="payments"), json.dumps(said).encode(), STRUCTURED)
    except (Unreadable, TooMany):
        return
    for each in found.alerts:
        assert each.key
        assert evidence(hook(kind), each).isprintable()
        about(hook(kind), each, SERVICES, STATEMENTS)


@given(st.binary(max_size=200))
def test_no_bytes_break_a_reader(body: bytes) -> None:
    for kind in Format:
        try:
            read(hook(kind), body, {"ce-specversion": "1.0"})
        except Unreadable:
            continue


def test_a_body_nested_deep_or_with_a_number_of_a_million_digits_is_refused() -> None:
    for body in (
        b"[" * 100_000,
        b'{"alerts":' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"a": ' + b"9" * 100_000 + b"}",
        b'{"a": NaN}',
    ):
        with pytest.raises(Unreadable):
            read(hook(), body, {})


@pytest.mark.parametrize(
    ("header", "user", "bears"),
    [
        ("Bearer s3cret", "", True),
        ("bearer  s3cret ", "", True),
        ("Bearer s3cret", "am", False),
        ("Bearer wrong", "", False),
        ("s3cret", "", False),
        ("", "", False),
        ("Basic " + b64encode(b"am:s3cret").decode(), "am", True),
        ("Basic " + b64encode(b"am:s3cret").decode(), "", False),
        ("Basic " + b64encode(b":s3cret").decode(), "", False),
        ("Basic " + b64encode(b"other:s3cret").decode(), "am", False),
        ("Basic " + b64encode(b"am:wrong").decode(), "am", False),
        ("Basic %%%", "am", False),
        ("Basic " + b64encode(b"\xff\xfe").decode(), "am", False),
    ],
    ids=str,
)
def test_a_credential_is_the_token_or_the_password_of_the_user(header: str, user: str, bears: bool) -> None:
    assert credential.bears(header, user, "s3cret") is bears


def test_a_signature_is_good_for_the_body_that_was_signed_and_for_five_minutes() -> None:
    keys = [b"a key of twenty-four byt"]
    headers = standard(b"body", keys, NOW)
    assert credential.standard(headers, b"body", keys, NOW) == "evt_1"
    for body, at, signed in ((b"Body", NOW, headers), (b"body", NOW + timedelta(minutes=6), headers), (b"body", NOW, {})):
        with pytest.raises(Unproven):
            credential.standard(signed, body, keys, at)
