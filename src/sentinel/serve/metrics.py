"""/metrics: the hub's figures in Prometheus' format, read at the scrape. Label values are of our enums, or in `places:`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sentinel.model.delivery import Lane, State
from sentinel.model.hook import Became, Refused
from sentinel.model.incident import Phase
from sentinel.model.process import KINDS
from sentinel.model.returned import Fate, Unused
from sentinel.model.trouble import Trouble
from sentinel.serve.agents.port import REPORTING, AgentLine, AgentState
from sentinel.serve.port import Figures, OwnFigures, Shown

Kind = TypeVar("Kind", bound=StrEnum)


class FiguresCollector(Collector):
    """One scrape's figures as metric families. Every member of an enum is there, with 0 where the figures lack it."""

    def __init__(self, figures: Figures | None, own: OwnFigures, version: str) -> None:
        self._figures = figures
        self._own = own
        self._version = version

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("sentinel_build", "What is running.", value={"version": self._version})
        yield _flag(
            "sentinel_store_up",
            "0 while the store cannot be read: then most other figures are missing.",
            self._figures is not None,
        )
        yield from _of_ourselves(self._own)
        if self._figures is not None:
            yield from self._of_the_store(self._figures)

    def _of_the_store(self, figures: Figures) -> Iterator[Metric]:
        open_phases = [phase for phase in Phase if not phase.is_over]
        yield _by("sentinel_incidents_open", "Incidents that are not over.", "phase", open_phases, figures.incidents)
        yield _deliveries(figures.deliveries)
        yield _by(
            "sentinel_oldest_undelivered_seconds", "Age of the oldest delivery that could go now.",
            "lane", list(Lane), figures.oldest_undelivered,
        )  # fmt: skip
        yield _by("sentinel_checks", "Checks by what the board shows.", "shown", list(Shown), figures.checks)
        yield CounterMetricFamily(
            "sentinel_observations_stored", "Observations on disk since the store was made.", value=figures.observations_stored
        )
        yield CounterMetricFamily(
            "sentinel_prober_restarts", "Times that a prober process was started again.", value=figures.prober_restarts
        )
        left_out = CounterMetricFamily(
            "sentinel_samples_left_out", "Samples that were not taken, or not taken in.", labels=["why"]
        )
        for why in ("dropped", "skipped"):
            left_out.add_metric([why], figures.left_out.get(why, 0))
        yield left_out
        yield _gauge("sentinel_contacts_hour", "Contacts of customers in the last hour.", figures.contacts_hour)
        yield _gauge("sentinel_contact_topics_high", "Topics with far more contacts than usual.", figures.contacts_high)
        yield _flag("sentinel_hold_on", "1 while the kill switch holds all customers' lanes.", figures.hold_on)
        yield _flag("sentinel_release_needed", "1 while a restored store waits for a release.", figures.release_needed)
        yield _flag("sentinel_config_ok", "0 while the files on disk are not the configuration in force.", figures.config_ok)
        yield from _of_processes(figures.processes)
        yield from _of_agents(figures.agents)
        if figures.housekeeping_age is not None:
            yield GaugeMetricFamily(
                "sentinel_housekeeping_age_seconds",
                "Age of the last housekeeping that came to its end.",
                value=figures.housekeeping_age,
            )
        if figures.last_round_age is not None:
            yield GaugeMetricFamily("sentinel_round_age_seconds", "Age of the last whole round.", value=figures.last_round_age)


def exposition(figures: Figures | None, own: OwnFigures, version: str, accept: str) -> tuple[bytes, str]:
    """The text and its content type, Prometheus' or OpenMetrics' as `accept` asks. `figures` None: the store cannot be read."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FiguresCollector(figures, own, version))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


_OURS: Final = [kind for kind in Trouble if kind is not Trouble.WARNING]
"""A warning of somebody's service is no trouble of ours."""


def _of_ourselves(own: OwnFigures) -> Iterator[Metric]:
    yield _flag("sentinel_audit_ok", "1 while the self-audit passes.", own.audit_ok)
    yield _gauge("sentinel_audit_age_seconds", "Age of the last self-audit.", own.audit_age)
    yield _gauge(
        "sentinel_canary_notice_age_seconds", "How long the canary notice under way has been waited for.", own.canary_age
    )
    yield _by("sentinel_troubles", "Troubles of Sentinel's own that stand.", "kind", _OURS, {
        kind: own.troubles.get(kind.value, 0) for kind in _OURS
    })  # fmt: skip
    yield _gauge("sentinel_canaries", "Canaries of the hub's place.", own.canaries)
    yield _gauge("sentinel_canaries_failing", "Canaries that fail now.", own.canaries_failing)
    yield _gauge("sentinel_loop_lag_seconds", "By how much the hub's loop was late at most, lately.", own.loop_lag)
    if own.free is not None:
        yield _gauge("sentinel_store_disk_free_bytes", "Free space on the store's disk.", own.free)
    yield _counts("sentinel_returned", "Reports of deliveries that counted.", "fate", list(Fate), own.returned)
    yield _counts("sentinel_returns_unused", "What came back and changed nothing.", "why", list(Unused), own.returns_unused)
    yield _counts("sentinel_hook_alerts", "Alerts of other tools, by what became of them.", "became", list(Became),
                  own.hook_alerts)  # fmt: skip
    yield _counts("sentinel_hook_refused", "Requests of other tools that were not taken.", "why", list(Refused),
                  own.hooks_refused)  # fmt: skip
    if own.pinged_age is not None:
        yield _gauge(
            "sentinel_dead_man_ping_age_seconds", "Age of the last ping that the dead man's switch took.", own.pinged_age
        )


def _of_processes(silences: Mapping[str, tuple[float, ...]]) -> Iterator[Metric]:
    living = GaugeMetricFamily("sentinel_processes", "Hubs and workers that share the store and live.", labels=["kind"])
    silent = GaugeMetricFamily(
        "sentinel_process_silence_seconds", "For how long the quietest living process has said nothing.", labels=["kind"]
    )
    for kind in KINDS:
        living.add_metric([kind], len(silences.get(kind, ())))
        silent.add_metric([kind], max(silences.get(kind, ()), default=0.0))
    yield living
    yield silent


def _of_agents(agents: Sequence[AgentLine]) -> Iterator[Metric]:
    """Each of those that are to report; its labels are the name of a place in the files, and a number."""
    labels = ["place", "agent"]
    states = _by("sentinel_agents", "Agents of other places.", "state", list(AgentState), Counter(one.state for one in agents))
    checks = GaugeMetricFamily("sentinel_agent_checks", "Checks that it holds now.", labels=labels)
    silence = GaugeMetricFamily(
        "sentinel_agent_silence_seconds", "For how long it has said nothing to a hub that listened.", labels=labels
    )
    stored = CounterMetricFamily("sentinel_agent_samples", "Its samples on disk, since it enrolled.", labels=labels)
    late = CounterMetricFamily(
        "sentinel_agent_late_samples", "Its samples that came so late that they are history alone.", labels=labels
    )
    for one in agents:
        if one.state in REPORTING:
            mine = [one.place, f"{one.id}"]
            checks.add_metric(mine, one.checks)
            silence.add_metric(mine, one.silent_for.total_seconds())
            stored.add_metric(mine, one.stored)
            late.add_metric(mine, one.late)
    yield from (states, checks, silence, stored, late)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)


def _by(name: str, says: str, label: str, members: Iterable[Kind], counts: Mapping[Kind, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for member in members:
        family.add_metric([str(member.value)], counts.get(member, 0))
    return family


def _counts(name: str, says: str, label: str, members: Iterable[Kind], counts: Mapping[Kind, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, says, labels=[label])
    for member in members:
        family.add_metric([str(member.value)], counts.get(member, 0))
    return family


def _deliveries(counts: Mapping[tuple[Lane, State], int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("sentinel_deliveries", "Deliveries in the ledger.", labels=["lane", "state"])
    for lane in Lane:
        for state in State:
            family.add_metric([lane.value, state.value], counts.get((lane, state), 0))
    return family


def _flag(name: str, says: str, on: bool) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=1 if on else 0)
