"""The ways in for what other tools say."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Line, Name, Period
from sentinel.model.secret import Secret
from sentinel.model.webhook import key

GravityName = Literal["down", "degraded", "ignore"]
Path = Annotated[str, Field(max_length=200, pattern=r"^[^\s]*$")]
Patterns = Annotated[tuple[Line, ...], Field(max_length=50)]


class HookRuleShape(Shape):
    """What alerts with certain labels are about."""

    when: Annotated[dict[str, Line], Field(min_length=1, max_length=20)]
    """Label → its value, or a pattern with `*` and `?`; all of them must fit. The first rule that fits counts."""
    service: Name | None = None
    """The service that it is about; left out: as the hook says."""
    statement: Name | None = None
    """What of that service customers feel by it; without one, staff alone are concerned."""
    severity: GravityName | None = None
    """What it is to us, whatever the tool calls it."""


class HookFieldsShape(Shape):
    """Where in the JSON of `generic` and `cloudevents` things stand, as dotted paths (`alert.labels.host`, `items.0.id`)."""

    each: Path = ""
    """The list whose items are the events, where a request holds several below a key."""
    key: Path = ""
    """What tells one alert from another: `key`, of CloudEvents `subject`."""
    state: Path = ""
    """What says whether it is firing: `state`, of CloudEvents `type`."""
    since: Path = ""
    """When it began, RFC 3339 or seconds since 1970: `since`, of CloudEvents `time`."""
    until: Path = ""
    """When it ended: `until`, of CloudEvents `until`."""
    text: Path = ""
    """What staff read: `text`, of CloudEvents `data.summary`."""
    severity: Path = ""
    """How grave it is: `severity`, of CloudEvents `data.severity`."""
    firing: Patterns = ()
    """States that are firing, with `*` and `?`; the usual words without."""
    resolved: Patterns = ()
    """States that are over, likewise."""


class HookShape(Shape):
    """One tool that reports to `/hooks/<name>`."""

    format: Literal["alertmanager", "pagerduty", "cloudevents", "generic"]
    """What it speaks: Alertmanager's webhook (Grafana's too), PagerDuty's Events v2, CloudEvents 1.0, or JSON of any kind."""
    token: Secret | None = None
    """A reference: the bearer token, the password of `user`, or of `pagerduty` the routing key."""
    user: Line | None = None
    """Where the tool signs in by HTTP basic authentication: its name."""
    secrets: Annotated[tuple[Secret, ...], Field(max_length=5)] = ()
    """References: of `generic` and `cloudevents`, whsec_ secrets of the Standard Webhooks, instead of a token."""
    may: Literal["suspect", "second", "warn"] = "suspect"
    """What its word may do: open a suspected incident, only join one as its second signal, or warn staff and stand in none."""
    expires: Period | None = None
    """After so long without a word, an alert that stands counts as unknown: it ends nothing, and bears nothing out."""
    service: Name | None = None
    """The service of alerts that no rule speaks of."""
    statement: Name | None = None
    """What of that service customers feel by them; none: staff alone are concerned."""
    service_label: Line = "service"
    """The label that holds the name of a service, where it is one of ours."""
    severity_label: Line = "severity"
    """The label that holds the severity."""
    severities: Annotated[dict[str, GravityName], Field(max_length=50)] = {}  # noqa: RUF012 - pydantic copies it
    """Severity → `down`, `degraded` or `ignore`; unnamed: warnings degraded, info ignored, everything else down."""
    rules: Annotated[tuple[HookRuleShape, ...], Field(max_length=200)] = ()
    """What alerts are about, by their labels."""
    fields: HookFieldsShape = HookFieldsShape()
    """Where things stand in the JSON of `generic` and `cloudevents`."""

    @field_validator("secrets")
    @classmethod
    def _are_keys(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for each in secrets:
            key(each.reveal())
        return secrets
