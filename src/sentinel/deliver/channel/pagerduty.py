"""The channel `pagerduty`: one alert for each disturbance by the Events API v2, triggered, acknowledged and resolved with it.

PagerDuty gathers events by `dedup_key`, the incident and its episode, so a repeat does no harm.
Shapes: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from sentinel.deliver import layout, reply, staffmail
from sentinel.deliver.call import Arm, Call, Reply
from sentinel.deliver.outcome import Broken, Outcome
from sentinel.deliver.post import Post
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Occasion, Towards
from sentinel.model.secret import Secret
from sentinel.model.service import Impact
from sentinel.model.web import web_address

SUMMARY_MOST: Final = 1024
KEY_MOST: Final = 255
DETAILS_MOST: Final = 20_000
SEVERITY: Final[Mapping[Impact | None, str]] = {
    Impact.MAJOR_OUTAGE: "critical",
    Impact.PARTIAL_OUTAGE: "error",
    Impact.DEGRADED_PERFORMANCE: "warning",
    None: "warning",
}
"""What customers feel → how grave; `warning` where they feel nothing."""
_OVER: Final = frozenset({Occasion.RECOVERED, Occasion.DISMISSED})
_CALLS: Final = frozenset({Occasion.SUSPECTED, Occasion.STAFF_OPENED, Occasion.PROMISE_DUE})
"""Occasions that are meant to wake somebody, whoever has acknowledged it."""
REACHES: Final = frozenset({Towards.STAFF})


class Options(BaseModel):
    """The integration of a service."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    routing_key: Secret
    """The integration key of an Events API v2 integration; a reference."""
    base_url: Annotated[str, AfterValidator(web_address)] = "https://events.pagerduty.com/"
    """Where the API is; `https://events.eu.pagerduty.com/` for accounts in Europe."""
    source: Annotated[str, AfterValidator(str.strip)] = "sentinel"
    """What the alert names as its source."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=15)
    """For one event, its reply included."""


class PagerDutyConnection:
    """Posts one event at a time, on one kept connection."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks) -> None:
        self._options = options
        self._now = now
        self._url = f"{options.base_url.rstrip('/')}/v2/enqueue"
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post one event."""
        if not isinstance(message, StaffNote):
            return Failed(reason="PagerDuty reaches staff, not customers", permanent=True)
        said = {**event(message, self._options.source), "routing_key": self._options.routing_key.reveal()}
        call = Call(url=self._url, headers={"Content-Type": "application/json"}, body=json.dumps(said).encode())
        came = await self._post.send(call, arm)
        return self._judged(came) if isinstance(came, Reply) else came

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()

    def _judged(self, came: Reply) -> Outcome:
        body = reply.parsed(came)
        if 200 <= came.status < 300:
            return Accepted(ref=reply.found_at(body, "dedup_key"))
        secrets = (self._options.routing_key.reveal(),)
        if came.status == 400 and "routing_key" in came.body.decode("utf-8", "replace"):
            return Broken(reason=f"400: it does not know our key{reply.quote(came, secrets)}")
        return reply.refusal(came, self._now(), secrets, may_repeat=True)


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> PagerDutyConnection:
    """A connection that opens itself when it is first used."""
    return PagerDutyConnection(options, now, allow)


def event(note: StaffNote, source: str) -> Mapping[str, Any]:
    """The event of one note, without the key of the integration."""
    brief = note.brief
    done: dict[str, Any] = {"event_action": action(note), "dedup_key": note.thread[:KEY_MOST], "client": "Sentinel"}
    if brief.link.startswith(("https://", "http://")):
        done["client_url"] = brief.link
        done["links"] = [{"href": brief.link, "text": "Open in Sentinel"}]
    payload: dict[str, Any] = {
        "summary": " ".join(layout.title(brief).split())[:SUMMARY_MOST] or "Sentinel",
        "source": source or "sentinel",
        "severity": SEVERITY[brief.impact],
        "component": ", ".join(brief.services)[:SUMMARY_MOST],
        "class": brief.occasion.value,
        "custom_details": {"brief": staffmail.text(note)[:DETAILS_MOST], "reference": brief.reference},
    }
    if brief.since is not None:
        payload["timestamp"] = brief.since.astimezone(UTC).isoformat()
    return {**done, "payload": payload}


def action(note: StaffNote) -> str:
    """Over: resolve. News of what somebody is at already: acknowledge, which wakes nobody. Everything else: trigger."""
    brief = note.brief
    if brief.occasion in _OVER:
        return "resolve"
    return "acknowledge" if brief.acknowledged_by and brief.occasion not in _CALLS else "trigger"
