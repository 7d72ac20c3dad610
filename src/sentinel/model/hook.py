"""Hook: a way in for what another tool says, as people configured it; Alert: one thing that it says, in our own words.

Pure. Does not belong here: how a request is proven and read (exchange/hook/), what becomes of an alert (detect/hook.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.model.signal import SECOND, TOLD, WARNED

ROOM: Final = "/hooks/"
"""Where on the hub tools report: this and the hook's name."""
CHECK: Final = "hook/"
"""Begins what stands in the place of a check's id in the signals of hooks; no check's id holds a slash."""
BODY_LIMIT: Final = 1024 * 1024
"""Bytes of one request: twice what PagerDuty has, for so many alerts of Prometheus as are taken."""
ALERTS_MOST: Final = 500
"""Alerts in one request."""
STANDING_MOST: Final = 100
"""Alerts of one hook that stand at the same time: in a storm, more would only bury what staff have to read."""
LATELY_MOST: Final = 300
"""Alerts of one hook that stand or have just ended: rounds look at each of these for as long as it may come back."""
EACH_MOST: Final = 10
"""Signals of one alert among these: one that flaps takes no room from the others."""
KEY_MOST: Final = 255
TEXT_MOST: Final = 300
LABELS_MOST: Final = 60
LABEL_MOST: Final = 200


class Format(StrEnum):
    """What a tool speaks."""

    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"
    CLOUDEVENTS = "cloudevents"
    GENERIC = "generic"


class May(StrEnum):
    """What a tool's word may do. None of them confirms anything alone, or reaches customers."""

    SUSPECT = "suspect"
    """Open a suspected incident for staff, and be the second signal of one."""
    SECOND = "second"
    """Join an incident that others opened, as its second signal; open none."""
    WARN = "warn"
    """Be told to staff by itself, and stand in no incident."""

    @property
    def detector(self) -> str:
        """Under which name its signals stand."""
        return {May.SUSPECT: TOLD, May.SECOND: SECOND, May.WARN: WARNED}[self]


class Gravity(StrEnum):
    """What a severity of theirs is to us."""

    DOWN = "down"
    DEGRADED = "degraded"
    IGNORE = "ignore"

    @property
    def verdict(self) -> Verdict:
        return Verdict.DEGRADED if self is Gravity.DEGRADED else Verdict.DOWN


USUAL: Final[Mapping[str, Gravity]] = {
    "warning": Gravity.DEGRADED,
    "warn": Gravity.DEGRADED,
    "minor": Gravity.DEGRADED,
    "info": Gravity.IGNORE,
    "informational": Gravity.IGNORE,
    "debug": Gravity.IGNORE,
    "none": Gravity.IGNORE,
}
"""What severities mean where the hook does not say; a word that nobody knows, and none at all, is `down`: staff look."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What alerts with certain labels are about. `when`: label → a pattern with `*` and `?`; all must fit. `statement`: by its
    name within the service."""

    when: Mapping[str, str]
    service: str = ""
    statement: str = ""
    gravity: Gravity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """Where in an event of JSON things stand, as dotted paths (`alert.labels.host`, `items.0.id`); empty: nowhere.

    `each`: the list whose items are the events, where one request holds several. `firing`, `resolved`: patterns of the state.
    """

    each: str = ""
    key: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    severity: str = ""
    firing: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """One of `hooks:`. Proven by `token` (a bearer's, or the password of `user`), or by signatures with any of `keys`.

    `service`, `statement`: of alerts that no rule speaks of. `service_label`: the label that holds the name of a service.
    `expires`: after so long without a word an alert that stands counts as unknown.
    """

    name: str
    format: Format
    token: Secret | None = None
    user: str = ""
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    may: May = May.SUSPECT
    expires: timedelta | None = None
    service: str = ""
    statement: str = ""
    service_label: str = "service"
    severity_label: str = "severity"
    severities: Mapping[str, Gravity] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    fields: Fields = Fields()

    @property
    def check(self) -> str:
        """What stands in the place of a check's id in its signals."""
        return f"{CHECK}{self.name}"


class State(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"
    SEEN = "seen"
    """Somebody over there has taken it: it stands as it did, and was heard of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One alert as a tool tells it. `key` is the same for as long as it is the same to the tool. `began_at` and `ended_at` by
    the tool's clock, None where it does not say."""

    key: str
    state: State
    began_at: datetime | None = None
    ended_at: datetime | None = None
    text: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Tells its signals from those of the hook's other alerts, whatever letters the tool's key holds."""
        return sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What an alert is about, by the hook's rules. `unmapped`: why it cannot be told, empty where it can."""

    service: str = ""
    statement: str | None = None
    gravity: Gravity = Gravity.DOWN
    unmapped: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is remembered of one alert. `began_at`: the last instant that the tool gave, of a beginning or, once
    it is over, of its end. `since`: of the
    signal that stands, None when none does. `heard_at`: when the tool said anything of it last. `verdict`: what it is to us, up
    where nothing stands and unknown where its tool went silent. `words`: the evidence."""

    heard_at: datetime
    began_at: datetime | None = None
    since: datetime | None = None
    verdict: Verdict = Verdict.UP
    words: str = ""

    @property
    def stands(self) -> bool:
        return self.since is not None


class Became(StrEnum):
    """What became of an alert."""

    RAISED = "raised"
    REFRESHED = "refreshed"
    """It stands already: heard again."""
    CLEARED = "cleared"
    STALE = "stale"
    """A late copy, or a repeat, of what is over."""
    STRAY = "stray"
    """It says that something ended which never stood here."""
    IGNORED = "ignored"
    """Its severity is one that the hook passes over."""
    ASIDE = "aside"
    """It cannot be mapped, or too many stand: set aside, for staff to look at."""


class Refused(StrEnum):
    """Why a whole request was not taken."""

    UNPROVEN = "unproven"
    """Without the hook's credential, or for a hook that there is not."""
    UNREADABLE = "unreadable"
    """Too large, or not of the hook's format."""
    BUSY = "busy"
    """Too often, or it could not be stored: it is to come again."""
