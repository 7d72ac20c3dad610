"""Mail as bytes: what a recipient's program reads back, and what never gets into a header."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.deliver import mime
from sentinel.deliver.unsubscribe import token

from .letters import NOW, SECRET, WORDING, letter

SENDER = mime.Sender(
    name="Northwind Insurance",
    address="service@northwind.example",
    reply_to="help@northwind.example",
    stop_url="https://sentinel.northwind.example/u/",
)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=400)
NAMES = st.text(min_size=1, max_size=80).filter(lambda name: not mime.wrong_with_name(name) and name.strip() == name)


def raw(sender: mime.Sender = SENDER, name: str = "Sra. Núñez", person: str = "policy-7", **changes: object) -> bytes:
    made = letter(name, person=person, **changes)  # type: ignore[arg-type]  # fields of a wording by name
    return mime.fill(mime.prepare(made.wording, sender), made, token(SECRET, made.person), mime.date_line(NOW))


def read(mail: bytes) -> EmailMessage:
    parsed = message_from_bytes(mail, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_the_headers_are_those_that_mail_systems_ask_for() -> None:
    mail = read(raw())
    token_of = token(SECRET, "policy-7")
    assert mail["From"] == "Northwind Insurance <service@northwind.example>"
    assert parseaddr(str(mail["To"])) == ("Sra. Núñez", "nunez@example.com")
    assert mail["Reply-To"] == "help@northwind.example"
    assert mail["Subject"] == WORDING.subject
    assert mail["Date"] == "Mon, 08 Jun 2026 08:05:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    stop = f"<https://sentinel.northwind.example/u/{token_of}>, <mailto:help@northwind.example?subject=stop%20{token_of}>"
    assert mail["List-Unsubscribe"] == stop
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Feedback-ID"] == "notice-17:northwind.example:disturbance:sentinel"
    assert mail["MIME-Version"] == "1.0"


def test_the_message_id_is_the_same_on_every_attempt_and_another_for_everybody() -> None:
    assert read(raw())["Message-ID"] == read(raw(name="Another Name"))["Message-ID"]
    assert read(raw())["Message-ID"] != read(raw(person="policy-8"))["Message-ID"]


def test_all_mails_of_an_episode_are_one_thread() -> None:
    first, later = read(raw()), read(raw(first=False, notice=18))
    assert first["References"] == later["References"] == later["In-Reply-To"]
    assert first["In-Reply-To"] is None
    assert read(raw(thread="incident:17/2"))["References"] != first["References"]


def test_both_bodies_carry_the_name_and_say_how_to_stop() -> None:
    mail = read(raw(name="Núñez & <Hijas>"))
    link = f"https://sentinel.northwind.example/u/{token(SECRET, 'policy-7')}"
    assert part(mail, "plain").startswith("Apreciada Núñez & <Hijas>:\n\nlo sentimos")
    assert "\n.un punto\n" in part(mail, "plain")
    assert b"\n." not in raw(), "nothing needs stuffing on the wire"
    assert f"Para no recibir más: {link}\n" in part(mail, "plain")
    assert "<p>Apreciada Núñez &amp; &lt;Hijas&gt;:</p>" in part(mail, "html")
    assert f'usa este servicio. <a href="{link}">No recibir más mensajes</a></p>\n</body></html>' in part(mail, "html")


def test_a_fragment_becomes_a_page_that_says_its_language_and_leaves_the_colours_to_its_reader() -> None:
    page = part(read(raw(html="<p>Apreciada {name}:</p>")), "html")
    assert '<html lang="es">' in page
    assert '<meta name="color-scheme" content="light dark">' in page
    assert page.index("<p>Apreciada Sra. Núñez:</p>") < page.index("No recibir más") < page.index("</body>")
    assert re.search(r"[\";]color:", page) is None, "grey on white is grey on black at night"


def test_without_an_address_for_it_people_stop_by_mail() -> None:
    mail = read(raw(mime.Sender(name="", address="service@northwind.example", reply_to="", stop_url="")))
    by_mail = f"mailto:service@northwind.example?subject=stop%20{token(SECRET, 'policy-7')}"
    assert mail["List-Unsubscribe"] == f"<{by_mail}>"
    assert mail["List-Unsubscribe-Post"] is None
    assert by_mail in part(mail, "plain")
    assert mail["From"] == "service@northwind.example"


def test_a_name_in_the_subject_is_filled_in_too() -> None:
    assert read(raw(subject="{name}: pagos"))["Subject"] == "Sra. Núñez: pagos"


@given(WORDS, WORDS, NAMES)
def test_any_words_and_any_name_arrive_as_they_were_written(text: str, html: str, name: str) -> None:
    mail = raw(name=name, text=text, html=html)
    read_back = read(mail)
    expected = text.replace("{name}", name).rstrip()
    assert part(read_back, "plain").startswith(expected)
    shown, address = parseaddr(str(message_from_bytes(mail)["To"]))
    assert address == "nunez@example.com"
    # Not by the newer parser: it puts a space between two encoded words of a name, against RFC 2047.
    assert str(make_header(decode_header(shown))) == name
    assert mail.isascii()
    assert b"\n." not in mail, "nothing needs stuffing on the wire"
    assert mail.count(b"\n") == mail.count(b"\r\n") == mail.count(b"\r")
    assert max(len(line) for line in mail.split(b"\r\n")) < 998


UNFIT = ["\r\nBcc: all@example.com", "\n", "\r", "\0", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"]


@pytest.mark.parametrize("bad", UNFIT)
def test_controls_line_ends_and_bidi_overrides_are_refused_everywhere(bad: str) -> None:
    assert mime.unfit(f"Ada{bad}")
    assert mime.wrong_with_name(f"Ada{bad}")
    assert mime.wrong_with_address(f"ada{bad}@example.com")
    with pytest.raises(ValueError, match="write it like"):
        mime.split_mailbox(f"Ada{bad} <ada@example.com>")


@pytest.mark.parametrize(
    "address", ["", "ada", "@example.com", "ada@", "ada@@example.com", "a b@example.com", "a,b@example.com", "<a@example.com>",
                "ada@example.com>, <ben@example.com", '"a b"@example.com', "ada@exa mple.com", "ada@-example.com",
                "ada@example.com.", "é@example.com", "x" * 65 + "@example.com"]
)  # fmt: skip
def test_what_is_no_plain_address_is_not_written_to_nor_repeated(address: str) -> None:
    said = mime.wrong_with_address(address)
    assert said
    assert not address or address not in said


@pytest.mark.parametrize("address", ["ada@example.com", "ada.b+tag@mail.example.co.uk", "o'neil@example.com", "1@example.com"])
def test_plain_addresses_are_written_to(address: str) -> None:
    assert mime.wrong_with_address(address) == ""


def test_a_display_name_is_quoted() -> None:
    assert mime.mailbox('Ada "the <boss>", \\ Co', "ada@example.com") == b'"Ada \\"the <boss>\\", \\\\ Co" <ada@example.com>'
