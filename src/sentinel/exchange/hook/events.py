"""JSON events of any tool, told where in them things stand; and CloudEvents 1.0 (https://cloudevents.io) in its three modes.

In CloudEvents the paths lead from the event: `type`, `subject`, `data.host`.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import unquote

from sentinel.exchange.hook.reading import Read, Spoilt, TooMany, Unreadable, instant, key, labels, parsed, spoilt, text
from sentinel.model.hook import ALERTS_MOST, LABEL_MOST, Alert, Fields, Format, State

FIRING: Final = ("firing", "alerting", "triggered", "trigger", "open", "opened", "active", "down", "critical", "problem", "1",
                 "true")  # fmt: skip
RESOLVED: Final = ("resolved", "resolve", "ok", "closed", "close", "cleared", "inactive", "up", "recovered", "recovery",
                   "normal", "0", "false")  # fmt: skip
"""What states are called, where the hook does not say."""
_STRUCTURED: Final = "application/cloudevents"
_USUAL: Final = Fields(
    key="subject",
    state="type",
    since="time",
    text="data.summary",
    severity="data.severity",
    firing=tuple(f"*.{word}" for word in FIRING) + tuple(f"*.{word}.v[0-9]*" for word in FIRING),
    resolved=tuple(f"*.{word}" for word in RESOLVED) + tuple(f"*.{word}.v[0-9]*" for word in RESOLVED),
)
_PLAIN: Final = Fields(
    key="key", state="state", since="since", until="until", text="text", severity="severity", firing=FIRING, resolved=RESOLVED
)


def read(body: bytes, headers: Mapping[str, str], kind: Format, fields: Fields) -> Read:
    """The events of a request; headers by their names in small letters. Raises Unreadable, TooMany."""
    where = filled(fields, _USUAL if kind is Format.CLOUDEVENTS else _PLAIN)
    events = _cloudevents(body, headers) if kind is Format.CLOUDEVENTS else _events(parsed(body), where.each)
    if len(events) > ALERTS_MOST:
        raise TooMany(f"it holds {len(events):,} events, and {ALERTS_MOST} are taken: send fewer at a time")
    made = [_alert(at, each, where) for at, each in enumerate(events)]
    return Read(
        alerts=tuple(each for each in made if isinstance(each, Alert)),
        spoilt=tuple(each for each in made if isinstance(each, Spoilt)),
    )


def filled(fields: Fields, usual: Fields) -> Fields:
    """With the usual place of what people did not say."""
    missing = {name: getattr(usual, name) for name in usual.__dataclass_fields__ if not getattr(fields, name)}
    return replace(fields, **missing)


def at_path(value: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does. A key that holds dots itself is found too."""
    if not path:
        return None
    if isinstance(value, Mapping):
        if path in value:
            return value[path]
        head, _, rest = path.partition(".")
        return at_path(value[head], rest) if rest and head in value else None
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        found = value[int(head)] if head.isascii() and head.isdecimal() and len(head) < 5 and int(head) < len(value) else None
        return at_path(found, rest) if rest else found
    return None


def _events(said: Any, each: str) -> list[Any]:
    found = at_path(said, each) if each else said
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        raise Unreadable(
            f"`{each}` is no list of events" if each else "the body is no event: send an object, or a list of them"
        )
    return [found]


def _cloudevents(body: bytes, headers: Mapping[str, str]) -> list[Any]:
    """Structured (one event is the body), batched (a list of them), or binary (its attributes are headers)."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(_STRUCTURED):
        if not kind.endswith("json"):
            raise Unreadable("events are read in JSON: send application/cloudevents+json")
        said = parsed(body)
        wants_list = kind.startswith(f"{_STRUCTURED}-batch")
        if isinstance(said, list) is not wants_list or not isinstance(said, list | dict):
            raise Unreadable("application/cloudevents+json is one event, application/cloudevents-batch+json a list")
        return said if isinstance(said, list) else [said]
    if "ce-specversion" not in headers:
        raise Unreadable("this is no CloudEvent: neither application/cloudevents+json nor ce-specversion is there")
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    return [{**attributes, "data": parsed(body) if body else {}}]


def _alert(at: int, said: Any, where: Fields) -> Alert | Spoilt:
    if not isinstance(said, dict):
        return spoilt(f"event {at} is no object", said)
    if "specversion" in said and not str(said["specversion"]).startswith("1."):
        return spoilt(f"event {at} is of another version of CloudEvents than 1", said)
    said = _with_data(said)
    name = key(at_path(said, where.key))
    if not name:
        return spoilt(f"event {at} has no key at `{where.key}`, or one longer than 255 characters", said)
    state = _state(text(at_path(said, where.state), LABEL_MOST), where)
    if state is None:
        return spoilt(f"event {at}: what stands at `{where.state}` is neither among `firing` nor among `resolved`", said)
    since, until = instant(at_path(said, where.since)), instant(at_path(said, where.until))
    severity = text(at_path(said, where.severity), LABEL_MOST)
    # Of an end most tools tell but one instant: when it was over.
    ended = state is State.RESOLVED
    return Alert(
        key=name,
        state=state,
        began_at=None if ended and until is None else since,
        ended_at=(until or since) if ended else None,
        text=text(at_path(said, where.text)),
        labels={**labels(said), **({"severity": severity} if severity else {})},
    )


def _with_data(said: dict[str, Any]) -> dict[str, Any]:
    """Data that came in base64 is read where it is JSON."""
    if "data_base64" not in said or not isinstance(said["data_base64"], str):
        return said
    try:
        return {**said, "data": parsed(b64decode(said["data_base64"], validate=True)), "data_base64": None}
    except (Error, ValueError, Unreadable):
        return said


def _state(word: str, where: Fields) -> State | None:
    small = word.lower()
    for state, patterns in ((State.RESOLVED, where.resolved), (State.FIRING, where.firing)):
        if any(fnmatchcase(small, pattern.lower()) for pattern in patterns):
            return state
    return None
