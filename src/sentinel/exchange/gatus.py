"""gatus: a condition of Gatus (`[STATUS] == 200`) as a condition of ours, or why it cannot be said. Pure.

Belongs here: its language. Does not belong here: its endpoints, its alerting, the conditions themselves (probe/condition.py).
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

OPS: Final = ("==", "!=", "<=", ">=", "<", ">")
_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ASKED: Final = {"==": "is", "!=": "is_not", "<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
_PLACEHOLDER: Final = re.compile(r"\[[A-Z_]+\]")
_FUNCTION: Final = re.compile(r"(len|has|pat|any)\((.*)\)", re.DOTALL)
_PATH: Final = re.compile(r"(\.[A-Za-z_]\w*|\[[0-9]+\])+")
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_MS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
DAY_MS: Final = 86_400_000.0


class Unsayable(Exception):
    """A condition that we have no counterpart of. Its text says why."""


@dataclass(kw_only=True, slots=True)
class Conditions:
    """`up` as people write it in checks/; `cannot`: condition → why it is not among them."""

    up: dict[str, Any] = field(default_factory=dict)
    cannot: dict[str, str] = field(default_factory=dict)


def translate(conditions: Sequence[str]) -> Conditions:
    """All conditions of one endpoint."""
    made = Conditions()
    for condition in conditions:
        try:
            _put(made.up, condition)
        except Unsayable as why:
            made.cannot[condition] = str(why)
    return made


def _put(up: dict[str, Any], condition: str) -> None:
    left, op, right = _parts(condition)
    if not _asks(left):
        left, op, right = right, _TURNED.get(op, op), left
    if not _asks(left):
        raise Unsayable("it says nothing of the target")
    if _asks(right):
        _when(up, f"{_in_cel(left)} {op} {_in_cel(right)}")
        return
    function = _FUNCTION.fullmatch(left)
    if function and function[1] == "has":
        _has(up, function[2], op, right)
        return
    if function:
        _length(up, function[2], op, right)
        return
    name = _PLACEHOLDER.match(left)
    assert name is not None
    put = _PUT.get(name[0])
    if put is None:
        raise Unsayable(f"{name[0]} is not known here")
    put(up, left[name.end() :], op, right)


def _parts(condition: str) -> tuple[str, str, str]:
    for op in OPS:
        left, found, right = condition.partition(f" {op} ")
        if found and left.strip() and right.strip():
            return left.strip(), op, right.strip()
    raise Unsayable("it is no condition: two sides and a comparison with spaces around it")


def _asks(side: str) -> bool:
    return bool(_PLACEHOLDER.match(side)) or bool(re.match(r"(len|has)\(\[", side))


# What is asked about


def _status(up: dict[str, Any], path: str, op: str, right: str) -> None:
    function = _FUNCTION.fullmatch(right)
    if op == "==" and function and function[1] == "any":
        up["status"] = [int(one) for one in _listed(function[2])]
    elif op == "==" and function and re.fullmatch(r"[1-5]\*", function[2]):
        up["status"] = f"{function[2][0]}xx"
    elif op == "==" and right.isdigit():
        up["status"] = int(right)
    else:
        _fact(up, "status", op, _number(right))


def _response_time(up: dict[str, Any], path: str, op: str, right: str) -> None:
    limit = _milliseconds(right)
    if op == "<" and "below_ms" not in up:
        up["below_ms"] = limit
    else:
        _fact(up, "total_ms", op, limit)


def _text_fact(name: str) -> "Put":
    def put(up: dict[str, Any], path: str, op: str, right: str) -> None:
        function = _FUNCTION.fullmatch(right)
        if op not in ("==", "!="):
            raise Unsayable("a text is not less or more than another")
        if function is None:
            _fact(up, name, op, right)
        elif function[1] == "any" and op == "==":
            up.setdefault("fact", {}).setdefault(name, {})["one_of"] = _listed(function[2])
        else:
            text = _inside(function[2])
            if text:
                up.setdefault("fact", {}).setdefault(name, {})["contains" if op == "==" else "lacks"] = text
            else:
                _when(up, _compared(name, op, right))

    return put


def _connected(up: dict[str, Any], path: str, op: str, right: str) -> None:
    if (op, right) not in (("==", "true"), ("!=", "false")):
        raise Unsayable("a check that is to fail to connect is none of ours")


def _certificate(up: dict[str, Any], path: str, op: str, right: str) -> None:
    if op not in (">", ">="):
        raise Unsayable("of a certificate is asked for how long it holds at least")
    up["certificate_days"] = _milliseconds(right) / DAY_MS


def _domain(up: dict[str, Any], path: str, op: str, right: str) -> None:
    raise Unsayable("make it a check of the kind `domain`: it need not be asked for each time")


def _body(up: dict[str, Any], path: str, op: str, right: str) -> None:
    function = _FUNCTION.fullmatch(right)
    pattern = function[2] if function and function[1] == "pat" else ""
    anywhere = _inside(pattern)
    if not path and anywhere and op in ("==", "!="):
        up.setdefault("body", {}).setdefault("contains" if op == "==" else "lacks", []).append(anywhere)
    elif not path and function is None:
        text = json.dumps(right, ensure_ascii=False)
        _when(up, f"body {op} {text}" if op in ("==", "!=") else f"double(body) {op} {_number(right)}")
    elif path.startswith(".") and function is None:
        up.setdefault("json", []).append({"path": path[1:], "op": op, "value": _value(right)})
    elif path.startswith(".") and anywhere and op == "==":
        up.setdefault("json", []).append({"path": path[1:], "op": "contains", "value": anywhere})
    else:
        _when(up, _compared(_in_cel(f"[BODY]{path}") if path else "body", op, right))


def _has(up: dict[str, Any], inside: str, op: str, right: str) -> None:
    if op not in ("==", "!=") or right not in ("true", "false"):
        raise Unsayable("whether something is there is true or false")
    _when(up, f"{'' if (op == '==') == (right == 'true') else '!'}has({_in_cel(inside)})")


def _length(up: dict[str, Any], inside: str, op: str, right: str) -> None:
    """Of a text and of a list; over there all else is written out first and its letters are counted."""
    if not inside.startswith("[BODY]") or inside == "[BODY]":
        raise Unsayable("the length of a whole body is not asked for: whether it is text or JSON is not known before")
    _when(up, f"size({_in_cel(inside)}) {op} {_number(right):g}")


Put = Callable[[dict[str, Any], str, str, str], None]
_PUT: Final[dict[str, Put]] = {
    "[STATUS]": _status,
    "[RESPONSE_TIME]": _response_time,
    "[IP]": _text_fact("ip"),
    "[DNS_RCODE]": _text_fact("rcode"),
    "[CONNECTED]": _connected,
    "[CERTIFICATE_EXPIRATION]": _certificate,
    "[DOMAIN_EXPIRATION]": _domain,
    "[BODY]": _body,
}


# What is said in CEL, an extra


def _when(up: dict[str, Any], expression: str) -> None:
    up.setdefault("when", []).append(expression)


def _in_cel(side: str) -> str:
    """`[BODY].users[0].name` → `json.users[0].name`."""
    if side == "[STATUS]":
        return "status"
    if not side.startswith("[BODY]") or not _PATH.fullmatch(side[len("[BODY]") :]):
        raise Unsayable("of two things that are compared with each other one is not a value in the body")
    return f"json{side[len('[BODY]') :]}"


def _compared(left: str, op: str, right: str) -> str:
    """With a value, with one of several, or with a pattern that has its star at one end."""
    function = _FUNCTION.fullmatch(right)
    if function is None:
        return f"{left} {op} {_cel(right)}"
    if op != "==":
        raise Unsayable("a pattern, and one of several, is asked for, not against")
    if function[1] == "any":
        return f"{left} in [{', '.join(map(_cel, _listed(function[2])))}]"
    pattern = function[2]
    if function[1] == "pat" and pattern.strip("*") and not re.search(r"[*?\[\\]", pattern.strip("*")):
        how = "endsWith" if pattern.startswith("*") else "startsWith" if pattern.endswith("*") else ""
        if how and len(pattern) == len(pattern.strip("*")) + 1:
            return f"{left}.{how}({json.dumps(pattern.strip('*'), ensure_ascii=False)})"
    raise Unsayable("of patterns those can be said that have a star at an end, or at both")


def _cel(text: str) -> str:
    return json.dumps(_value(text), ensure_ascii=False)


# What it is compared with


def _fact(up: dict[str, Any], name: str, op: str, value: Any) -> None:
    up.setdefault("fact", {}).setdefault(name, {})[_ASKED[op]] = value


def _inside(pattern: str) -> str:
    """The text of `*text*`, "" for any other pattern."""
    inside = pattern[1:-1]
    return inside if len(pattern) > 2 and pattern[0] == pattern[-1] == "*" and not re.search(r"[*?\[\\]", inside) else ""


def _listed(inside: str) -> list[str]:
    return [one.strip() for one in inside.split(",")]


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise Unsayable(f"{text[:40]} is no number")
    return float(text)


def _milliseconds(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise Unsayable(f"{text[:40]} is no length of time")
    return sum(float(number) * _MS[unit] for number, unit in parts)


def _value(text: str) -> str | float | int | bool | None:
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return None if text == "null" else text
