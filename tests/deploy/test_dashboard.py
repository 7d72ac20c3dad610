"""deploy/grafana-dashboard.json and the alert rules' own tests: they ask of figures that there are."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from tests.docs.pages import page
from tests.docs.test_metrics import alerts, families, samples

DASHBOARD = json.loads(page("deploy/grafana-dashboard.json"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
TESTS = yaml.safe_load(page("deploy/prometheus-rules.test.yaml"))["tests"]
SELECTOR = re.compile(r"\b(sentinel_\w+|up)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*=~?\s*"([^"]*)"')
ADDED_BY_THE_SCRAPE = {"job", "instance"}


def members() -> dict[str, dict[str, set[str]]]:
    """Metric → label → what it may be."""
    found: dict[str, dict[str, set[str]]] = {}
    for family in families():
        for sample in family.samples:
            for label, member in sample.labels.items():
                found.setdefault(sample.name, {}).setdefault(label, set()).add(member)
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in PANELS:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


@pytest.mark.parametrize(("title", "expr"), list(expressions()))
def test_a_panel_asks_of_figures_and_labels_that_there_are(title: str, expr: str) -> None:
    named = set(re.findall(r"\bsentinel_\w+\b", expr))
    assert named <= samples()
    assert named or "up{" in expr
    for metric, inside in SELECTOR.findall(expr):
        for label, wanted in MATCHER.findall(inside):
            if label not in ADDED_BY_THE_SCRAPE:
                assert set(wanted.split("|")) <= members()[metric][label], (title, label, wanted)
    for label in re.findall(r"by \(([^)]*)\)", expr):
        for each in label.split(", "):
            assert any(each in members().get(metric, {}) for metric in named), (title, each)


def test_every_figure_of_the_hub_is_on_the_dashboard_and_in_an_alert_or_known_to_need_none() -> None:
    shown = set(re.findall(r"\bsentinel_\w+\b", " ".join(expr for _, expr in expressions())))
    assert shown == samples()
    alerted = set(re.findall(r"\bsentinel_\w+\b", " ".join(alert["expr"] for alert in alerts())))
    # Incidents, and what comes back, are the product's work and not its trouble; of the others the self-audit speaks.
    seen_to = {"audit_age_seconds", "canaries", "canaries_failing", "canary_notice_age_seconds", "loop_lag_seconds"}
    seen_to |= {"returned_total", "returns_unused_total", "processes", "process_silence_seconds", "samples_left_out_total"}
    # What other tools say is the product's work too.
    seen_to |= {"hook_alerts_total", "hook_refused_total"}
    # A lost agent is a trouble of Sentinel's own.
    seen_to |= {"agents", "agent_checks", "agent_silence_seconds", "agent_samples_total", "agent_late_samples_total"}
    # Customers' contacts are the product's work too: they raise incidents of their own.
    seen_to |= {"contacts_hour", "contact_topics_high"}
    assert samples() - alerted == {"sentinel_incidents_open", *(f"sentinel_{name}" for name in seen_to)}


def test_panels_have_names_places_of_their_own_and_the_chosen_source() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${source}"} == {panel["datasource"]["uid"]}
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_variables_are_those_that_the_queries_use() -> None:
    defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval", "__all"}
    assert used == defined


def test_each_alert_is_tested_to_fire_and_to_be_silent() -> None:
    fires: dict[str, set[bool]] = {}
    for test in TESTS:
        for each in test["alert_rule_test"]:
            fires.setdefault(each["alertname"], set()).add(bool(each["exp_alerts"]))
    assert fires == {alert["alert"]: {True, False} for alert in alerts()}


def test_the_tests_of_alerts_speak_of_series_that_there_are() -> None:
    for test in TESTS:
        for series in test["input_series"]:
            name, inside = re.fullmatch(r"(\w+)\{(.*)\}", series["series"]).groups()  # type: ignore[union-attr]
            labels = dict(MATCHER.findall(inside))
            assert name in samples() | {"up"}
            assert set(labels) == ADDED_BY_THE_SCRAPE | set(members().get(name, {})), series
            for label in set(labels) - ADDED_BY_THE_SCRAPE - {"version"}:
                assert labels[label] in members()[name][label]


def test_grafana_and_prometheus_find_in_compose_what_they_are_told_to_read() -> None:
    compose = yaml.safe_load(page("deploy/compose.yaml"))["services"]
    provider = yaml.safe_load(page("deploy/grafana/dashboards.yaml"))["providers"][0]["options"]["path"]
    assert any(str(mount["target"]).startswith(provider + "/") for mount in compose["grafana"]["volumes"])
    scrape = yaml.safe_load(page("deploy/prometheus.yml"))
    assert scrape["scrape_configs"][0]["job_name"] == "sentinel"
    assert scrape["scrape_configs"][0]["static_configs"][0]["targets"] == ["sentinel:8080"]
    rules = {str(mount["target"]) for mount in compose["prometheus"]["volumes"]}
    assert {f"/etc/prometheus/{file}" for file in scrape["rule_files"]} <= rules
    assert yaml.safe_load(page("deploy/grafana/datasource.yaml"))["datasources"][0]["url"] == "http://prometheus:9090"


def test_the_guide_has_a_row_for_each_alert_with_its_severity() -> None:
    rows = re.findall(r"^\| `(Sentinel\w+)` \| (\w+) \|", page("docs/how-to/monitor-sentinel.md"), re.MULTILINE)
    assert dict(rows) == {alert["alert"]: alert["labels"]["severity"] for alert in alerts()}
    assert len(rows) == len(dict(rows))
