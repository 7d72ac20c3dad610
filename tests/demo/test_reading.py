"""The reading pages, over HTTP, holding what really arrived."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.reading import reading_room
from sentinel.demo.slack import Slack
from sentinel.demo.web import Web

HOSTILE = "<script>alert('x')</script> & <b>bold</b>"
ESCAPED = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;"


@pytest.fixture
async def mailroom() -> AsyncIterator[Mailroom]:
    mailroom = Mailroom()
    await mailroom.start()
    yield mailroom
    await mailroom.stop()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    slack = Slack()
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
async def reader(mailroom: Mailroom, slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    web = Web(reading_room(mailroom, slack))
    await web.start()
    async with httpx.AsyncClient(base_url=web.url) as client:
        yield client
    await web.stop()


async def write(mailroom: Mailroom, to: str, subject: str, text: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "service@northwind.example", to, subject
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=mailroom.port, start_tls=False)


async def test_empty_rooms_say_so(reader: httpx.AsyncClient) -> None:
    assert "Nobody has got any mail yet" in (await reader.get("/mail")).text
    assert "Nothing has been posted yet" in (await reader.get("/slack")).text
    assert "This inbox is empty" in (await reader.get("/mail/nobody@example.net")).text


async def test_from_the_inboxes_one_comes_to_the_message(mailroom: Mailroom, reader: httpx.AsyncClient) -> None:
    await write(mailroom, "ana@example.net", "No funciona", "Señora Núñez:\nno puede pagar.")
    assert 'href="/mail/ana@example.net"' in (await reader.get("/")).text
    assert 'href="/mail/ana@example.net/1"' in (await reader.get("/mail/ana@example.net")).text
    page = (await reader.get("/mail/ana@example.net/1")).text
    assert "<h1>No funciona</h1>" in page
    assert "Señora Núñez:\nno puede pagar." in page
    assert 'name="viewport"' in page
    assert "color-scheme: light dark" in (await reader.get("/demo.css")).text


async def test_what_was_received_is_only_ever_text(mailroom: Mailroom, slack: Slack, reader: httpx.AsyncClient) -> None:
    await write(mailroom, "ana@example.net", HOSTILE, HOSTILE)
    async with httpx.AsyncClient(headers={"Authorization": "Bearer xoxb-demo"}) as client:
        await client.post(slack.url + "chat.postMessage", json={"channel": "C0SERVICE", "text": HOSTILE})
    for path in ("/mail", "/mail/ana@example.net", "/mail/ana@example.net/1", "/slack"):
        answer = await reader.get(path)
        assert "<script" not in answer.text
        assert ESCAPED in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_post_is_shown_as_slack_shows_it(slack: Slack, reader: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(headers={"Authorization": "Bearer xoxb-demo"}) as client:
        text = "1-A: it is down\n*Say now*\n> Sorry."
        await client.post(slack.url + "chat.postMessage", json={"channel": "C0SERVICE", "text": text})
    page = (await reader.get("/slack")).text
    assert '<p class="bold">Say now</p><p class="quote">Sorry.</p>' in page


async def test_a_message_is_found_in_its_own_inbox_only(mailroom: Mailroom, reader: httpx.AsyncClient) -> None:
    await write(mailroom, "ana@example.net", "x", "y")
    assert (await reader.get("/mail/ben@example.net/1")).status_code == 404
    assert (await reader.get("/mail/ana@example.net/2")).status_code == 404
    assert (await reader.get("/mail/ana@example.net/0")).status_code == 404
