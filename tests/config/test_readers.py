"""Channels that cannot write to those whom a file sends through them."""

import pytest

from sentinel.run.kinds import FoundKinds

from .northwind import altered, mistakes


def test_customers_are_not_told_by_a_channel_for_staff() -> None:
    assert mistakes(altered("checks/payments.yaml", "by: [email]", "by: [cs-slack]")) == [
        "checks/payments.yaml:7:38: the channel `cs-slack` (`slack`) cannot write to customers, use one of: email"
    ]


def test_staff_are_not_told_by_mail_that_has_no_address() -> None:
    assert mistakes(altered("checks/payments.yaml", "staff: [cs-slack]", "staff: [email]")) == [
        "checks/payments.yaml:6:11: the channel `email` (`email`) cannot write to staff: it has no `to`, use one of: cs-slack"
    ]


def test_a_brief_does_not_fall_over_to_a_channel_for_customers() -> None:
    texts = altered("sentinel.yaml", "  cs-slack: {slack:", "  cs-slack: {falls_over_to: [email], slack:")
    assert mistakes(texts) == [
        "sentinel.yaml:12:30: the channel `email` (`email`) cannot write to staff: it has no `to`,"
        " write one that can under `channels:`"
    ]
    other = '  ops-slack: {slack: {token: "${env:SLACK_TOKEN}", channel: C0OPS}}\n  email: {email:'
    (said,) = mistakes({**texts, "sentinel.yaml": texts["sentinel.yaml"].replace("  email: {email:", other)})
    assert said.endswith("use one of: ops-slack"), "a channel does not fall over to itself"


def test_where_a_channel_for_customers_alone_would_fall_over_to_does_no_harm() -> None:
    texts = altered("sentinel.yaml", "  email: {email:", "  email: {falls_over_to: [texts], email:")
    texts["sentinel.yaml"] = texts["sentinel.yaml"].replace(
        "audiences:\n", '  texts: {email: {server: "smtp://127.0.0.1:2526", from: service@northwind.example}}\naudiences:\n'
    )
    assert mistakes(texts) == []


@pytest.mark.parametrize("kind", FoundKinds().names("channel"))
def test_every_kind_says_whom_it_reaches(kind: str) -> None:
    module = FoundKinds().module("channel", kind)
    assert hasattr(module, "reaches") or module.REACHES.issubset({"customers", "staff"})
