"""Alertmanager's webhook, version 4, which Grafana's alerting speaks too: a group of alerts, each firing or resolved.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Sequence
from hashlib import sha256
from json import dumps
from typing import Any, Final

from sentinel.exchange.hook.reading import Read, Spoilt, Unreadable, instant, key, labels, parsed, spoilt, text
from sentinel.model.hook import ALERTS_MOST, Alert, State

_STATES: Final = {"firing": State.FIRING, "resolved": State.RESOLVED}
_WORDS: Final = ("summary", "description", "message", "title")
"""Annotations that say what is wrong, the best first."""


def read(body: bytes) -> Read:
    """The alerts of a notification, of very many those that fire first: what is refused is not sent again, and is the worst of
    all nights. Raises Unreadable."""
    said = parsed(body)
    alerts = said.get("alerts") if isinstance(said, dict) else None
    if not isinstance(alerts, list):
        raise Unreadable("`alerts` is missing, or no list: send it as Alertmanager's webhook_configs do")
    made = [_alert(at, alerts[at]) for at in _taken(alerts)]
    left_out = said.get("truncatedAlerts")
    is_count = isinstance(left_out, int) and not isinstance(left_out, bool) and left_out > 0
    return Read(
        alerts=tuple(each for each in made if isinstance(each, Alert)),
        spoilt=tuple(each for each in made if isinstance(each, Spoilt)),
        truncated=max(0, len(alerts) - ALERTS_MOST) + (left_out if is_count else 0),
    )


def _taken(alerts: Sequence[Any]) -> Sequence[int]:
    """Which of them are read, as they were sent: so many at most, and of too many the firing ones before all others."""
    firing_first = sorted(range(len(alerts)), key=lambda at: not _fires(alerts[at]))
    return sorted(firing_first[:ALERTS_MOST])


def _fires(said: Any) -> bool:
    return isinstance(said, dict) and said.get("status") == State.FIRING.value


def _alert(at: int, said: Any) -> Alert | Spoilt:
    if not isinstance(said, dict) or not isinstance(said.get("labels"), dict):
        return spoilt(f"alerts/{at} has no labels", said)
    state = _STATES.get(str(said.get("status")))
    if state is None:
        return spoilt(f"alerts/{at}/status is neither firing nor resolved", said)
    annotations = said["annotations"] if isinstance(said.get("annotations"), dict) else {}
    words = next((found for each in _WORDS if (found := text(annotations.get(each)))), "")
    name = text(said["labels"].get("alertname"))
    return Alert(
        key=key(said.get("fingerprint")) or _fingerprint(said["labels"]),
        state=state,
        began_at=instant(said.get("startsAt")),
        ended_at=instant(said.get("endsAt")) if state is State.RESOLVED else None,
        text=text(": ".join(filter(None, (name, words)))),
        labels=labels(said["labels"]),
    )


def _fingerprint(given: dict[str, Any]) -> str:
    """What tells an alert by, where whoever speaks this format gives none: its labels."""
    return sha256(dumps(given, sort_keys=True).encode()).hexdigest()[:32]
