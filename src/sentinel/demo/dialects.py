"""Dialects: what each provider of messages expects of a request, and how it answers: by its own documents, not by ours.

Belongs here: whether a request is well formed and let in, what it means, the reply. Does not belong here: the server, what it
keeps, going wrong on purpose (provider.py).
"""

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from sentinel.demo.wire import Reply, Request

TOKEN: Final = "demo-token"  # noqa: S105 - opens nothing but this sink
ROUTING_KEY: Final = "0123456789abcdef0123456789abcdef"
ACCOUNT: Final = "ACdemo0123456789"
SIGNING: Final = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
STALE: Final = 300
"""Seconds by which a webhook's stamp may be off."""
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A request that was understood: what it would do, and the reply that goes with it.

    `key`: by which a repeat is known, "" if this provider does not look. `to`: who gets it.
    """

    dialect: str
    said: Any
    reply: Reply
    key: str = ""
    to: str = ""


@dataclass(slots=True)
class Terms:
    """What the providers go by. May be changed at any time."""

    token: str = TOKEN
    account: str = ACCOUNT
    routing_key: str = ROUTING_KEY
    signing: str = SIGNING
    dedupes: bool = True
    """Whether the mail API looks at Idempotency-Key, and the webhook's receiver at webhook-id."""
    stopped: set[str] = field(default_factory=set)
    """Numbers that answered STOP."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


Dialect: TypeAlias = Callable[[Request, Terms], Heard | Reply]
"""A Reply alone is a refusal: nothing happens."""


def answer(status: int, body: object = None, **headers: str) -> Reply:
    """A reply in JSON; without a body an empty one."""
    raw = b"" if body is None else json.dumps(body).encode()
    return Reply(status=status, body=raw, kind="application/json", headers=headers)


def mail_api(request: Request, terms: Terms) -> Heard | Reply:
    """A mail service's API: a bearer's token, JSON, an id in the reply."""
    if request.headers.get("authorization") != f"Bearer {terms.token}":
        return answer(401, {"message": "unknown token"})
    said = _json(request)
    if not isinstance(said, dict) or not said.get("to"):
        return answer(422, {"message": "`to` is missing"})
    key = request.headers.get("idempotency-key", "") if terms.dedupes else ""
    number = sha256(f"{request.session}{request.body!r}".encode()).hexdigest()[:20]
    return Heard(dialect="api", said=said, key=key, to=str(said["to"]), reply=answer(202, {"message": {"id": f"m-{number}"}}))


def texts(request: Request, terms: Terms) -> Heard | Reply:
    """Twilio's Messages.json: a form, Basic auth, numbered errors. It looks at no key."""
    login = b64encode(f"{terms.account}:{terms.token}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {login}":
        return _numbered(401, 20003, "Authenticate")
    if request.path != f"/2010-04-01/Accounts/{terms.account}/Messages.json":
        return _numbered(404, 20404, "The requested resource was not found")
    form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    to, body = form.get("To", ""), form.get("Body", "")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return _numbered(400, 21603, "A 'From' phone number is required.")
    if not _NUMBER.fullmatch(to):
        return _numbered(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if to in terms.stopped:
        return _numbered(400, 21610, f"Attempt to send to unsubscribed recipient {to}")
    if not 1 <= len(body) <= 1600:
        return _numbered(400, 21602 if not body else 21617, "The message body is missing or too long")
    sid = f"SM{sha256(f'{request.session}{to}{body}{len(form)}'.encode()).hexdigest()[:32]}"
    reply = answer(201, {"sid": sid, "status": "queued", "to": to, "error_code": None, "num_segments": "1"})
    return Heard(dialect="sms", said=form, to=to, reply=reply)


def _numbered(status: int, code: int, message: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def events(request: Request, terms: Terms) -> Heard | Reply:
    """PagerDuty's Events API v2. A repeat of a `dedup_key` joins the alert that there is."""
    said = _json(request)
    wrong = _wrong_event(said, terms)
    if wrong or not isinstance(said, dict):
        return answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": [wrong]})
    key = str(said.get("dedup_key") or sha256(request.body).hexdigest()[:32])
    reply = answer(202, {"status": "success", "message": "Event processed", "dedup_key": key})
    return Heard(dialect="pagerduty", said=said, to=key, reply=reply)


def _wrong_event(said: Any, terms: Terms) -> str:
    if not isinstance(said, dict):
        return "the body is no object"
    if said.get("routing_key") != terms.routing_key:
        return "'routing_key' is invalid (must be a 32 character integration key)"
    if said.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        return "'event_action' is invalid"
    if len(str(said.get("dedup_key", ""))) > 255:
        return "'dedup_key' is too long"
    payload = said.get("payload")
    if said["event_action"] == "trigger":
        if not isinstance(payload, dict) or not payload.get("summary") or not payload.get("source"):
            return "'payload.summary' or 'payload.source' is missing or blank"
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            return "'payload.severity' is invalid"
    return "" if len(json.dumps(said)) <= 512 * 1024 else "the event is too large"


def cards(request: Request, _terms: Terms) -> Heard | Reply:
    """A workflow of Teams that posts Adaptive Cards."""
    said = _json(request)
    attachments = said.get("attachments") if isinstance(said, dict) else None
    if len(request.body) > 28_000 or not isinstance(attachments, list) or said.get("type") != "message":
        return answer(400, {"error": {"code": "InvalidRequest", "message": "no message with attachments, or too large"}})
    for each in attachments:
        card = each.get("content") or {}
        if each.get("contentType") != "application/vnd.microsoft.card.adaptive" or card.get("type") != "AdaptiveCard":
            return answer(400, {"error": {"code": "InvalidRequest", "message": "no adaptive card"}})
    return Heard(dialect="teams", said=said, reply=answer(202))


def alerts(request: Request, _terms: Terms) -> Heard | Reply:
    """Alertmanager's API v2: an array of alerts, known by their labels. It refuses with a JSON text."""
    said = _json(request)
    if not isinstance(said, list):
        return answer(400, "bad request: no array of alerts")
    for each in said:
        labels = each.get("labels") if isinstance(each, dict) else None
        if not labels or not all(isinstance(value, str) and value for value in labels.values()):
            return answer(400, "bad request: labels are missing or empty")
        times = [each[name] for name in ("startsAt", "endsAt") if name in each]
        if len(times) == 2 and datetime.fromisoformat(times[1]) < datetime.fromisoformat(times[0]):
            return answer(400, "bad request: start time must be before end time")
    return Heard(dialect="alertmanager", said=said, reply=answer(200))


def receiver(request: Request, terms: Terms) -> Heard | Reply:
    """Whoever takes our webhooks: verifies the signature as the Standard Webhooks say, and takes a `webhook-id` once."""
    if not verified(request.headers, request.body, terms.signing, terms.clock()):
        return answer(401, {"message": "the signature does not fit"})
    said = _json(request)
    lacking = {"specversion", "id", "source", "type"} - set(said if isinstance(said, dict) else ())
    if lacking or request.headers.get("content-type", "").partition(";")[0] != "application/cloudevents+json":
        return answer(400, {"message": f"no CloudEvent: {', '.join(sorted(lacking))}"})
    key = request.headers["webhook-id"] if terms.dedupes else ""
    return Heard(dialect="webhook", said=said, key=key, to=str(said["type"]), reply=answer(204))


def verified(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> bool:
    """Whether a webhook comes from who has the secret, and not long ago: the whole of what a receiver must do."""
    number, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(now.timestamp() - int(stamp)) > STALE:
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    right = "v1," + b64encode(hmac.new(key, f"{number}.{stamp}.".encode() + body, "sha256").digest()).decode()
    return any(hmac.compare_digest(right, each) for each in headers.get("webhook-signature", "").split())


def chat_hook(request: Request, _terms: Terms) -> Heard | Reply:
    """Slack's incoming webhook: plain words as an answer."""
    said = _json(request)
    if not isinstance(said, dict) or not (said.get("text") or said.get("blocks")):
        return Reply(status=400, body=b"no_text", kind="text/plain")
    return Heard(dialect="slack-hook", said=said, reply=Reply(status=200, body=b"ok", kind="text/plain"))


DIALECTS: Final[tuple[tuple[str, Dialect], ...]] = (
    ("/v1/messages", mail_api),
    ("/2010-04-01/", texts),
    ("/v2/enqueue", events),
    ("/workflows/", cards),
    ("/api/v2/alerts", alerts),
    ("/hooks/", receiver),
    ("/services/", chat_hook),
)
"""The beginning of a path → who answers there."""


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None
