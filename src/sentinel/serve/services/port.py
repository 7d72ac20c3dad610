"""What the hub is asked for by the pages of services, checks and places: views, and the part of the port that gives them.

Belongs here: what those pages and the API need to know. Nothing here is a secret: of a check's options only what may be shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sentinel.model.observation import Fact, Verdict
from sentinel.model.service import Impact
from sentinel.serve.agents.port import AgentLine
from sentinel.serve.services.span import History as History
from sentinel.serve.services.span import Latency as Latency
from sentinel.serve.services.span import Span as Span


class Shown(StrEnum):
    """How the board shows a check. `failing`: bad samples, but no signal yet; `slow` and `down`: a signal stands."""

    UP = "up"
    FAILING = "failing"
    SLOW = "slow"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Uptime:
    """Scheduled samples of the last `window`, counted in whole hours of UTC and the hour that runs.

    `share` is that of the samples that were not `down`, among those that could see; `unknown` ones are left out of it. None
    without any. `degraded` ones count as up and are told apart.
    """

    window: timedelta
    up: int
    degraded: int
    down: int
    unknown: int

    @property
    def seen(self) -> int:
        return self.up + self.degraded + self.down

    @property
    def share(self) -> float | None:
        return (self.up + self.degraded) / self.seen if self.seen else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckLine:
    """One check in a list. `since`: the first sample of what is shown now; `seen_at`: the last sample."""

    id: str
    kind: str
    shown: Shown
    since: datetime | None
    seen_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLine:
    """One service in a list. `title` in the desk's language; `reviewed` None: never; `overdue`: more than 18 months ago."""

    name: str
    title: str
    team: str
    owner: str
    reviewed: date | None
    overdue: bool
    shown: Shown
    checks: tuple[CheckLine, ...]
    uptime: tuple[Uptime, ...]
    """Of 24 hours, 7 days and 30 days, over all of its checks."""
    incident: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicesPage:
    at: datetime
    services: tuple[ServiceLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """One statement, and how it can reach customers: by which checks, to which audience, in which languages, or why not."""

    id: str
    say: str
    impact: Impact
    checks: tuple[str, ...]
    audience: str | None
    channels: tuple[str, ...]
    languages: tuple[str, ...]
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AssuranceLine:
    """`until` is the last day on which it may be given."""

    statement: str
    words: str
    owner: str
    evidence: str
    until: date
    is_current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PastLine:
    """One incident that touched the service. `headline` in the desk's language."""

    incident: int
    reference: str
    headline: str
    began_at: datetime
    ended_at: datetime | None
    phase: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicePage:
    """One service, whole. `incidents`: newest first, of the last 200 of the whole installation."""

    at: datetime
    service: ServiceLine
    depends_on: tuple[str, ...]
    depended_on_by: tuple[str, ...]
    statements: tuple[StatementLine, ...]
    assurances: tuple[AssuranceLine, ...]
    incidents: tuple[PastLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenAt:
    """The latest sample of a check at one place. `phases`: name → milliseconds, in the order in which they happened."""

    place: str
    at: datetime
    verdict: Verdict
    shown: Shown
    since: datetime
    reason: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class LastBad:
    """The last sample that was down or degraded, of the last seven days: why, and the excerpt that shows it."""

    place: str
    at: datetime
    verdict: Verdict
    reason: str
    evidence: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPage:
    """One check, whole. `does`: what it does, as a sentence. `options`: what may be shown of them, secrets as dots.

    `conditions`: (what it means if one does not hold, the condition in words). `means`: verdict → statement id. `lately`: the
    figures of the last 1h, 24h, 7d and 90d.
    """

    at: datetime
    id: str
    service: str
    title: str
    kind: str
    does: str
    every: timedelta
    timeout: timedelta
    options: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[str, str], ...]
    means: Mapping[Verdict, str]
    uptime: tuple[Uptime, ...]
    places: tuple[SeenAt, ...]
    last_bad: LastBad | None
    latency: Latency
    lately: Mapping[str, Span] = field(default_factory=dict)


class PlaceState(StrEnum):
    """Whether a place has a voice. `blind`: its canaries fail; `lost`: nothing is heard of it; `nobody`: it has no agent."""

    SEES = "sees"
    BLIND = "blind"
    LOST = "lost"
    NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceLine:
    """One place. `seen_at`: its last batch, None before the first; `lag`: by how much its most overdue check is overdue.

    `checks`: how many checks it has told of; `sources`: how many starts of probers there have been; `stored`: their samples.
    `agents`: those that are to look from there; none at the hub's own, `is_own`.
    """

    name: str
    seen_at: datetime | None
    checks: int
    expected: int
    overdue: int
    lag: timedelta
    sources: int
    stored: int
    is_own: bool = False
    state: PlaceState = PlaceState.SEES
    agents: tuple[AgentLine, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacesPage:
    at: datetime
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessLine:
    """One hub or worker. `kind`: `serve` or `worker`; `place`: where its prober probes from, empty for a worker.

    `silent_for`: since it last said that it lives. `is_behind`: others know a later schema of the store: upgrade it.
    """

    id: str
    kind: str
    host: str
    pid: int
    version: str
    schema: int
    place: str
    lanes: tuple[str, ...]
    up_for: timedelta
    silent_for: timedelta
    is_behind: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessesPage:
    """The processes heard of in the last 30 s. `shared`: the store is one that several may use at the same time."""

    at: datetime
    shared: bool
    processes: tuple[ProcessLine, ...]


HOURS = (1, 6, 24, 168, 2160)
"""How far back a latency picture may look."""


class ServicesPort(Protocol):
    """Part of serve.port.Hub. An unknown name is None."""

    async def services(self) -> ServicesPage: ...

    async def service(self, name: str) -> ServicePage | None: ...

    async def check(self, check: str, *, hours: int) -> CheckPage | None:
        """`hours` is one of `HOURS`."""
        ...

    async def history(self, check: str, *, since: datetime, until: datetime, step: timedelta) -> History | None:
        """`since` is before `until`, and the steps between them are not many."""
        ...

    async def places(self) -> PlacesPage: ...

    async def processes(self) -> ProcessesPage: ...
