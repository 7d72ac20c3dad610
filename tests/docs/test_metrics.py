"""docs/reference/metrics.md and deploy/prometheus-rules.yaml speak of the metrics that there are, and of no others."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from prometheus_client.metrics_core import Metric

from sentinel.model.delivery import State
from sentinel.serve.metrics import FiguresCollector
from sentinel.serve.port import Figures, OwnFigures
from tests.docs.pages import page
from tests.serve.standin_services import agents

PAGE = page("docs/reference/metrics.md")
LEDGER = page("docs/reference/ledger.md")
RULES = yaml.safe_load(page("deploy/prometheus-rules.yaml"))
NAME = re.compile(r"\bsentinel_[a-z_]+\b")


def families() -> list[Metric]:
    figures = Figures(
        incidents={},
        deliveries={},
        oldest_undelivered={},
        checks={},
        observations_stored=0,
        hold_on=False,
        release_needed=False,
        prober_restarts=0,
        last_round_age=0.0,
        config_ok=True,
        housekeeping_age=1.0,
        agents=tuple(agents("madrid")),
    )
    own = OwnFigures(free=1, pinged_age=1.0)
    return list(FiguresCollector(figures, own, "0").collect())


def rows() -> dict[str, str]:
    return {found[1]: line for line in PAGE.splitlines() if (found := re.match(r"\| `(sentinel_\w+)` \|", line))}


def samples() -> set[str]:
    return {sample.name for family in families() for sample in family.samples}


def alerts() -> Iterator[dict[str, Any]]:
    for group in RULES["groups"]:
        yield from group["rules"]


def test_the_page_has_a_row_for_every_metric_and_no_other() -> None:
    assert set(rows()) == samples()


def test_a_row_names_the_labels_and_their_members() -> None:
    for family in families():
        for sample in family.samples:
            for label, member in sample.labels.items():
                row = rows()[sample.name]
                assert f"`{label}`" in row
                is_elsewhere = label in ("state", "version") or (label == "lane" and "`lane` |" in row)
                assert is_elsewhere or f"`{member}`" in row, (label, member)
    assert all(f"{state.value} |" in LEDGER or f"| {state.value}" in LEDGER for state in State)


def test_alert_rules_ask_of_metrics_that_exist() -> None:
    for alert in alerts():
        named = set(NAME.findall(alert["expr"]))
        assert named <= samples(), alert["alert"]
        assert named or "up{" in alert["expr"]


def test_every_alert_says_what_is_so_and_what_to_do() -> None:
    for alert in alerts():
        assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["action"]
    assert {"SentinelNotReady", "SentinelUndelivered", "SentinelProberRestarts", "SentinelHoldOn"} <= {
        alert["alert"] for alert in alerts()
    }
