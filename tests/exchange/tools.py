"""What other tools send, as they send it: Alertmanager 0.28, Grafana 11, PagerDuty's integrations, a CloudEvents producer."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

NEVER = "0001-01-01T00:00:00Z"


def alert(
    key: str,
    began: datetime,
    ended: datetime | None = None,
    labels: Mapping[str, str] | None = None,
    summary: str = "5xx above 5 % for 2 minutes",
) -> dict[str, Any]:
    """One alert of Alertmanager, which writes nanoseconds, and an end that is far off while it fires."""
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": {"alertname": "PaymentErrors", "service": "payments", "severity": "critical", "job": "api", **(labels or {})},
        "annotations": {"summary": summary, "runbook_url": "https://wiki.example.com/payments"},
        "startsAt": began.strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z",
        "endsAt": NEVER if ended is None else ended.strftime("%Y-%m-%dT%H:%M:%S.%f") + "456Z",
        "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=up",
        "fingerprint": key,
    }


def alertmanager(*alerts: Mapping[str, Any], truncated: int = 0) -> bytes:
    """A notification of one group, version 4."""
    said = {
        "receiver": "sentinel",
        "status": "firing" if any(each["status"] == "firing" for each in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "PaymentErrors"},
        "commonLabels": {"alertname": "PaymentErrors"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com:9093",
        "version": "4",
        "groupKey": '{}:{alertname="PaymentErrors"}',
        "truncatedAlerts": truncated,
    }
    return json.dumps(said).encode()


def pagerduty(action: str, key: str | None = "srv01/http", routing_key: str = "R" * 32, **more: Any) -> bytes:
    """An event as Alertmanager's own PagerDuty integration, and most others, send it."""
    said: dict[str, Any] = {"routing_key": routing_key, "event_action": action, "client": "Alertmanager"}
    if key is not None:
        said["dedup_key"] = key
    if action == "trigger":
        said["payload"] = {
            "summary": "payments: checkout is failing",
            "source": "checkout-1.example.com",
            "severity": "critical",
            "component": "checkout",
            "custom_details": {"firing": "1", "service": "payments"},
            **more,
        }
    return json.dumps(said).encode()


def cloudevent(kind: str, at: datetime, subject: str = "checkout", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{subject}-{kind}-{int(at.timestamp())}",
        "source": "https://watch.example.com/rules/7",
        "type": kind,
        "subject": subject,
        "time": (at - timedelta(0)).isoformat(),
        "datacontenttype": "application/json",
        "data": {"summary": "checkout is slow", "severity": "warning", "service": "payments", **data},
    }
