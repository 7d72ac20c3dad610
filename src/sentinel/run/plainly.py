"""A check in plain words: what it does, what must hold, and what of its options may be shown.

Belongs here: sentences for staff, and the rule of what is a secret. Options are shown by their type: numbers, switches and
short plain words as they are; addresses without what may be a secret in them; any other text as dots.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sentinel.model.check import Check
from sentinel.probe.compare import WORDS, short

DOTS = "•••"
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,15}://", re.IGNORECASE)
_HOST = re.compile(r"(?=.*[.:])[A-Za-z0-9_.:\[\]-]{1,253}")
_LIKE_A_KEY = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_=+-]{20,}")
_NAMED_SECRET = re.compile(r"pass|secret|token|key|auth|cookie|credential|session", re.IGNORECASE)
_VERBS = {"http": "Asks", "tcp": "Connects to", "dns": "Looks up", "ping": "Pings"}
PUSHED = {"heartbeat": "Waits for the pings of a job", "value": "Waits for values that somebody sends"}
_MEANS = (("up", "or it is down"), ("healthy", "or it is degraded"), ("calm", "or staff are warned"))


def does(check: Check) -> str:
    """What it does, as a sentence: "Asks https://pay.example.com/form every 30 s, and waits at most 10 s." """
    if check.kind in PUSHED:
        return f"{PUSHED[check.kind]}; whether it is overdue is looked at every {_length(check.every)}."
    target = next((_shown(name, check.options[name]) for name in ("url", "host", "address") if name in check.options), "")
    verb = _VERBS.get(check.kind, f"Looks ({check.kind}) at")
    method = check.options.get("method", "GET")
    how = f" with {method}" if check.kind == "http" and method != "GET" else ""
    return f"{verb} {target or 'its target'}{how} every {_length(check.every)}, and waits at most {_length(check.timeout)}."


def options(check: Check) -> tuple[tuple[str, str], ...]:
    """Name and value of each option, secrets as dots. What is empty is left out."""
    return tuple((name, _shown(name, value)) for name, value in check.options.items() if value not in (None, "", {}, (), []))


def conditions(check: Check) -> tuple[tuple[str, str], ...]:
    """(what it is if one does not hold, the condition in words), those of `up` first."""
    blocks = {"up": check.up, "healthy": check.healthy, "calm": check.calm}
    found = [(means, text) for block, means in _MEANS for text in _conditions(blocks[block])]
    if check.kind == "http" and check.up.get("status") is None and "status" not in (check.up.get("fact") or {}):
        found.insert(0, (_MEANS[0][1], "the status is below 400"))
    return tuple(found)


def _conditions(block: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in block.items():
        if wanted is None:
            continue
        match name, wanted:
            case "status", _:
                yield f"the status is {' or '.join(map(str, _each(wanted)))}"
            case "below_ms", _:
                yield f"the whole takes less than {wanted:g} ms"
            case "certificate_days", _:
                yield f"the certificate is valid for at least {wanted:g} days more"
            case "json", _:
                yield from (
                    f"the JSON value {one['path']} {one.get('op', '==')} {short(one.get('value'))}" for one in _each(wanted)
                )
            case (("body" | "header"), _):
                for one in _each(wanted):
                    yield from _texts(name, one)
            case "fact", Mapping():
                yield from _facts(wanted)
            case "when", _:
                yield from _each(wanted)
            case _:
                yield f"{name.replace('_', ' ')}: {wanted}"


def _each(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else (wanted,)


def _facts(wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, holds in wanted.items():
        for how, value in (holds if isinstance(holds, Mapping) else {"is": holds}).items():
            if value is not None:
                yield f"{name} {WORDS[how]} {short(tuple(value) if isinstance(value, list) else value)}"


def _texts(name: str, wanted: Mapping[str, Any]) -> Iterator[str]:
    what = f"the header {wanted['name']}" if "name" in wanted else f"the {name}"
    hidden = bool(_NAMED_SECRET.search(str(wanted.get("name", ""))))
    for verb, says in (("contains", "contains"), ("lacks", "does not contain"), ("is", "is")):
        if wanted.get(verb) is not None:
            yield from (f"{what} {says} “{DOTS if hidden else text}”" for text in _each(wanted[verb]))


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {DOTS}" for key in value)
    if isinstance(value, list | tuple):
        return ", ".join(_shown(name, each) for each in value)
    if not isinstance(value, str) or _NAMED_SECRET.search(name):
        return DOTS
    if _ADDRESS.match(value):
        return _address(value)
    return value if _PLAIN_WORD.fullmatch(value) or (name in ("host", "address") and _HOST.fullmatch(value)) else DOTS


def _address(url: str) -> str:
    """An address without user, password, query values, fragment, and the parts of its path that look like a key."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return DOTS
    path = "/".join(DOTS if _LIKE_A_KEY.fullmatch(piece) else piece for piece in parts.path.split("/"))
    query = "&".join(f"{piece.partition('=')[0]}={DOTS}" for piece in parts.query.split("&")) if parts.query else ""
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{shown}{port}", path, query, ""))


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    return f"{seconds:g} s" if seconds < 120 or seconds % 60 else f"{seconds / 60:g} min"
