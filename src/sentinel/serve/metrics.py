"""/metrics: the hub's figures in Prometheus' format, read at the scrape. Label values come from our enums alone."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sentinel.model.delivery import Lane, State
from sentinel.model.incident import Phase
from sentinel.serve.port import Figures, Shown

Kind = TypeVar("Kind", bound=StrEnum)


class FiguresCollector(Collector):
    """One scrape's figures as metric families. Every member of an enum is there, with 0 where the figures lack it."""

    def __init__(self, figures: Figures, version: str) -> None:
        self._figures = figures
        self._version = version

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield InfoMetricFamily("sentinel_build", "What is running.", value={"version": self._version})
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
        yield _flag("sentinel_hold_on", "1 while the kill switch holds all customers' lanes.", figures.hold_on)
        yield _flag("sentinel_release_needed", "1 while a restored store waits for a release.", figures.release_needed)
        yield _flag("sentinel_config_ok", "0 while the files on disk are not the configuration in force.", figures.config_ok)
        if figures.last_round_age is not None:
            yield GaugeMetricFamily("sentinel_round_age_seconds", "Age of the last whole round.", value=figures.last_round_age)


def exposition(figures: Figures, version: str, accept: str) -> tuple[bytes, str]:
    """The text and its content type, Prometheus' or OpenMetrics' as `accept` asks."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FiguresCollector(figures, version))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _by(name: str, says: str, label: str, members: Iterable[Kind], counts: Mapping[Kind, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
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
