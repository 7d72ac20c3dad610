"""PagerDuty's Events API v2: one event a request, which triggers, acknowledges or resolves what its `dedup_key` names.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/. The routing key in the body is the secret.
"""

from hashlib import sha256
from json import dumps
from typing import Any, Final

from sentinel.exchange.hook.reading import Read, Unreadable, instant, key, labels, parsed, text
from sentinel.model.hook import Alert, State

_ACTIONS: Final = {"trigger": State.FIRING, "acknowledge": State.SEEN, "resolve": State.RESOLVED}


def routing_key(body: bytes) -> str:
    """The routing key of an event; empty where there is none. Raises Unreadable."""
    said = parsed(body)
    found = said.get("routing_key") if isinstance(said, dict) else None
    return found if isinstance(found, str) and len(found) <= 512 else ""


def read(body: bytes) -> Read:
    """The event of a request to `enqueue`. Raises Unreadable."""
    said = parsed(body)
    if not isinstance(said, dict):
        raise Unreadable("the body is no event: send an object with event_action")
    state = _ACTIONS.get(str(said.get("event_action")))
    if state is None:
        raise Unreadable("`event_action` is none of trigger, acknowledge, resolve")
    payload = said.get("payload")
    if state is State.FIRING and (not isinstance(payload, dict) or not text(payload.get("summary"))):
        raise Unreadable("`payload.summary` is missing: a trigger says what is wrong")
    inner = payload if isinstance(payload, dict) else {}
    given = said.get("dedup_key")
    name = key(given) or (_made(said) if given in (None, "") and state is State.FIRING else "")
    if not name:
        raise Unreadable("`dedup_key` is missing, or longer than 255 characters")
    alert = Alert(
        key=name,
        state=state,
        began_at=instant(inner.get("timestamp")) if state is State.FIRING else None,
        text=text(inner.get("summary")),
        labels=_labels(said, inner),
    )
    return Read(alerts=(alert,), key=name)


def _labels(said: dict[str, Any], payload: dict[str, Any]) -> dict[str, str]:
    """The payload's own fields under their names, then the details."""
    own = {name: payload.get(name) for name in ("severity", "source", "component", "group", "class")}
    return labels({"client": said.get("client"), **own, "details": payload.get("custom_details")})


def _made(said: dict[str, Any]) -> str:
    """Of what it says, where it names no key: the same event again is the same alert."""
    return sha256(dumps(said, sort_keys=True).encode()).hexdigest()[:32]
