"""T11, T14, T15: what people, targets and providers write is read and never obeyed: in mail, chats, pages, sheets and logs."""

import csv
import email
import email.policy
import json
import logging
import re
from collections import Counter
from email.message import EmailMessage
from html import escape
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from aiosmtplib import SMTPResponse

from sentinel.deliver import jsonbody, mime, reply, smtpreply, staffmail
from sentinel.deliver.call import Reply
from sentinel.deliver.channel import alertmanager, pagerduty, slack, teams, webhook
from sentinel.model.message import Letter
from sentinel.run import logline
from sentinel.run.logline import OneLine
from sentinel.serve.console import sheet
from tests.deliver.channel.providers import BODY, options
from tests.deliver.letters import NOW, letter, note
from tests.deliver.nasty import ALL, LONG, SHORT, SURROGATES
from tests.serve import world
from tests.serve.browser import Browser, Clock, client
from tests.serve.hub import MemoryHub

IDS = [f"{n}:{text[:16]!a}" for n, text in enumerate(ALL)]
nasty = pytest.mark.parametrize("text", ALL, ids=IDS)
SENDER = mime.Sender(name="Northwind", address="service@northwind.example", reply_to="", stop_url="https://s.example/u/")
HEADERS = {
    "to", "message-id", "date", "subject", "list-unsubscribe", "from", "references", "auto-submitted", "feedback-id",
    "content-language", "mime-version", "content-type", "list-unsubscribe-post",
}  # fmt: skip
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def test_there_are_enough_of_them() -> None:
    assert len(set(ALL)) == len(ALL) >= 120


def parsed(raw: bytes) -> EmailMessage:
    made = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def made(one: Letter) -> bytes:
    return mime.fill(mime.prepare(one.wording, SENDER), one, "token", mime.date_line(NOW))


@nasty
def test_a_name_is_refused_or_stands_in_its_header_and_nowhere_else(text: str) -> None:
    if mime.wrong_with_name(text):
        assert mime.unfit(text) or len(text) > 200
        return
    mail = parsed(made(letter(name=text)))
    assert set(map(str.lower, mail.keys())) == HEADERS
    assert mail["to"].addresses[0].addr_spec == "nunez@example.com"
    assert len(mail["to"].addresses) == 1
    assert mail.get_all("to") is not None
    assert len(mail.get_all("to") or ()) == 1
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content().lower()


@nasty
def test_an_address_that_is_none_is_refused(text: str) -> None:
    assert mime.wrong_with_address(text) or re.fullmatch(r"[!-~]+@[!-~]+", text)
    assert mime.wrong_with_address(f"ana{text}@example.com") or not mime.unfit(text)


@nasty
def test_the_words_of_a_letter_add_no_header_and_no_part(text: str) -> None:
    mail = parsed(made(letter(text=f"Dear {{name}}, {text}", html=f"<p>{escape(text)}</p>")))
    assert set(map(str.lower, mail.keys())) == HEADERS
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert mail.defects == []


@nasty
def test_the_desks_mail_has_one_subject_whatever_the_headline(text: str) -> None:
    mail = parsed(staffmail.build(note(headline=text, felt=(text,), say=text), SENDER, ("Desk", "desk@example.com"), NOW))
    assert set(map(str.lower, mail.keys())) <= HEADERS
    assert str(mail["to"]) == "Desk <desk@example.com>"
    assert not _BREAKS.search(str(mail["subject"]))
    html = mail.get_body(("html",))
    assert html is not None
    assert not {tag for tag, _ in tags(html.get_content())} - {
        "html",
        "body",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "blockquote",
        "br",
        "a",
    }


@nasty
def test_slack_gets_no_live_mention_or_link(text: str) -> None:
    brief = note(headline=text, say=text, felt=(text,), desk=(text, text), words={"en": text}).brief
    said = json.dumps(slack.blocks(brief)) + slack.fallback(brief)
    assert not re.search(r"<[!@#a-z]", said)
    assert all(part["text"]["verbatim"] for part in slack.blocks(brief) if part["type"] == "section")


@nasty
def test_tools_of_staff_get_json_with_the_fields_that_we_wrote(text: str) -> None:
    one = note(headline=text, say=text, desk=(text,), words={"en": text}, link=text)
    card = json.loads(teams.post(one.brief))
    assert set(card) == {"type", "attachments"}
    alert = alertmanager.alert(one, options("alertmanager", "http://a.example"), NOW)
    assert set(alert["labels"]) == {"alertname", "incident", "team"}
    assert "generatorURL" not in alert
    event = json.loads(json.dumps(pagerduty.event(one, "sentinel")))
    assert set(event) == {"event_action", "dedup_key", "client", "payload"}
    assert not _BREAKS.search(event["payload"]["summary"])
    assert json.loads(json.dumps(webhook.event(one, "msg_1", "sentinel", NOW)))["data"]["headline"] == text


@nasty
def test_a_customers_name_stays_in_its_json_string(text: str) -> None:
    one = letter(name=text, subject=text, text=text)
    said = json.loads(jsonbody.fill(jsonbody.prepare(jsonbody.cut(BODY), one.wording), one))
    assert set(said) == set(BODY)
    assert said["name"] == text
    assert "<script" not in said["html"].lower() or "<script" in one.wording.html


@nasty
def test_what_a_provider_says_is_quoted_short_and_on_one_line(text: str) -> None:
    for kind, body in (("application/json", json.dumps({"message": text})), ("text/plain", text)):
        came = Reply(status=400, headers={"content-type": kind}, body=body.encode(errors="replace")[:65536])
        said = reply.quote(came)
        assert len(said) <= reply.QUOTED + 3
        assert said.isprintable()
        assert said.isascii() or said.encode(errors="strict")
    answered = smtpreply.said(SMTPResponse(550, text))
    assert answered.isprintable()
    assert len(answered) <= 310


@nasty
def test_a_sheet_has_no_formula_and_as_many_rows_as_before(text: str) -> None:
    incident = {"reference": text, "services": [text], "phase": "resolved", "episodes": 1}
    shown = sheet.as_csv({"incidents": [incident, incident]})
    rows = list(csv.reader(StringIO(shown, newline=""))) if len(text) < 100_000 else [[]] * 3
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


@nasty
def test_an_event_is_one_line_of_the_log(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        record = logging.LogRecord(
            "sentinel", logging.INFO, __file__, 1, "%s said %s", (text, text), (ValueError, error, error.__traceback__)
        )
    line = OneLine("%(levelname)s %(message)s").format(record)
    assert line.splitlines() == [line]
    assert line.isprintable()
    assert line.encode()
    assert len(line) <= logline.LONGEST * 5 // 4


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(attrs)))


def tags(html: str) -> list[tuple[str, Any]]:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser.found


async def pages(mark: str) -> list[str]:
    hub = MemoryHub(mark)
    hub.house = world.installation(mark)
    async with client(hub, Clock()) as connection:
        browser = Browser(connection)
        await browser.sign_in()
        return [(await browser.get(path)).text for path in ("/", "/incidents/17", "/deliveries/2", "/report")]


@pytest.mark.parametrize("texts", [SHORT[n::8] for n in range(8)], ids=range(8))
async def test_a_page_has_the_same_elements_whatever_stands_in_it(texts: tuple[str, ...]) -> None:
    """T11: compared with a harmless text, no element and no attribute is there that was not."""
    plain = [tags(page) for page in await pages("harmless")]
    # All of them at once, since a page is slow. Line breaks make lines of their own in a message; they are tried above.
    for harmless, page in zip(plain, await pages(_BREAKS.sub(" ", " Q ".join(texts))), strict=True):
        found = tags(page)
        assert Counter(tag for tag, _ in found) == Counter(tag for tag, _ in harmless)
        assert {name for _, attrs in found for name, _ in attrs} == {name for _, attrs in harmless for name, _ in attrs}
        links = [value or "" for _, attrs in found for name, value in attrs if name in ("href", "src", "action")]
        assert not any(link.lower().lstrip().startswith(("javascript:", "data:text")) for link in links)


def test_surrogates_and_long_texts_are_among_them() -> None:
    assert set(SURROGATES) | set(LONG) <= set(ALL)
