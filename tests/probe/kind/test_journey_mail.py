"""The step `mail` of a journey against a real IMAP server on loopback: the document arrives in this mailbox, or it does not."""

import asyncio
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.journey import Options
from sentinel.probe.looking import Came
from tests.probe.conftest import Authority
from tests.probe.kind.shop import until
from tests.probe.looked import sample
from tests.probe.servers import answering, free_port, page, serving
from tests.run.imap import ImapServer

pytestmark = pytest.mark.anyio


def mail(subject: str, link: str = "https://claims.northwind.example/c?a=1&b=2") -> bytes:
    made = EmailMessage()
    made["Subject"] = subject
    made.set_content("Your document is here.")
    made.add_alternative(f'<p>Your document: <a href="{link}">open it</a>'.replace("&", "&amp;"), subtype="html")
    return made.as_bytes()


def arrives(box: ImapServer, **more: Any) -> dict[str, Any]:
    mailbox = {"host": "127.0.0.1", "port": box.port, "over": "clear", "user": box.user, "password": Secret(box.password)}
    wanted = {**mailbox, "subject": "Your claim {number}", "within": "PT5S", **more}
    return {"step": "receive", "mail": wanted, "keep": {"link": {"between": ['href="', '"']}}}


async def walked(box: ImapServer, site: str, *after: Any, seconds: float = 5.0, **more: Any) -> Came:
    first = {"step": "hand in", "url": site, "keep": {"number": {"between": ["claim ", "."]}}}
    return await sample("journey", {"steps": [first, arrives(box, **more), *after]}, timeout=seconds)


async def test_a_mail_that_comes_is_read_and_its_link_followed() -> None:
    box = ImapServer()
    box.put(mail("Your claim 4711", "https://old.northwind.example/"))
    with serving(answering(page(b"claim 4711."))) as site, serving(answering(page())) as document:
        async with box.open():
            look = {"step": "look", "url": "{link}"}
            walking = asyncio.create_task(walked(box, site.url(), look))
            await until(lambda: bool(site.asked))
            box.put(mail("Something else"))
            box.put(mail("Your claim 4711: Schadenmeldung für Sie", document.url("/c?a=1&b=2")))
            came = await walking
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert document.asked[0].startswith(b"GET /c?a=1&b=2 "), "the new mail's link, as a reader follows it"
    assert box.unseen == 3, "nothing is marked"
    assert float(came.facts["receive_ms"] or 0) > 0


async def test_a_mail_that_was_there_before_does_not_count() -> None:
    box = ImapServer()
    box.put(mail("Your claim 4711"))
    with serving(answering(page(b"claim 4711."))) as site:
        async with box.open():
            came = await walked(box, site.url(), within="PT0.2S")
    assert came.verdict is Verdict.DOWN
    assert came.reason == "step `receive`: no mail with “Your claim {number}” in its subject came within 0.2 s"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"password": Secret("not this one")}, "the mailbox refuses the login of bounces"),
        ({"port": free_port()}, "the mailbox cannot be opened: connection refused"),
        ({"host": "10.1.2.3"}, "the mailbox cannot be opened: it is at 10.1.2.3 (private), which probes may not reach"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_is_our_own_trouble(spoilt: dict[str, Any], reason: str) -> None:
    box = ImapServer()
    with serving(answering(page(b"claim 4711."))) as site:
        async with box.open():
            came = await walked(box, site.url(), **spoilt)
        assert not site.asked, "nothing is handed in whose document could not be looked for"
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason.startswith(reason)


async def test_a_mailbox_that_hangs_up_is_our_own_trouble_too() -> None:
    box = ImapServer(hangs_up_at="SEARCH")
    with serving(answering(page(b"claim 4711."))) as site:
        async with box.open():
            came = await walked(box, site.url())
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason.startswith("step `receive`: the mailbox cannot be read: ")


async def test_the_time_limit_holds_while_a_mail_is_waited_for() -> None:
    box = ImapServer()
    with serving(answering(page(b"claim 4711."))) as site:
        async with box.open():
            came = await walked(box, site.url(), seconds=0.7, within="PT60S")
    assert (came.verdict, came.reason) == (
        Verdict.DOWN,
        "timed out after 0.7 s while waiting for the mail in step `receive`",
    )


async def test_the_mailbox_is_read_over_tls(authority: Authority) -> None:
    box = ImapServer()
    with serving(answering(page(b"claim 4711."))) as site:
        async with box.open(authority.context("localhost")):
            secure: dict[str, Any] = {"host": "localhost", "over": "tls", "within": "PT0.1S"}
            came = await walked(box, site.url(), ca=str(authority.path), **secure)
            assert "no mail with" in came.reason
            came = await walked(box, site.url(), **secure)
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason.startswith("the mailbox cannot be read: its certificate is not trusted")


async def test_of_a_mail_only_its_text_is_judged() -> None:
    made = {"host": "a", "user": "a", "password": Secret("a"), "subject": "a"}
    with pytest.raises(ValidationError, match="of a mail you can judge"):
        Options.model_validate({"steps": [{"step": "one", "mail": made, "up": {"status": 200}}]})
    with pytest.raises(ValidationError, match="`always` waits for no mail"):
        Options.model_validate(
            {"steps": [{"step": "one", "url": "http://a/"}], "always": [{"step": "two", "mail": made}]},
        )
