"""The channel `webhook`: every message as a CloudEvent, signed as the Standard Webhooks have it, to staff's tools or to a CRM.

`webhook-id` is the same on every attempt and names nobody. Redirects are not followed, and the address is judged at the socket.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sentinel.deliver import callbacks as reported
from sentinel.deliver import mime, reply, signature
from sentinel.deliver.call import Arm, Call, Reply, fit_header
from sentinel.deliver.outcome import Outcome
from sentinel.deliver.post import Post
from sentinel.model.callback import Callbacks
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import NAME, Letter, Message, StaffNote, handed_over, told_apart
from sentinel.model.notice import Brief, Occasion, Towards
from sentinel.model.secret import Secret
from sentinel.model.web import web_address

TYPES: Final[Mapping[Occasion, str]] = {
    Occasion.SUSPECTED: "sentinel.incident.suspected.v1",
    Occasion.STAFF_OPENED: "sentinel.incident.opened.v1",
    Occasion.CHANGED: "sentinel.incident.changed.v1",
    Occasion.RECOVERED: "sentinel.incident.recovered.v1",
    Occasion.DISMISSED: "sentinel.incident.dismissed.v1",
    Occasion.PROMISE_DUE: "sentinel.promise.lapsing.v1",
}
WORDS: Final = "sentinel.words.approved.v1"
"""What customers are about to get, for the desk."""
LETTER: Final = "sentinel.notice.issued.v1"
"""One message to one customer."""
REACHES: Final = frozenset(Towards)


class Options(BaseModel):
    """Where events are posted, and what they are signed with."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    url: Annotated[str, AfterValidator(web_address)]
    """The address that takes events. No redirect is followed."""
    secrets: Annotated[tuple[Secret, ...], Field(min_length=1, max_length=5)]
    """References to signing secrets, `whsec_` and base64; with two, a receiver may have either."""
    source: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")] = "sentinel"
    """The event's `source`: an address of yours, if several installations post to one receiver."""
    reaches: Literal["email", "sms"] = "email"
    """For customers: which of their addresses goes along, mail or (`sms`) phone."""
    dedupes: timedelta | None = None
    """For customers: how long the receiver takes a `webhook-id` once. Then an unknown fate is tried again."""
    callbacks: reported.Standard | None = None
    """For customers: the receiver reports what became of each message, by its `delivery` or the `webhook-id`."""
    headers: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """More headers; a reference may stand in them."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=15)
    """For one event, its reply included."""

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            fit_header(name, value)
        return headers

    @field_validator("secrets")
    @classmethod
    def _are_keys(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for each in secrets:
            signature.key(each.reveal())
        return secrets


def dedupes(options: Options) -> timedelta | None:
    """For how long the receiver takes an event with the same id once."""
    return options.dedupes


def provider(options: Options) -> tuple[str, ...]:
    """Who knows our ids: another address knows none."""
    return (options.url,)


def callbacks(options: Options) -> Callbacks | None:
    """How the receiver's reports are proven."""
    return reported.by_standard(options.callbacks)


class WebhookConnection:
    """Posts one event at a time, on one kept connection."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks) -> None:
        self._options = options
        self._now = now
        self._keys = [signature.key(each.reveal()) for each in options.secrets]
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post one event."""
        if isinstance(message, Letter) and (wrong := mime.wrong_with_person(message.name, message.address)):
            return Failed(reason=wrong, permanent=True)
        now, number = self._now(), f"msg_{told_apart(message.key)}"
        body = json.dumps(event(message, number, self._options.source, now)).encode()
        signed = signature.headers(self._keys, number, now, body)
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8", **self._options.headers, **signed}
        came = await self._post.send(Call(url=self._options.url, headers=headers, body=body), arm)
        if not isinstance(came, Reply):
            return came
        if 200 <= came.status < 300:
            return Accepted(ref=number)
        secrets = (*self._options.headers.values(), *((message.address, message.name) if isinstance(message, Letter) else ()))
        return reply.refusal(came, now, secrets, may_repeat=isinstance(message, StaffNote))

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> WebhookConnection:
    """A connection that opens itself when it is first used."""
    return WebhookConnection(options, now, allow)


def event(message: Message, number: str, source: str, now: datetime) -> Mapping[str, Any]:
    """A CloudEvent 1.0 in structured mode. `time` is when it is sent."""
    if isinstance(message, Letter):
        kind, subject, said = LETTER, message.wording.thread, _letter(message)
    else:
        kind, subject, said = TYPES.get(message.brief.occasion, WORDS), message.thread, _brief(message.brief)
    return {
        "specversion": "1.0",
        "id": number,
        "source": source,
        "type": kind,
        "subject": subject,
        "time": _instant(now),
        "datacontenttype": "application/json",
        "data": said,
    }


def _letter(letter: Letter) -> Mapping[str, Any]:
    wording = letter.wording
    return {
        "delivery": handed_over(letter.delivery, letter.key),
        "person": letter.person,
        "name": letter.name,
        "address": letter.address,
        "language": wording.language,
        "zone": wording.zone,
        "notice": wording.notice,
        "first": wording.first,
        "subject": wording.subject.replace(NAME, letter.name),
        "short": wording.short.replace(NAME, letter.name),
        "text": wording.text.replace(NAME, letter.name),
    }


def _brief(brief: Brief) -> Mapping[str, Any]:
    return {
        "reference": brief.reference,
        "occasion": brief.occasion.value,
        "headline": brief.headline,
        "impact": None if brief.impact is None else brief.impact.value,
        "services": list(brief.services),
        "felt": list(brief.felt),
        "since": _instant(brief.since),
        "until": _instant(brief.until),
        "next_word": _instant(brief.next_word),
        "who": brief.who,
        "say": brief.say,
        "do_not": list(brief.do_not),
        "instead": list(brief.instead),
        "desk": list(brief.desk),
        "ask": brief.ask,
        "words": dict(brief.words),
        "acknowledged_by": brief.acknowledged_by,
        "link": brief.link,
        "zone": brief.zone,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
