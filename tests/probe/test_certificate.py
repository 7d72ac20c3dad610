"""Certificates: reading OpenSSL's dates and saying what is wrong."""

from datetime import UTC, datetime

import pytest

from sentinel.probe.certificate import days_left, fault, field, instant, names

CHAIN = (
    (
        ("Subject", "CN = a"),
        ("X509v3 Subject Alternative Name", "DNS:a.example, DNS:b.example, IP Address:127.0.0.1"),
        ("Start date", "Jan  1 00:00:00 2027 GMT"),
        ("Expire date", "Nov  1 04:21:05 2026 GMT"),
    ),
)


def test_a_date_of_openssl_is_read_as_utc() -> None:
    assert instant("Nov  1 04:21:05 2026 GMT") == datetime(2026, 11, 1, 4, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "Nov 1 2026", "Foo  1 04:21:05 2026 GMT", "Nov 31 04:21:05 2026 GMT", "Nov  1 04:21:05 2026 CET"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert instant(text) is None


def test_days_are_rounded_down_so_that_no_day_is_promised_too_many() -> None:
    assert days_left(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)) == 0.9


@pytest.mark.parametrize(
    ("result", "message", "words"),
    [
        (10, "", "certificate expired on 2026-11-01"),
        (9, "", "certificate is not valid before 2027-01-01"),
        (18, "", "certificate is signed by itself"),
        (20, "", "certificate is not signed by an authority that is trusted here"),
        (
            1,
            "no alternative certificate subject name matches",
            "certificate is for a.example, b.example and 1 more, not for c.example",
        ),
        (99, "something new", "certificate is not valid: something new"),
    ],
)
def test_fault(result: int, message: str, words: str) -> None:
    assert fault(CHAIN, result, message, "c.example") == words


def test_an_empty_chain_is_no_error() -> None:
    assert field((), "Subject") == names(()) == ""
    assert fault((), 10, "", "a") == "certificate has expired"
