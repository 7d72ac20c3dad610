"""A sample in the names that blackbox_exporter gives its metrics, so that dashboards and alerts made for it go on working.

Belongs here: names and units. What Sentinel does not measure is left out, not made up: docs/how-to/come-from-blackbox.md.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sentinel.model.observation import Fact
from sentinel.serve.probe.port import Probed

PHASES: Final = {
    "resolve": "dns_ms", "connect": "connect_ms", "tls": "tls_ms", "processing": "first_byte_ms", "transfer": "transfer_ms",
}  # fmt: skip
DNS_PHASES: Final = {"resolve": "dns_ms", "request": "answer_ms"}
ICMP_PHASES: Final = {"resolve": "dns_ms", "rtt": "avg_ms"}
BY_TEXT: Final = re.compile(r"body (contains|lacks) |header |!?body\.matches\(")
"""How the assertions begin that a regular expression has become."""
BY_CEL: Final = re.compile(r"(?<![\w.])json\b")
"""What stands in those that an expression of CEL has become: a body that is read as JSON."""


def exposition(probed: Probed, accept: str) -> tuple[bytes, str]:
    """The text and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sample(probed))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Sample(Collector):
    def __init__(self, probed: Probed) -> None:
        self._probed = probed

    def collect(self) -> Iterator[Metric]:
        one, facts = self._probed, self._probed.facts
        yield _gauge("probe_success", "Displays whether or not the probe was a success", one.success)
        yield _gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds", one.seconds)
        yield _gauge("probe_timeout_seconds", "Returns how long the probe timeout is in seconds", one.within)
        if (dns := _seconds(facts, "dns_ms")) is not None:
            yield _gauge("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", dns)
        yield from _address(facts)
        yield from _BY_KIND.get(one.kind, _nothing)(one)
        yield from _certificate(one)


def _http(one: Probed) -> Iterator[Metric]:
    facts = one.facts
    yield _phases("probe_http_duration_seconds", "Duration of http request by phase, summed over all redirects", PHASES, facts)
    version = str(facts.get("http_version") or "0")
    yield _gauge("probe_http_status_code", "Response HTTP status code", _number(facts.get("status")))
    yield _gauge("probe_http_redirects", "The number of redirects", _number(facts.get("redirects")))
    yield _gauge("probe_http_ssl", "Indicates if SSL was used for the final redirect", "tls_ms" in facts)
    yield _gauge("probe_http_version", "Returns the version of HTTP of the probe response", float(version))
    length = one.headers.get("content-length", "")
    yield _gauge("probe_http_content_length", "Length of http content response", float(length) if length.isdigit() else -1)
    yield _gauge("probe_http_uncompressed_body_length", "Length of uncompressed response body", _number(facts.get("bytes")))
    texts = [said for said in one.failed if BY_TEXT.match(said)]
    others = [said for said in one.failed if said not in texts]
    yield _gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex", bool(texts))
    yield _gauge("probe_failed_due_to_cel", "Indicates if probe failed due to CEL", any(map(BY_CEL.search, others)))


def _dns(one: Probed) -> Iterator[Metric]:
    yield _phases("probe_dns_duration_seconds", "Duration of DNS request by phase", DNS_PHASES, one.facts)
    yield _gauge(
        "probe_dns_query_succeeded", "Displays whether or not the query was executed successfully", "rcode" in one.facts
    )
    yield _gauge("probe_dns_answer_rrs", "Returns number of entries in the answer resource record list",
                 _number(one.facts.get("records")))  # fmt: skip


def _icmp(one: Probed) -> Iterator[Metric]:
    yield _phases("probe_icmp_duration_seconds", "Duration of icmp request by phase", ICMP_PHASES, one.facts)


def _grpc(one: Probed) -> Iterator[Metric]:
    code = one.facts.get("grpc_code")
    if isinstance(code, int | float):
        yield _gauge("probe_grpc_status_code", "Response gRPC status code", code)


def _tcp(one: Probed) -> Iterator[Metric]:
    yield _gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex", False)


def _nothing(one: Probed) -> Iterator[Metric]:
    yield from ()


_BY_KIND: Final = {"http": _http, "dns": _dns, "ping": _icmp, "grpc": _grpc, "tcp": _tcp, "tls": _tcp}


def _address(facts: Mapping[str, Fact]) -> Iterator[Metric]:
    if ip := facts.get("ip"):
        yield _gauge("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", 6 if ":" in str(ip) else 4)
        yield _gauge("probe_ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
                     fnv1a(str(ip)))  # fmt: skip


def _certificate(one: Probed) -> Iterator[Metric]:
    if one.first_expiry is not None:
        yield _gauge("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", one.first_expiry)
    if version := one.facts.get("tls_version"):
        family = GaugeMetricFamily("probe_tls_version_info", "Contains the TLS version used", labels=["version"])
        family.add_metric([str(version).replace("TLSv", "TLS ")], 1)
        yield family


def fnv1a(address: str) -> int:
    """FNV-1a (32 bits) over the address' bytes, as over there, so that the figure does not change with the tool."""
    found = 0x811C9DC5
    for byte in ip_address(address.partition("%")[0]).packed:
        found = (found ^ byte) * 0x01000193 % 2**32
    return found


def _phases(name: str, says: str, names: Mapping[str, str], facts: Mapping[str, Fact]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=["phase"])
    for phase, fact in names.items():
        family.add_metric([phase], _seconds(facts, fact) or 0.0)
    return family


def _seconds(facts: Mapping[str, Fact], name: str) -> float | None:
    found = facts.get(name)
    return float(found) / 1000 if isinstance(found, int | float) else None


def _number(fact: Fact) -> float:
    return float(fact) if isinstance(fact, int | float) else 0.0


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=float(value))
