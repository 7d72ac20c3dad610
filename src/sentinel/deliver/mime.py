"""How a wording becomes the bytes of a mail: once for everybody of a language and zone, then a few fields per person.

Belongs here: headers, encodings, what is refused in them. Does not belong here: SMTP (channel/email.py), the words.

Building a mail object per person costs more than all the rest of sending it. So a wording is encoded once, cut where the
personal fields stand, and filled by joining bytes. Bodies are quoted-printable: each piece ends in a soft line break, so a
name of any length may stand between two. No line of a body begins with a dot, so that nothing needs stuffing on the wire.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from enum import IntEnum
from hashlib import sha256
from html import escape
from typing import Final, TypeAlias

from sentinel.deliver import page
from sentinel.model.message import Letter, Wording

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
# Controls, line and paragraph separators, and the marks that reorder what a reader sees.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_NAME: Final = 200
_ENCODED: Final = "=?"
"""How an encoded word begins: what looks like one is encoded itself, so that no reader decodes what somebody wrote."""
_PLACE: Final = "{name}"
_LINK: Final = "{stop}"
_SOFT: Final = b"=\r\n"

STOP: Final = {
    "en": ("You get this because you use this service.", "To stop these messages:", "Stop these messages"),
    "es": ("Recibe este mensaje porque usa este servicio.", "Para no recibir más:", "No recibir más mensajes"),
    "ca": ("Rebeu aquest missatge perquè useu aquest servei.", "Per no rebre'n més:", "No rebre'n més"),
    "de": ("Sie erhalten dies, weil Sie diesen Dienst nutzen.", "Keine weiteren Nachrichten:", "Keine weiteren Nachrichten"),
    "fr": ("Vous recevez ceci car vous utilisez ce service.", "Pour ne plus en recevoir :", "Ne plus en recevoir"),
    "it": ("Riceve questo messaggio perché usa questo servizio.", "Per non riceverne più:", "Non riceverne più"),
    "pt": ("Recebe esta mensagem porque usa este serviço.", "Para não receber mais:", "Não receber mais"),
}
"""Language → why it was sent, and how to stop: before an address that is written out, and as the name of a link. A language
that is not here reads English."""


class Slot(IntEnum):
    """A personal field of a body."""

    NAME = 0
    NAME_HTML = 1
    LINK = 2
    LINK_HTML = 3


Pieces: TypeAlias = tuple[bytes | Slot, ...]


def unfit(text: str) -> bool:
    """Whether `text` may not stand in a header: it holds a control, a line end or a mark that reorders text."""
    return _UNFIT.search(text) is not None


def wrong_with_address(address: str) -> str:
    """Why `address` is not written to, in words that do not repeat it; "" if it is."""
    if unfit(address):
        return "the address holds a control character"
    if not _ADDRESS.fullmatch(address) or len(address) > 254:
        return "the address is not one that we can write to"
    return ""


def wrong_with_name(name: str) -> str:
    """Why mail cannot be addressed to `name`; "" if it can."""
    if unfit(name):
        return "the name holds a control character"
    return "the name is too long" if len(name) > _LONGEST_NAME else ""


def wrong_with_person(name: str, address: str) -> str:
    """Why somebody cannot be named to a provider that is no mail server; "" if they can: it may put both into headers."""
    return wrong_with_name(name) or ("the address holds a control character" if unfit(address) else "")


def split_mailbox(mailbox: str) -> tuple[str, str]:
    """(display name, address) of "Name <address>" or a bare address. Raises ValueError, for whoever writes a config."""
    name, address = parseaddr(mailbox) if not unfit(mailbox) else ("", "")
    if not address or wrong_with_address(address):
        raise ValueError("write it like Name <name@example.com>")
    return name, address


def mailbox(name: str, address: str) -> bytes:
    """The display name quoted or encoded, and the address. Both must have been found fit."""
    if not name:
        return address.encode()
    if name.isascii() and _ENCODED not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'.encode()
    return b"%b <%b>" % (b"\r\n ".join(_encoded_words(name)), address.encode())


def _encoded_words(text: str) -> Iterable[bytes]:
    """`text` as encoded words of RFC 2047, each within 75 characters and of whole characters."""
    piece = b""
    for each in text:
        more = each.encode()
        if len(piece) + len(more) > 42:
            yield b"=?utf-8?b?%b?=" % b64encode(piece)
            piece = b""
        piece += more
    yield b"=?utf-8?b?%b?=" % b64encode(piece)


def subject_line(text: str) -> bytes:
    """A Subject header, encoded and folded."""
    charset = None if text.isascii() and _ENCODED not in text else "utf-8"
    return b"Subject: " + Header(text, charset, header_name="Subject").encode(linesep="\r\n").encode()


def message_id(key: str, domain: str) -> bytes:
    """The same for the same key on every attempt, so that mail servers and people can spot a repeat."""
    return f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>".encode()


def date_line(now: datetime) -> bytes:
    return b"Date: " + format_datetime(now).encode()


def quoted(text: str) -> bytes:
    """`text` as quoted-printable with CRLF line ends, and no line that begins with a dot."""
    lines = b2a_qp(text.replace("\r\n", "\n").encode(errors="replace"), istext=True).replace(b"\n", b"\r\n")
    return re.sub(rb"(?m)^\.", b"=2E", lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """What is the same for every mail of one channel. `stop_url`: where a token is added; "" if there is none."""

    name: str
    address: str
    reply_to: str
    stop_url: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A wording as bytes, cut where the personal fields stand. `subject`: None when it is personal too."""

    sender: Sender
    wording: Wording
    subject: bytes | None
    rest: bytes
    body: Pieces


def prepare(wording: Wording, sender: Sender) -> Prepared:
    """Encode a wording once for all whom it is sent to."""
    boundary = (
        b"=_" + sha256(f"{wording.text}\0{wording.html}".encode(errors="replace")).hexdigest()[:32].encode()
    )  # quoting leaves no "=_"
    why, how, called = STOP.get(wording.language, STOP["en"])
    text = f"{wording.text.rstrip()}\n\n-- \n{why} {how} {_LINK}\n"
    html = _with_footer(page.whole(wording), why, called)
    body: list[bytes | Slot] = [
        _part(boundary, b"plain"),
        *_cut(text, Slot.NAME, Slot.LINK),
        _part(boundary, b"html"),
        *_cut(html, Slot.NAME_HTML, Slot.LINK_HTML),
        b"\r\n--%b--\r\n" % boundary,
    ]
    return Prepared(
        sender=sender,
        wording=wording,
        subject=None if _PLACE in wording.subject else subject_line(wording.subject),
        rest=_common(wording, sender, boundary),
        body=_joined(body),
    )


def fill(prepared: Prepared, letter: Letter, token: str, date: bytes) -> bytes:
    """The whole mail to one person. The name and the address must have been found fit."""
    sender = prepared.sender
    by_mail = f"mailto:{sender.reply_to or sender.address}?subject=stop%20{token}"
    link = sender.stop_url + token if sender.stop_url else by_mail
    subject = prepared.subject or subject_line(prepared.wording.subject.replace(_PLACE, letter.name))
    listed = f"<{link}>,\r\n <{by_mail}>" if sender.stop_url else f"<{by_mail}>"
    head = b"To: %b\r\nMessage-ID: %b\r\n%b\r\n%b\r\nList-Unsubscribe: %b\r\n" % (
        mailbox(letter.name, letter.address),
        message_id(letter.key, sender.domain),
        date,
        subject,
        listed.encode(),
    )
    personal = (*_both(letter.name), *_both(link))
    body = [personal[piece] if isinstance(piece, Slot) else piece for piece in prepared.body]
    return b"".join((head, prepared.rest, *body))


def _both(text: str) -> tuple[bytes, bytes]:
    """`text` for the plain part and for that in HTML, which are mostly the same."""
    plain, in_html = quoted(text), escape(text)
    return plain, plain if in_html == text else quoted(in_html)


def _common(wording: Wording, sender: Sender, boundary: bytes) -> bytes:
    """The headers that are the same for everybody. Every mail of one disturbance refers to the same thread."""
    thread = message_id(f"thread {wording.thread}", sender.domain)
    lines = [
        b"From: " + mailbox(sender.name, sender.address),
        b"References: " + thread,
        b"Auto-Submitted: auto-generated",
        f"Feedback-ID: notice-{wording.notice}:{sender.domain}:disturbance:sentinel".encode(),
        f"Content-Language: {wording.language}".encode(),
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/alternative;\r\n boundary="%b"' % boundary,
    ]
    if not wording.first:
        lines.append(b"In-Reply-To: " + thread)
    if sender.reply_to:
        lines.append(b"Reply-To: " + sender.reply_to.encode())
    if sender.stop_url:
        lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return b"\r\n".join([*lines, b"", b""])


def _part(boundary: bytes, kind: bytes) -> bytes:
    head = b"\r\n--%b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head % (boundary, kind)


def _with_footer(html: str, why: str, called: str) -> str:
    footer = f'<p style="font-size:small">{escape(why)} <a href="{_LINK}">{escape(called)}</a></p>'
    before, end, after = html.rpartition("</body>")
    return f"{before}\n{footer}\n{end}{after}\n" if end else f"{html}\n{footer}\n"


def _cut(text: str, name: Slot, link: Slot) -> list[bytes | Slot]:
    """`text` quoted piece by piece, with slots where `{name}` and the link stand."""
    pieces: list[bytes | Slot] = []
    for piece in re.split(f"({re.escape(_PLACE)}|{re.escape(_LINK)})", text):
        if piece in (_PLACE, _LINK):
            pieces += [_SOFT, name if piece == _PLACE else link, _SOFT]
        else:
            pieces.append(quoted(piece))
    return pieces


def _joined(pieces: Sequence[bytes | Slot]) -> Pieces:
    """Neighbouring bytes made one, so that filling joins as few as may be."""
    joined: list[bytes | Slot] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
