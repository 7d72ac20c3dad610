"""Providers' reports over HTTP: what is proven, what is refused, and what is read out of them (T6, F32)."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.exchange.callback import EVENTS_MOST, Posted, Unproven, Unreadable, reports
from sentinel.model.callback import Callbacks, Signed
from sentinel.model.message import handed_back, handed_over
from sentinel.model.returned import Fate, Returned
from tests.exchange.signing import as_json, event, standard, twilio

NOW: Final = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY, OTHER, FORMER = b"k" * 24, b"o" * 24, b"f" * 24
STANDARD: Final = Callbacks(signed=Signed.STANDARD, keys=(KEY, FORMER))
TWILIO: Final = Callbacks(signed=Signed.TWILIO, keys=(b"the-token",), is_told=True)
URL: Final = "https://status.example.com/returns/sms"
OURS: Final = handed_over(1234, "incident:17/1/opened/ada")


def read(body: bytes, headers: Mapping[str, str], *, now: datetime = NOW) -> tuple[Returned, ...]:
    return reports(Posted(url="https://status.example.com/returns/crm", headers=headers, body=body), STANDARD, "crm", now)


def say(*events: Any) -> tuple[Returned, ...]:
    body = as_json(events[0] if len(events) == 1 else list(events))
    return read(body, standard(body, [KEY], NOW))


def text(form: Mapping[str, str], url: str = URL, *, signed_for: str = "") -> tuple[Returned, ...]:
    headers, body = twilio(signed_for or url, form, b"the-token")
    return reports(Posted(url=url, headers=headers, body=body), TWILIO, "sms", NOW)


def test_a_bounce_is_read_with_its_reason() -> None:
    (one,) = say(event("bounced", delivery=OURS, id="re_9", reason="550 no such user", status="5.1.1"))
    assert one == Returned(
        provider="crm",
        event="evt_1",
        fate=Fate.BOUNCED,
        delivery=1234,
        key=OURS.partition("-")[2],
        ref="re_9",
        channel="crm",
        status="5.1.1",
        why="550 no such user",
        hard=True,
    )


@pytest.mark.parametrize(
    ("kind", "fate"),
    [
        ("accepted", Fate.TAKEN),
        ("sent", Fate.TAKEN),
        ("delivered", Fate.DELIVERED),
        ("delayed", Fate.DELAYED),
        ("bounced", Fate.BOUNCED),
        ("complained", Fate.COMPLAINED),
    ],
)
def test_each_type_has_its_fate(kind: str, fate: Fate) -> None:
    assert [one.fate for one in say(event(kind, id="re_9"))] == [fate]


def test_types_that_tell_us_nothing_are_passed_over() -> None:
    assert say(event("opened", id="re_9")) == ()


def test_only_the_provider_can_say_that_an_address_is_none() -> None:
    """A full mailbox (5.2.2) is no reason to write to nobody there any more; nor is "true" as a word."""
    assert [one.hard for one in say(event("bounced", id="a", status="5.2.2"))] == [False]
    assert [one.hard for one in say(event("bounced", id="a", hard="true"))] == [False]
    assert [one.hard for one in say(event("bounced", id="a", hard=True))] == [True]


def test_many_come_in_one_request_and_each_is_once() -> None:
    found = say(event("delivered", id="a"), event("bounced", id="b"), event("delivered", id="a"))
    assert [one.event for one in found] == ["evt_1#0", "evt_1#1", "evt_1#2"]


def test_either_of_two_secrets_will_do_and_any_of_several_signatures() -> None:
    """Ours and theirs are changed while both are good."""
    body = as_json(event("delivered", id="a"))
    assert read(body, standard(body, [FORMER], NOW))
    assert read(body, standard(body, [OTHER, KEY], NOW))


def test_what_is_not_signed_by_a_secret_of_the_channel_counts_for_nothing() -> None:
    """F32, T6: forged."""
    body = as_json(event("bounced", id="a"))
    good = standard(body, [KEY], NOW)
    forged: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        (body, standard(body, [OTHER], NOW)),
        (body + b" ", good),
        (body, {**good, "webhook-id": "evt_2"}),
        (body, {**good, "webhook-timestamp": str(int(NOW.timestamp()) + 1)}),
        (body, {**good, "webhook-signature": ""}),
        (body, {**good, "webhook-signature": good["webhook-signature"][:-1]}),
        (body, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}),
        (body, {**good, "webhook-signature": good["webhook-signature"].removeprefix("v1,")}),
        (body, {name: value for name, value in good.items() if name != "webhook-id"}),
    ]
    for told, headers in forged:
        with pytest.raises(Unproven):
            read(told, headers)


@pytest.mark.parametrize("off", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), timedelta(days=400)])
def test_a_signature_is_good_for_five_minutes(off: timedelta) -> None:
    body = as_json(event("bounced", id="a"))
    assert read(body, standard(body, [KEY], NOW), now=NOW + timedelta(minutes=5))
    with pytest.raises(Unproven):
        read(body, standard(body, [KEY], NOW), now=NOW + off)


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "9" * 4000, "١٢٣", "1763805600.5", " 1763805600"])
def test_a_time_that_is_none_proves_nothing(stamp: str) -> None:
    body = as_json(event("bounced", id="a"))
    with pytest.raises(Unproven):
        read(body, standard(body, [KEY], NOW, stamp=stamp))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"type": 1, "data": {}}',
        b'{"type": "message.bounced", "data": []}',
        b'{"type": "message.bounced", "data": {}}',
        b'{"type": "message.bounced", "data": {"delivery": "12-34"}}',
        b"[" * 60_000,
        b'{"a":' + b"9" * 60_000 + b"}",
        as_json([event("delivered", id="a")] * (EVENTS_MOST + 1)),
        as_json([None, {"type": "message.bounced", "data": {}}]),
    ],
)
def test_what_is_signed_and_no_report_is_refused_in_words_of_our_own(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(body, standard(body, [KEY], NOW))
    assert len(str(refused.value)) < 120


def test_one_report_that_names_nothing_of_ours_takes_no_other_with_it() -> None:
    body = as_json([{"type": "message.bounced", "data": {"metadata": "theirs"}}, event("delivered", id="a"), None])
    assert [(each.ref, each.event) for each in read(body, standard(body, [KEY], NOW))] == [("a", "evt_1#1")]


def test_nothing_that_refuses_quotes_a_secret_a_signature_or_a_body() -> None:
    secret = b"SECRETSECRETSECRETSECRET"
    body = b'{"BODY": "BODY"}'
    headers = standard(body, [OTHER], NOW)
    for keys in ((secret,), (OTHER,)):
        made = Callbacks(signed=Signed.STANDARD, keys=keys)
        with pytest.raises((Unproven, Unreadable)) as refused:
            reports(Posted(url="", headers=headers, body=body), made, "crm", NOW)
        for private in ("SECRET", "BODY", headers["webhook-signature"][3:], b64encode(secret).decode()):
            assert private not in str(refused.value) + repr(made)


def test_a_providers_words_are_one_line_and_short() -> None:
    (one,) = say(event("bounced", id="a\x00b", reason="no\r\nsuch\x00user\u202e " + "x" * 9000, status=550))
    assert (one.ref, one.status) == ("a b", "550")
    assert one.why.startswith("no  such user  xxx")
    assert len(one.why) <= 200


# Twilio

SENT: Final = {"MessageSid": "SM1", "AccountSid": "AC1", "To": "+34600000001", "From": "+34600000009"}


def test_the_signature_of_twilios_own_documentation_is_proven() -> None:
    """https://www.twilio.com/docs/usage/security: its example, with the signature that it names."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    headers, body = twilio("https://example.com/myapp.php?foo=1&bar=2", form, b"12345")
    assert headers["x-twilio-signature"] == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    posted = Posted(url="https://example.com/myapp.php?foo=1&bar=2", headers=headers, body=body)
    with pytest.raises(Unreadable):  # proven; and no status callback
        reports(posted, Callbacks(signed=Signed.TWILIO, keys=(b"12345",)), "sms", NOW)


@pytest.mark.parametrize(
    ("status", "code", "fate", "hard"),
    [
        ("queued", "", Fate.TAKEN, False),
        ("sent", "", Fate.TAKEN, False),
        ("delivered", "", Fate.DELIVERED, False),
        ("undelivered", "30005", Fate.BOUNCED, True),
        ("undelivered", "30003", Fate.BOUNCED, False),
        ("failed", "21610", Fate.BOUNCED, True),
        ("failed", "30008", Fate.BOUNCED, False),
    ],
)
def test_a_status_of_a_text_has_its_fate(status: str, code: str, fate: Fate, hard: bool) -> None:
    (one,) = text({**SENT, "MessageStatus": status, "ErrorCode": code})
    assert (one.fate, one.hard, one.ref, one.event) == (fate, hard, "SM1", f"SM1:{status}")
    assert one.status == (code if fate is Fate.BOUNCED else "")


def test_the_address_that_it_was_told_names_the_delivery() -> None:
    """So a text is known as ours whose id never reached us: the reply was lost."""
    (one,) = text({**SENT, "MessageStatus": "sent"}, f"{URL}?about={OURS}")
    assert (one.delivery, one.key) == handed_back(OURS)


@pytest.mark.parametrize("signed_for", ["https://status.example.com:443/returns/sms", URL])
@pytest.mark.parametrize("url", ["https://status.example.com:443/returns/sms", URL])
def test_it_may_sign_with_the_port_or_without(url: str, signed_for: str) -> None:
    assert text({**SENT, "MessageStatus": "sent"}, url, signed_for=signed_for)


@pytest.mark.parametrize(
    "signed_for",
    [f"{URL}?about=1-0123456789abcdef", "https://status.example.com/returns/other", "http://status.example.com/returns/sms"],
)
def test_a_signature_for_another_address_is_none(signed_for: str) -> None:
    """F32: what was said of one delivery cannot be turned against another."""
    with pytest.raises(Unproven):
        text({**SENT, "MessageStatus": "failed"}, f"{URL}?about={OURS}", signed_for=signed_for)


def test_a_field_that_was_changed_breaks_the_signature() -> None:
    headers, body = twilio(URL, {**SENT, "MessageStatus": "delivered"}, b"the-token")
    for changed in (body.replace(b"delivered", b"failed"), body + b"&ErrorCode=30005", b"", b"%ff=%ff&&", b"a=1&" * 5000):
        with pytest.raises(Unproven):
            reports(Posted(url=URL, headers=headers, body=changed), TWILIO, "sms", NOW)
    with pytest.raises(Unproven):
        reports(Posted(url=URL, headers={}, body=body), TWILIO, "sms", NOW)


@given(
    body=st.binary(max_size=300),
    headers=st.dictionaries(st.sampled_from(list(standard(b"", [KEY], NOW))), st.text(max_size=80)),
)
def test_whatever_comes_is_refused_and_breaks_nothing(body: bytes, headers: dict[str, str]) -> None:
    for made in (STANDARD, TWILIO):
        with pytest.raises(Unproven):
            reports(Posted(url=URL, headers={**headers, "x-twilio-signature": "x"}, body=body), made, "crm", NOW)


@settings(max_examples=40)
@given(
    said=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_is_signed_is_read_or_refused(said: object) -> None:
    for told in (
        said,
        {"type": "message.bounced", "data": said},
        {"type": "message.bounced", "data": {"id": said, "reason": said}},
    ):
        body = as_json(told)
        try:
            found = read(body, standard(body, [KEY], NOW))
        except Unreadable:
            continue
        assert all(len(one.why) <= 200 and one.why.isprintable() and one.ref.isprintable() for one in found)


@given(number=st.integers(min_value=0, max_value=2**53), key=st.text())
def test_what_is_handed_over_comes_back_as_it_was(number: int, key: str) -> None:
    assert (handed_back(handed_over(number, key)) or (0, ""))[0] == number
    assert handed_back(f"{handed_over(number, key)}x") is None
