"""Mail that comes back: what real servers write is understood, and nothing else counts (T6, F32)."""

import base64
from collections.abc import Callable, Mapping
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.exchange.returned import LONGEST, Named, read
from sentinel.model.returned import Fate, Returned, Unused

from . import bounces

OURS = "bounces+3mv-0a1bproof@northwind.example"
THEIRS = "bounces+3mv-forged@northwind.example"


def signed(address: str) -> Named | None:
    return (4711, "0a1b") if address.lower() == OURS else None


def of(raw: bytes, *recipients: str) -> Returned | Unused:
    return read(raw, recipients, signed)


def report(raw: bytes, *recipients: str) -> Returned:
    found = of(raw, *recipients)
    assert isinstance(found, Returned), found
    return found


SAID: Mapping[Callable[[str], bytes], tuple[Fate, str, bool, str]] = {
    bounces.postfix: (Fate.BOUNCED, "5.1.1", True, "550 5.1.1 <ada@customers.example>: User unknown"),
    bounces.exim: (Fate.BOUNCED, "5.0.0", False, "552-5.2.2 The mailbox is full and over its quota, try again later"),
    bounces.exchange: (
        Fate.BOUNCED,
        "5.1.10",
        True,
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    bounces.gmail: (Fate.DELAYED, "4.4.1", False, "The recipient server did not accept our requests to connect."),
    bounces.qmail: (Fate.BOUNCED, "", True, "Remote host said: 550 No such user here"),
    bounces.warned: (Fate.DELAYED, "", False, "Warning: could not send message for past 4 hours"),
    bounces.complaint: (Fate.COMPLAINED, "", False, "abuse"),
}


@pytest.mark.parametrize("sample", bounces.ALL, ids=lambda each: each.__name__)
def test_what_servers_write_is_understood(sample: Callable[[str], bytes]) -> None:
    found = report(sample(OURS))
    assert (found.fate, found.status, found.hard, found.why) == SAID[sample]
    assert (found.provider, found.delivery, found.key, found.channel) == ("mail", 4711, "0a1b", "")
    assert found.event.startswith("4711/")


@pytest.mark.parametrize("sample", bounces.ALL, ids=lambda each: each.__name__)
def test_without_a_token_of_ours_nothing_counts(sample: Callable[[str], bytes]) -> None:
    """T6, F32: forged."""
    assert of(sample(THEIRS)) is Unused.FORGED
    assert of(sample("bounces@northwind.example")) is Unused.FORGED


def test_the_recipient_of_the_envelope_says_whose_it_is_whatever_the_headers_say() -> None:
    assert report(bounces.postfix("postmaster@northwind.example"), OURS).delivery == 4711


def test_answers_and_absences_are_no_bounces_though_they_come_to_the_return_path() -> None:
    assert of(bounces.absence(OURS)) is Unused.OTHER
    assert of(bounces.answer(OURS)) is Unused.OTHER
    unmarked = bounces.absence(OURS).replace(b"Auto-Submitted: auto-replied (vacation)", b"X-Auto-Response-Suppress: All")
    assert of(unmarked) is Unused.OTHER


def test_a_bounce_in_words_counts_though_its_server_calls_it_an_answer() -> None:
    """Exim did, before it wrote reports."""
    mail = bounces.absence(OURS).replace(
        b"Subject: Out of office", b"X-Failed-Recipients: ada@customers.example\r\nSubject: Re"
    )
    assert report(mail).fate is Fate.BOUNCED


def test_three_numbers_with_points_elsewhere_in_a_mail_are_no_status() -> None:
    mail = (
        bounces.qmail(OURS)
        .replace(b"550 No such user here", b"451 try again")
        .replace(b"\r\n\r\n", b"\r\n\r\nThis is qmail 5.1.1, which is the version of this program.\r\n", 1)
    )
    assert (report(mail).status, report(mail).hard) == ("", False)


def test_the_words_of_the_server_say_it_where_the_status_says_nothing() -> None:
    assert report(bounces.postfix(OURS, "5.0.0")).hard
    assert not report(bounces.postfix(OURS, "5.7.1")).hard


@pytest.mark.parametrize(
    ("action", "fate"),
    [
        ("failed", Fate.BOUNCED),
        ("Delayed", Fate.DELAYED),
        ("delivered", Fate.DELIVERED),
        ("relayed", Fate.DELIVERED),
        ("expanded", Fate.DELIVERED),
    ],
)
def test_each_action_of_rfc_3464_has_its_fate(action: str, fate: Fate) -> None:
    assert report(bounces.postfix(OURS, "2.0.0", action)).fate is fate


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7", "5.1.8", "5.0.0", ""])
def test_only_a_mailbox_that_does_not_exist_is_hard(status: str) -> None:
    assert not report(bounces.postfix(OURS, status, why="552 no")).hard


def test_of_several_recipients_of_one_mail_the_worst_counts() -> None:
    good = b"Final-Recipient: rfc822; b@x.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient: rfc822; ada@"
    mail = bounces.postfix(OURS).replace(b"Final-Recipient: rfc822; ada@", good, 1)
    assert report(mail).fate is Fate.BOUNCED


def test_a_report_in_base64_is_read() -> None:
    mail = bounces.postfix(OURS)
    start, end = mail.index(b"Reporting-MTA"), mail.index(b"\r\n\r\n--4F2A00", mail.index(b"Diagnostic-Code"))
    coded = base64.encodebytes(mail[start:end])
    mail = mail[:start] + coded + mail[end:]
    mail = mail.replace(b"message/delivery-status\r\n", b"message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n", 1)
    assert report(mail).status == "5.1.1"


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", ""])
def test_a_feedback_that_is_no_complaint_counts_for_nothing(kind: str) -> None:
    assert of(bounces.complaint(OURS, kind)) is Unused.OTHER


def test_the_same_mail_is_the_same_report_and_an_id_used_twice_hides_nobody_elses() -> None:
    assert report(bounces.postfix(OURS)).event == report(bounces.postfix(OURS)).event
    bare = bounces.qmail(OURS)
    assert report(bare).event == report(bare).event
    assert report(bare).event != report(bare + b"x").event


BIG = 1 << 19
ZOO: Mapping[str, bytes] = {
    "nothing": b"",
    "no end of headers": b"A: b\r\n" * 40_000,
    "one huge header": b"To: " + b"x" * BIG + b"\r\n\r\n",
    "a header of many addresses": b"To: " + b"a+b@c, " * 60_000 + b"\r\n\r\n",
    "a hundred thousand parts": bounces.postfix(OURS).replace(
        b"This is a MIME-encapsulated message.", b"\r\n--4F2A00.1780913100/mx.northwind.example\r\n" * 20_000
    ),
    "nested without end": b"To: "
    + OURS.encode()
    + b"\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 18_000,
    "a content type of semicolons": b"Content-Type: multipart/report" + b";" * 60_000 + b"\r\n\r\n",
    "a content type of quotes": b"Content-Type: multipart/report; boundary=" + b'"' * 60_000 + b"\r\n\r\n",
    "a boundary of signs": b"To: "
    + OURS.encode()
    + b'\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="(.*)+["\r\n\r\n--(.*)+[\r\n',
    "broken base64": bounces.postfix(OURS).replace(
        b"message/delivery-status\r\n", b"message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n"
    ),
    "zeros": bounces.postfix(OURS).replace(b"e", b"\0"),
    "all zeros": b"\0" * BIG,
    "line ends": b"\r\n" * BIG,
    "a status of many groups": bounces.postfix(OURS).replace(b"Final-Recipient", b"A: b\r\n\r\n" * 50_000 + b"Final-Recipient"),
    "a status of one long line": bounces.postfix(OURS, why="5." * 200_000),
    "digits": bounces.qmail(OURS) + b"5.1." * 200_000,
    "eight bits": bounces.postfix(OURS).replace(b"User unknown", bytes(range(128, 256)) * 100),
}


@pytest.mark.parametrize("name", ZOO)
def test_a_hostile_mail_costs_little_and_breaks_nothing(name: str) -> None:
    """Processor time, so that a busy machine does not break it."""
    began = process_time()
    found = of(ZOO[name])
    assert process_time() - began < 2
    assert isinstance(found, Returned | Unused)
    if isinstance(found, Returned):
        assert len(found.why) <= 300
        assert len(found.event) <= 255
        assert len(found.status) <= 11


def test_what_follows_after_the_first_mebibyte_is_not_looked_at() -> None:
    assert report(bounces.postfix(OURS) + b"x" * (2 * LONGEST)).status == "5.1.1"


@settings(max_examples=60)
@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 3000))
def test_whatever_comes_is_read_without_an_error(junk: bytes, start: int, end: int) -> None:
    mail = bounces.postfix(OURS)
    of(mail[:start] + junk + mail[end:])
    of(junk, OURS)
