"""Incident: one disturbance, told by its timeline. The timeline is the truth; the incident is its fold (incident/fold.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from sentinel.model.words import Words

MACHINE = "sentinel"
"""The `who` of entries that no person wrote."""


class Phase(StrEnum):
    SUSPECTED = "suspected"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    DISMISSED = "dismissed"

    @property
    def is_over(self) -> bool:
        return self in (Phase.RESOLVED, Phase.REVIEWED, Phase.DISMISSED)


# What an entry says. One record a kind, told apart by `kind`; the store keeps them as JSON.


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A signal or a person began it. `statement` is None when only staff are concerned. `root`: the service at its root."""

    root: str
    service: str
    statement: str | None
    began_at: datetime
    phase: Phase
    signal: str | None = None
    quorum: bool | None = None
    """Of a signal: whether enough of the places that look at its check agree. None: one place alone looks."""
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalJoined:
    """`root`: the service at the root of all, where this signal shows another one than was thought; None: as before."""

    signal: str
    service: str
    statement: str | None
    since: datetime
    root: str | None = None
    quorum: bool | None = None
    """Whether enough of the places that look at its check agree. None: one place alone looks."""
    kind: Literal["signal_joined"] = "signal_joined"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalCleared:
    """`good_since`: the first good sample of the run that cleared it; None where nobody watches any more and nobody saw one."""

    signal: str
    good_since: datetime | None
    kind: Literal["signal_cleared"] = "signal_cleared"


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A person says that customers feel `statement` (its full id) on `service`."""

    service: str
    statement: str
    began_at: datetime
    kind: Literal["declared"] = "declared"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseSet:
    """`cause` is what customers may be told of the cause, once identified."""

    phase: Phase
    cause: Words | None = None
    kind: Literal["phase_set"] = "phase_set"


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    kind: Literal["acknowledged"] = "acknowledged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    text: str
    kind: Literal["noted"] = "noted"


@dataclass(frozen=True, kw_only=True, slots=True)
class EtaSet:
    """A person's time of return; overrides history. `vendor`: on whose word, where a vendor named it."""

    until: datetime
    reason: str
    vendor: str = ""
    kind: Literal["eta_set"] = "eta_set"


@dataclass(frozen=True, kw_only=True, slots=True)
class EtaUnknown:
    """A person says that nobody can name a time any more: the answer "unknown" to a promise that is due."""

    promise: int
    kind: Literal["eta_unknown"] = "eta_unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseHolds:
    """A person says that the promise will be kept: the answer "holds" to a promise that is due."""

    promise: int
    kind: Literal["promise_holds"] = "promise_holds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovering:
    """Every signal cleared; the hold runs until `hold_until`, and any failure ends it."""

    recovered_at: datetime
    hold_until: datetime
    kind: Literal["recovering"] = "recovering"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryBroken:
    kind: Literal["recovery_broken"] = "recovery_broken"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    recovered_at: datetime
    kind: Literal["resolved"] = "resolved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dismissed:
    reason: str
    kind: Literal["dismissed"] = "dismissed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reopened:
    """It broke again, or a person says it was never over. `episode` is a new one if customers had been told of the end."""

    episode: int
    began_at: datetime
    kind: Literal["reopened"] = "reopened"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeApproved:
    """A person gave consent to a notice, or a rule did on a person's earlier consent. `people`: how many it is for."""

    notice: int
    step: str
    people: int
    kind: Literal["notice_approved"] = "notice_approved"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeCancelled:
    """A person took an approval back inside its window, or threw a draft away."""

    notice: int
    step: str
    kind: Literal["notice_cancelled"] = "notice_cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeVoided:
    """What a notice says is no longer so: what of it has not gone out never will."""

    notice: int
    step: str
    kind: Literal["notice_voided"] = "notice_voided"


Said: TypeAlias = (
    Opened
    | SignalJoined
    | SignalCleared
    | Declared
    | PhaseSet
    | Acknowledged
    | Noted
    | EtaSet
    | EtaUnknown
    | PromiseHolds
    | Recovering
    | RecoveryBroken
    | Resolved
    | Dismissed
    | Reopened
    | NoticeApproved
    | NoticeCancelled
    | NoticeVoided
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the timeline: who said what, when and why. `seq` counts from 1 within the incident."""

    incident: int
    seq: int
    at: datetime
    who: str
    said: Said
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Felt:
    """A statement in force: its full id, since when, and the entry that last brought it into force."""

    statement: str
    service: str
    since: datetime
    cause: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A signal that is part of the incident. `good_since` and the entry `cleared_by` are set once it has cleared."""

    signal: str
    service: str
    statement: str | None
    since: datetime
    cause: int
    quorum: bool | None = None
    """False: a minority of the places says so, which a lying place looks like too. It confirms nothing."""
    good_since: datetime | None = None
    cleared_by: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """The fold of a timeline. `last_seq` is the number of its last entry; `opened_by` the entry that began this episode.

    `standing`: signals not cleared. `declared`: statements that people stand behind. `felt`: the statements in force, by
    either, as they were at the end where the incident is over or recovering (the closing names them). `began_at`,
    `recovered_at`, `resolved_at` are those of the present episode; `first_began_at` that of the whole incident.
    """

    id: int
    root: str
    services: tuple[str, ...]
    phase: Phase
    episode: int
    first_began_at: datetime
    began_at: datetime
    detected_at: datetime
    confirmed_at: datetime | None
    last_seq: int
    opened_by: int
    standing: tuple[Standing, ...] = ()
    cleared: tuple[Standing, ...] = ()
    """Signals of this episode that have cleared, the last one of each detector, check and place."""
    declared: tuple[Felt, ...] = ()
    felt: tuple[Felt, ...] = ()
    acknowledged_by: str | None = None
    cause: Words | None = None
    eta: EtaSet | None = None
    eta_by: str | None = None
    eta_at: datetime | None = None
    eta_seq: int | None = None
    answered: Mapping[int, str] = field(default_factory=dict)
    """Promise id → "holds" or "unknown", as a person answered."""
    recovered_at: datetime | None = None
    hold_until: datetime | None = None
    resolved_at: datetime | None = None
    dismissed_at: datetime | None = None
    over_by: int | None = None
    """The entry that ended this episode (resolved or dismissed)."""

    @property
    def subject(self) -> str:
        """What notices are about, part of their identity."""
        return f"incident:{self.id}"

    @property
    def reference(self) -> str:
        """What a caller can say and the desk can type: 17-A, 17-B for its second episode."""
        return f"{self.id}-{chr(ord('A') + (self.episode - 1) % 26)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentPolicy:
    """The times that rule an incident's life (DESIGN.md section 8)."""

    group_within: timedelta = timedelta(minutes=3)
    reopen_within: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(minutes=5)
    hold_intervals: int = 3
