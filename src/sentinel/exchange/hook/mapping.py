"""What an alert is about: the first rule whose labels fit, then the hook's own words. Pure.

Does not belong here: how a tool writes its alerts (the formats beside this file), what becomes of one (detect/hook.py).
"""

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Final

from sentinel.exchange.hook import alertmanager, events, pagerduty
from sentinel.exchange.hook.reading import Read, text
from sentinel.model.hook import USUAL, About, Alert, Format, Gravity, Hook, Rule

_SHOWN: Final = 4
"""Labels in the evidence."""
_DULL: Final = frozenset({"alertname", "severity", "prometheus", "specversion", "id", "datacontenttype"})
_NOTHING: Final = Rule(when={})


def read(hook: Hook, body: bytes, headers: Mapping[str, str]) -> Read:
    """The alerts of a request in the hook's format. Raises Unreadable, TooMany."""
    match hook.format:
        case Format.ALERTMANAGER:
            return alertmanager.read(body)
        case Format.PAGERDUTY:
            return pagerduty.read(body)
        case _:
            return events.read(body, headers, hook.format, hook.fields)


def about(hook: Hook, alert: Alert, services: Collection[str], statements: Collection[str]) -> About:
    """The service, the statement and the gravity of an alert."""
    rule = next((each for each in hook.rules if fits(each, alert)), _NOTHING)
    gravity = rule.gravity or _gravity(hook, alert.labels.get(hook.severity_label, ""))
    named = alert.labels.get(hook.service_label, "") if hook.service_label else ""
    service = rule.service or (named if named in services else "") or hook.service
    if service not in services:
        why = (
            f"it names the service {text(named, 64)!r}, which there is not"
            if named
            else "no rule fits, and it names no service"
        )
        return About(gravity=gravity, unmapped=why)
    # The hook's own statement is of its own service: an alert about another one means nothing that customers feel.
    statement = rule.statement or (hook.statement if service == hook.service else "")
    full = f"{service}.{statement}"
    return About(service=service, statement=full if statement and full in statements else None, gravity=gravity)


def fits(rule: Rule, alert: Alert) -> bool:
    return all(fnmatchcase(alert.labels.get(name, ""), pattern) for name, pattern in rule.when.items())


def evidence(hook: Hook, alert: Alert) -> str:
    """The tool's word, for staff alone: never quoted to a customer."""
    shown = [(name, value) for name, value in alert.labels.items() if name not in _DULL and value not in alert.text]
    beside = ", ".join(f"{name}={value}" for name, value in shown[:_SHOWN])
    return text(f"{hook.name} says: {alert.text or alert.key}" + (f" ({beside})" if beside else ""))


def _gravity(hook: Hook, word: str) -> Gravity:
    small = word.lower()
    return hook.severities.get(small) or USUAL.get(small, Gravity.DOWN)
