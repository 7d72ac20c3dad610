"""The channel `alertmanager`: one alert for each disturbance to Prometheus's Alertmanager, which has the routes to people.

An alert is known by its labels, so they stay the same for the whole of a disturbance: what changes stands in annotations.
Alertmanager takes an alert that it is not told of again as over, so each says until when it fires.
Shapes: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.deliver import layout, reply, staffmail
from sentinel.deliver.call import Arm, Call, Reply
from sentinel.deliver.outcome import Outcome
from sentinel.deliver.post import Post
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Occasion, Towards
from sentinel.model.secret import Secret
from sentinel.model.web import web_address

_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
OURS: Final = frozenset({"alertname", "incident"})
_OVER: Final = frozenset({Occasion.RECOVERED, Occasion.DISMISSED})
REACHES: Final = frozenset({Towards.STAFF})


class Options(BaseModel):
    """An Alertmanager."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    url: Annotated[str, AfterValidator(web_address)]
    """Where it is, without `/api/v2`. A private address must stand under `allow_private`."""
    labels: Annotated[Mapping[str, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = {}
    """More labels, for its routes: `{severity: page, team: billing}`."""
    fires_for: timedelta = timedelta(hours=24)
    """How long an alert fires without news of it. Its end is told at once."""
    user: str | None = None
    """The login, where it wants one."""
    password: Secret | None = None
    """A reference."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=15)
    """For one post, its reply included."""

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, labels: Mapping[str, str]) -> Mapping[str, str]:
        for name in labels:
            if name in OURS:
                raise ValueError(f"the label {name} is set by Sentinel")
            if not _LABEL.fullmatch(name):
                raise ValueError("a label's name is made of letters, digits and _")
        return labels

    @model_validator(mode="after")
    def _logs_in_whole(self) -> "Options":
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        return self


class AlertmanagerConnection:
    """Posts one alert at a time, on one kept connection."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks) -> None:
        self._options = options
        self._now = now
        self._url = f"{options.url.rstrip('/')}/api/v2/alerts"
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)
        self._headers = {"Content-Type": "application/json"}
        if options.user is not None and options.password is not None:
            login = b64encode(f"{options.user}:{options.password.reveal()}".encode()).decode()
            self._headers["Authorization"] = f"Basic {login}"

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post one alert."""
        if not isinstance(message, StaffNote):
            return Failed(reason="Alertmanager reaches staff, not customers", permanent=True)
        now = self._now()
        body = json.dumps([alert(message, self._options, now)]).encode()
        came = await self._post.send(Call(url=self._url, headers=self._headers, body=body), arm)
        if not isinstance(came, Reply):
            return came
        if 200 <= came.status < 300:
            return Accepted(ref=message.thread)
        return reply.refusal(came, now, tuple(self._headers.values()), may_repeat=True)

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> AlertmanagerConnection:
    """A connection that opens itself when it is first used."""
    return AlertmanagerConnection(options, now, allow)


def alert(note: StaffNote, options: Options, now: datetime) -> Mapping[str, Any]:
    """The alert of one note."""
    brief = note.brief
    annotations = {
        "summary": layout.title(brief),
        "description": staffmail.text(note),
        "impact": "" if brief.impact is None else brief.impact.value,
        "services": ", ".join(brief.services),
        "occasion": brief.occasion.value,
    }
    made: dict[str, Any] = {
        "labels": {**options.labels, "alertname": "SentinelIncident", "incident": note.thread},
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": _instant(min(brief.since or now, now)),
        "endsAt": _instant(now if brief.occasion in _OVER else now + options.fires_for),
    }
    if brief.link.startswith(("https://", "http://")):
        made["generatorURL"] = brief.link
    return made


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
