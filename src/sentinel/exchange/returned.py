"""A mail that came back, read: what it reports of which delivery, or why it reports nothing. Pure: bytes in, a record out.

Belongs here: delivery-status reports (RFC 3464), complaints (RFC 5965), and the bounces of servers that know neither. Does not
belong here: how mail is fetched (run/), what a report changes (store/returns.py), whose token it is (deliver/verp.py).

Anybody may write to a return path, so that nothing counts without a token that we signed, in the envelope's recipient or in the
headers that a mail server writes it into. The parts of a report stand on the top level (RFC 6522); nothing below is looked at,
and only so much of anything: a mail of a hundred thousand parts costs what one of twenty does.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from hashlib import sha256
from typing import Final, TypeAlias

from sentinel.exchange.callback import NO_SUCH_MAILBOX
from sentinel.model.returned import Fate, Returned, Unused

LONGEST: Final = 1 << 20
"""Bytes of a mail that are looked at."""
HEADERS_LONGEST: Final = 64 << 10
PARTS_MOST: Final = 20
_PART_LONGEST: Final = 128 << 10
_FIELD_LONGEST: Final = 2000
_WORDS_LONGEST: Final = 300
_PROVIDER: Final = "mail"
_EVENT_LONGEST: Final = 220

Named: TypeAlias = tuple[int, str]
"""A delivery by its number, and a piece of its key."""
Signed: TypeAlias = Callable[[str], Named | None]
"""Which delivery an address was made for; None where we did not sign it."""

_WROTE_IT = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to", "to", "cc")
"""Headers in which servers keep the recipient of the envelope, and those that a bounce is addressed by."""
_FATES: Final = {
    "failed": Fate.BOUNCED,
    "delayed": Fate.DELAYED,
    "delivered": Fate.DELIVERED,
    "relayed": Fate.DELIVERED,
    "expanded": Fate.DELIVERED,
}
"""Action of RFC 3464."""
_WORST: Final = (Fate.BOUNCED, Fate.DELAYED, Fate.DELIVERED)
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other"})
"""Feedback-Type of RFC 5965 and its registry. (not-spam and auth-failure say nothing against us.)"""
_DAEMON = re.compile(r"mailer[-_. ]?daemon|mail delivery (?:sub)?system|postmaster@", re.IGNORECASE)
_NOT_YET = re.compile(r"\bdelay|\bwarning\b|not yet been delivered|still being retried|will (?:keep|continue)", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<!\d)([45]\d\d)[ -](?!\d\d\d)")
_NO_SUCH = re.compile(
    r"no such (?:user|mailbox|recipient|address)|user unknown|unknown user|mailbox (?:not found|does not exist)|does not exist",
    re.IGNORECASE,
)


def read(raw: bytes, recipients: Sequence[str], signed: Signed) -> Returned | Unused:
    """What one mail says. `recipients`: those of the envelope, where they are known."""
    raw = raw[:LONGEST]
    head, body = _split(raw)
    if head is None:
        return Unused.UNREADABLE
    kind = _kind(head)
    if kind == "feedback-report":
        return _complaint(head, body, recipients, signed, raw)
    named = _named(_addresses(head, recipients), signed)
    if named is None:
        return Unused.FORGED if kind is not None or _is_of_daemon(head) else Unused.OTHER
    if kind == "delivery-status":
        return _status_report(head, body, named, raw)
    return _old_bounce(head, body, named, raw)


# Reports


def _status_report(head: Message, body: bytes, named: Named, raw: bytes) -> Returned | Unused:
    """RFC 3464: one group of fields for the mail, then one for each recipient; the worst counts."""
    found: dict[Fate, Message] = {}
    for fields in _groups(head, body, ("message/delivery-status", "message/global-delivery-status")):
        fate = _FATES.get(_field(fields, "Action").lower())
        if fate is not None:
            found.setdefault(fate, fields)
    for fate in _WORST:
        if fate in found:
            status = _first(_STATUS, _field(found[fate], "Status"))
            why = _field(found[fate], "Diagnostic-Code")
            why = re.sub(r"^[\w.-]{1,20}; ?", "", why)
            # Exim and others say 5.0.0 where the server's own words are more exact.
            exact = _first(_STATUS, why) if not status or status.endswith(".0.0") else status
            hard = fate is Fate.BOUNCED and exact in NO_SUCH_MAILBOX
            return _returned(head, raw, named, fate, status=status, why=why, hard=hard)
    return Unused.UNREADABLE if not _is_of_daemon(head) else _old_bounce(head, body, named, raw)


def _complaint(head: Message, body: bytes, recipients: Sequence[str], signed: Signed, raw: bytes) -> Returned | Unused:
    """RFC 5965. It comes to an address of its own, so that the token stands in what it says of the original mail."""
    addresses, kind = _addresses(head, recipients), ""
    for fields in _groups(head, body, ("message/feedback-report",)):
        kind = kind or _field(fields, "Feedback-Type").lower()
        addresses += _within(_field(fields, "Original-Mail-From"))
    for fields in _groups(head, body, ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")):
        addresses += _within(_field(fields, "Return-Path"))
    named = _named(addresses, signed)
    if named is None:
        return Unused.FORGED
    if kind not in _COMPLAINTS:
        return Unused.OTHER
    return _returned(head, raw, named, Fate.COMPLAINED, why=kind)


def _old_bounce(head: Message, body: bytes, named: Named, raw: bytes) -> Returned | Unused:
    """A bounce in words, of a server that does not write reports. An empty return path makes none: absences have it too."""
    if not (_DAEMON.search(_field(head, "From")) or head.get("X-Failed-Recipients")):
        return Unused.OTHER
    text = body[:_PART_LONGEST].decode("latin-1")
    if _NOT_YET.search(_field(head, "Subject")):
        return _returned(head, raw, named, Fate.DELAYED, why=_field(head, "Subject"))
    lines = text.splitlines()[:500]
    # What a server replied; three numbers with points between them stand in many a version and address too.
    line = next((each for known in (_REPLY, _STATUS) for each in lines if known.search(each)), "")
    status = _first(_STATUS, line)
    hard = status in NO_SUCH_MAILBOX or (not status and bool(_NO_SUCH.search(line) and _first(_REPLY, line).startswith("5")))
    return _returned(head, raw, named, Fate.BOUNCED, status=status, why=" ".join(line.split()), hard=hard)


def _returned(
    head: Message, raw: bytes, named: Named, fate: Fate, *, status: str = "", why: str = "", hard: bool = False
) -> Returned:
    delivery, piece = named
    said = _field(head, "Message-ID")
    event = said if said and said.isprintable() and len(said) <= _EVENT_LONGEST else sha256(raw).hexdigest()
    return Returned(
        provider=_PROVIDER,
        # One that uses the same id for many, by mistake or on purpose, hides nobody else's.
        event=f"{delivery}/{event}",
        fate=fate,
        delivery=delivery,
        key=piece,
        status=status,
        why=why[:_WORDS_LONGEST],
        hard=hard,
    )


# Who sent it, and to whom


def _kind(head: Message) -> str | None:
    """The report-type of a report; None if it is no report."""
    if _content_type(head) != "multipart/report":
        return None
    kind = head.get_param("report-type", "")
    return kind.lower() if isinstance(kind, str) else ""


def _is_of_daemon(head: Message) -> bool:
    return bool(_DAEMON.search(_field(head, "From"))) or _field(head, "Return-Path") == "<>"


def _addresses(head: Message, recipients: Sequence[str]) -> list[str]:
    found = list(recipients[:PARTS_MOST])
    for name in _WROTE_IT:
        for value in (head.get_all(name) or [])[:PARTS_MOST]:
            found += _within(str(value)[:_FIELD_LONGEST])
    return found


def _within(text: str) -> list[str]:
    return [each for each in re.split(r"[\s<>,;\"()]+", text) if "@" in each and "+" in each][:PARTS_MOST]


def _named(addresses: Sequence[str], signed: Signed) -> Named | None:
    return next((named for each in addresses if (named := signed(each)) is not None), None)


# The mail's parts


def _split(raw: bytes) -> tuple[Message | None, bytes]:
    """(headers, all after them). None: they do not end where headers must."""
    ends = [(at, len(gap)) for gap in (b"\n\n", b"\r\n\r\n", b"\n\r\n") if (at := raw.find(gap, 0, HEADERS_LONGEST)) >= 0]
    if not ends:
        return None, b""
    at, gap = min(ends)
    return BytesHeaderParser().parsebytes(raw[: at + 1]), raw[at + gap :]


def _content_type(head: Message) -> str:
    """The library's own reading of a long one takes the square of its length."""
    return head.get_content_type() if len(str(head.get("Content-Type", ""))) <= _FIELD_LONGEST else ""


def _groups(head: Message, body: bytes, kinds: Sequence[str]) -> Iterator[Message]:
    """The groups of fields in the first part of one of `kinds`."""
    for part, content in _parts(head, body):
        if _content_type(part) in kinds:
            text = _decoded(part, content[:_PART_LONGEST]).replace(b"\r\n", b"\n").strip(b"\n")
            for group in re.split(rb"\n[ \t]*\n", text, maxsplit=PARTS_MOST)[:PARTS_MOST]:
                yield BytesHeaderParser().parsebytes(group[:HEADERS_LONGEST] + b"\n\n")
            return


def _parts(head: Message, body: bytes) -> Iterator[tuple[Message, bytes]]:
    boundary = head.get_boundary() if _content_type(head) == "multipart/report" else None
    if not boundary or len(boundary) > 200:
        return
    line = re.compile(rb"^--" + re.escape(boundary.encode("ascii", "replace")) + rb"(?:--)?[ \t]*\r?$", re.MULTILINE)
    starts = [found.span() for found, _ in zip(line.finditer(body), range(PARTS_MOST + 1), strict=False)]
    ends = [at for at, _ in starts[1:]] + [len(body)]
    for (_, begin), end in zip(starts, ends, strict=False):
        part = body[begin:end].lstrip(b"\r").removeprefix(b"\n")
        headers, content = _split(b"X: x\n" + part)
        if headers is not None:
            yield headers, content


def _decoded(part: Message, content: bytes) -> bytes:
    how = _field(part, "Content-Transfer-Encoding").lower()
    if how == "quoted-printable":
        return a2b_qp(content)
    if how == "base64":
        try:
            return a2b_base64(content)
        except NotBase64:
            return b""
    return content


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, ""))[:_FIELD_LONGEST].split())


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
