"""How the hub itself is: health and figures, for machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sentinel.model.delivery import Lane, State
from sentinel.model.hook import Became, Refused
from sentinel.model.incident import Phase
from sentinel.model.returned import Fate, Unused
from sentinel.serve.agents.port import AgentLine
from sentinel.serve.services.port import Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """Whether this hub can do its work, and if not, why not. Reasons are shown to anybody: no names, no addresses."""

    ready: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFigures:
    """What /metrics shows of the process itself, from its memory: it is there also when the store is not. Ages in seconds.

    `troubles`: kind → how many stand. `free`: bytes on the store's disk, None where that cannot be told. `pinged_age`: of the
    last ping that the dead man's switch took, None if there was none. `returned`, `returns_unused`: what was reported of
    deliveries since the process began, and what of it changed nothing.
    """

    audit_ok: bool = True
    audit_age: float = 0.0
    canary_age: float = 0.0
    troubles: Mapping[str, int] = field(default_factory=dict)
    canaries: int = 0
    canaries_failing: int = 0
    free: int | None = None
    loop_lag: float = 0.0
    pinged_age: float | None = None
    returned: Mapping[Fate, int] = field(default_factory=dict)
    returns_unused: Mapping[Unused, int] = field(default_factory=dict)
    hook_alerts: Mapping[Became, int] = field(default_factory=dict)
    """What became of other tools' alerts since the process began."""
    hooks_refused: Mapping[Refused, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What /metrics shows, read from the store at the scrape. Absent keys count as 0.

    `oldest_undelivered` is in seconds, of deliveries that could go now (queued, claimed, armed or retry).
    `last_round_age` is in seconds, None before the first round.
    """

    incidents: Mapping[Phase, int]
    deliveries: Mapping[tuple[Lane, State], int]
    oldest_undelivered: Mapping[Lane, float]
    checks: Mapping[Shown, int]
    observations_stored: int
    hold_on: bool
    release_needed: bool
    prober_restarts: int
    last_round_age: float | None
    config_ok: bool
    housekeeping_age: float | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    """`skipped`: instants of the schedule that passed without a sample; `dropped`: samples that nobody took in time."""
    """Seconds since what had its time was last let go of; None before the first time."""
    contacts_hour: int = 0
    """Contacts in the last hour, about anything."""
    contacts_high: int = 0
    """Topics about which far more customers than usual contact us."""
    agents: tuple[AgentLine, ...] = ()
    """Those of other places, by place and number."""
    processes: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Kind (`serve`, `worker`) → for how many seconds each living process of it that shares the store has said nothing."""
