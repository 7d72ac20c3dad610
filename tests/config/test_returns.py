"""`returns:`: what may stand there, and what is said of what may not."""

from datetime import timedelta

import pytest

from sentinel.model.returned import Mailbox, Ways
from sentinel.model.secret import Secret

from .northwind import altered, loaded, mistakes

FILE = "sentinel.yaml"
SENDER = 'from: "Northwind <service@northwind.example>"'
IMAP = 'server: "imaps://mail.northwind.example", user: bounces, password: "${env:LEAD_PASSWORD}"'


def written(returns: str, bounces: str = ", bounces: bounces@northwind.example") -> dict[str, str]:
    texts = dict(altered(FILE, SENDER, f"{SENDER}{bounces}"))
    return {**texts, FILE: f"{texts[FILE]}\nreturns: {returns}\n"}


def test_a_mailbox_and_an_address_for_lmtp_may_be_had_together() -> None:
    ways = loaded(written(f'{{imap: {{{IMAP}, folder: "Bounces/New", every: 1m}}, lmtp: "127.0.0.1:2424"}}')).returns
    assert ways == Ways(
        mailbox=Mailbox(
            host="mail.northwind.example",
            port=993,
            user="bounces",
            password=ways.mailbox.password if ways.mailbox else Secret(""),
            folder="Bounces/New",
            every=timedelta(minutes=1),
        ),
        lmtp="127.0.0.1:2424",
    )


def test_without_tls_the_login_leaves_this_machine_only_when_told_so() -> None:
    def may(server: str, more: str = "") -> bool:
        imap = IMAP.replace("imaps://mail.northwind.example", server)
        mailbox = loaded(written(f"{{imap: {{{imap}{more}}}}}")).returns.mailbox
        assert mailbox is not None
        assert not mailbox.is_tls
        return mailbox.may_be_clear

    assert not may("imap://mail.northwind.example")
    assert may("imap://127.0.0.1:143")
    assert may("imap://mail.northwind.example", ", starttls: false")
    assert not may("imap://127.0.0.1:143", ", starttls: true")


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        ("{}", "mail that comes back has no way in, write `imap` or `lmtp` below it"),
        ("{imap: {server: mail.example.com, user: u, password: '${env:LEAD_PASSWORD}'}}", "write it like imaps://host:993"),
        ("{imap: {server: 'imaps://u:p@mail.example.com', user: u, password: '${env:LEAD_PASSWORD}'}}", "write it like"),
        ("{imap: {server: 'imaps://mail.example.com:99999', user: u, password: '${env:LEAD_PASSWORD}'}}", "ort"),
        ("{imap: {server: 'imaps://mail.example.com', user: u, password: open}}", "${env:NAME}"),
        ("{imap: {server: 'imaps://mail.example.com', user: u}}", "password"),
        (f"{{imap: {{{IMAP}, folder: 'a\"b'}}}}", "a folder of ASCII letters without quotes is wanted"),
        ("{lmtp: everywhere}", "127.0.0.1:8080"),
        ("{pop3: {}}", "pop3"),
    ],
)
def test_what_is_wrong_is_said(returns: str, message: str) -> None:
    found = mistakes(written(returns))
    assert len(found) == 1, found
    assert message in found[0]


def test_a_way_in_that_no_channel_uses_is_a_mistake() -> None:
    found = mistakes(written('{lmtp: "127.0.0.1:2424"}', bounces=""))
    assert found == [
        f"{FILE}:23:10: no channel has its mail sent back,"
        " write `bounces: bounces@example.com` into the `email` channel of your customers"
    ]
