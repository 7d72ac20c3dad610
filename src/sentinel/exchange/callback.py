"""A provider's report over HTTP: proven to be its own, then read. Pure: the bytes, the keys and the present instant are given.

Two manners are known: the Standard Webhooks (https://www.standardwebhooks.com) with JSON of ours, and Twilio's status callbacks
(https://www.twilio.com/docs/usage/security). Nothing of a body is looked at before its signature is proven. What refuses says
why in words of our own and never quotes a secret, a signature or a body.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sentinel.exchange import credential
from sentinel.exchange.credential import LONGEST, is_among
from sentinel.exchange.credential import Unproven as Unproven
from sentinel.model.callback import ABOUT, Callbacks, Signed
from sentinel.model.message import handed_back
from sentinel.model.returned import Fate, Returned

EVENTS_MOST: Final = 1000
"""Reports in one request."""
_FIELDS_MOST: Final = 100

FATES: Final[Mapping[str, Fate]] = {
    "message.accepted": Fate.TAKEN,
    "message.sent": Fate.TAKEN,
    "message.delivered": Fate.DELIVERED,
    "message.delayed": Fate.DELAYED,
    "message.bounced": Fate.BOUNCED,
    "message.complained": Fate.COMPLAINED,
}
"""Types of a report. One of another type is taken and passed over: providers report more than we ask for."""
STATUSES: Final[Mapping[str, Fate]] = {
    "accepted": Fate.TAKEN,
    "scheduled": Fate.TAKEN,
    "queued": Fate.TAKEN,
    "sending": Fate.TAKEN,
    "sent": Fate.TAKEN,
    "delivered": Fate.DELIVERED,
    "read": Fate.DELIVERED,
    "undelivered": Fate.BOUNCED,
    "failed": Fate.BOUNCED,
    "canceled": Fate.BOUNCED,
}
"""Twilio's MessageStatus."""
NO_SUCH: Final = frozenset({"21211", "21610", "21614", "30005", "30006"})
"""Twilio's codes of a number that takes no text message, now or ever. (30003 is a telephone that is switched off.)"""
NO_SUCH_MAILBOX: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""RFC 3463 and its registry: there is no such recipient, and never will be."""


class Unreadable(Exception):
    """Signed, and no report that we can read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """One request: the `url` that it was posted to as the provider writes it, headers by their names in small letters."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def reports(posted: Posted, callbacks: Callbacks, channel: str, now: datetime) -> tuple[Returned, ...]:
    """What a request reports about `channel`'s messages. Raises Unproven, Unreadable."""
    read = {Signed.STANDARD: _standard, Signed.TWILIO: _twilio}[callbacks.signed]
    return read(posted, callbacks.keys, channel, now)


# The Standard Webhooks


def _standard(posted: Posted, keys: Sequence[bytes], channel: str, now: datetime) -> tuple[Returned, ...]:
    number = credential.standard(posted.headers, posted.body, keys, now)
    events = _json(posted.body)
    if isinstance(events, dict):
        return tuple(_event(events, number, channel))
    if not isinstance(events, list) or not 1 <= len(events) <= EVENTS_MOST:
        raise Unreadable(f"the body is one report, or a list of 1 to {EVENTS_MOST:,}")
    return _readable(events, number, channel)


def _readable(events: Sequence[Any], number: str, channel: str) -> tuple[Returned, ...]:
    """The reports of a list. One that speaks of nothing of ours must not take the others with it: a provider whose list is
    refused gives all of them up after some tries."""
    found: list[Returned] = []
    unread: list[Unreadable] = []
    for at, each in enumerate(events):
        try:
            found += _event(each, f"{number}#{at}", channel)
        except Unreadable as error:
            unread.append(error)
    if len(unread) == len(events):
        raise unread[0]
    return tuple(found)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None


def _event(event: Any, number: str, channel: str) -> list[Returned]:
    """The report; nothing where it is of a type that tells us nothing."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not isinstance(event.get("data"), dict):
        raise Unreadable('a report is {"type": "message.bounced", "data": {...}}')
    fate, data = FATES.get(event["type"]), event["data"]
    if fate is None:
        return []
    named = handed_back(_text(data, "delivery"))
    ref = _text(data, "id")
    if named is None and not ref:
        raise Unreadable("a report's data holds `delivery` as it was handed over, or `id` as it was answered")
    status = _text(data, "status")
    return [
        Returned(
            provider=channel,
            event=number,
            fate=fate,
            delivery=None if named is None else named[0],
            key="" if named is None else named[1],
            ref=ref,
            channel=channel,
            status=status,
            why=_text(data, "reason"),
            hard=data.get("hard") is True or status in NO_SUCH_MAILBOX,
        )
    ]


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    is_text = isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool))
    text = str(found) if is_text else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST]).strip()


# Twilio


def _twilio(posted: Posted, keys: Sequence[bytes], channel: str, now: datetime) -> tuple[Returned, ...]:
    given = posted.headers.get("x-twilio-signature", "")
    if not given:
        raise Unproven("it is not signed: X-Twilio-Signature is wanted")
    form = _form(posted.body)
    good = [_signature(url, form, key) for url in _spellings(posted.url) for key in keys]
    if not is_among([given], good):
        raise Unproven("its signature is not by a secret of this channel, or for another address than the one configured")
    said = {name: values[-1] for name, values in form.items()}
    number, status = said.get("MessageSid") or said.get("SmsSid", ""), said.get("MessageStatus") or said.get("SmsStatus", "")
    if not (number.isascii() and number.isalnum() and len(number) <= 64 and status.isascii() and status.isalpha()):
        raise Unreadable("a status callback holds MessageSid and MessageStatus")
    fate = STATUSES.get(status)
    if fate is None:
        return ()
    code = said.get("ErrorCode", "") if fate is Fate.BOUNCED else ""
    code = code if code.isascii() and code.isdecimal() and len(code) < 9 else ""
    query = dict(parse_qsl(urlsplit(posted.url).query[:LONGEST]))
    named = handed_back(query.get(ABOUT, ""))
    return (
        Returned(
            provider=channel,
            event=f"{number}:{status}"[:LONGEST],
            fate=fate,
            delivery=None if named is None else named[0],
            key="" if named is None else named[1],
            ref=number,
            channel=channel,
            status=code,
            why=_CODES.get(code, "" if code else status) if fate is Fate.BOUNCED else "",
            hard=code in NO_SUCH,
        ),
    )


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS_MOST)
    except ValueError:
        raise Unproven("its body is no form") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _signature(url: str, form: Mapping[str, Sequence[str]], key: bytes) -> str:
    """As Twilio has it: the address and then each field with its value, in the order of their names."""
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return b64encode(hmac.new(key, (url + fields).encode(), "sha1").digest()).decode()


def _spellings(url: str) -> tuple[str, ...]:
    """The address with and without its port: Twilio signs now this way, now that."""
    parts = urlsplit(url)
    host, port = parts.netloc.rpartition("@")[2], parts.port
    bare = host[: -len(f":{port}")] if port is not None and host.endswith(f":{port}") else host
    ported = f"{bare}:{port or (443 if parts.scheme == 'https' else 80)}"
    return tuple(dict.fromkeys((url, *(parts._replace(netloc=each).geturl() for each in (bare, ported)))))


_CODES: Final[Mapping[str, str]] = {
    "21211": "this is no phone number",
    "21610": "they answered STOP to our number",
    "21614": "this number takes no text messages",
    "30001": "the provider's queue overflowed",
    "30002": "the account is suspended",
    "30003": "the telephone could not be reached",
    "30004": "the message was blocked",
    "30005": "there is no such number",
    "30006": "this is a landline, or its carrier cannot be reached",
    "30007": "the carrier filtered it as unwanted",
    "30008": "the carrier did not say why",
    "30034": "our number is not registered with the carrier",
}
"""Twilio's codes in words."""
