"""Conditions: what people assert of a check's facts in `up`, `healthy` and `calm`, and the judging of them, once a sample.

Pure. No regular expression is ever run on what a target sends; texts are searched for literally, JSON is walked by a path.
Belongs here: conditions of every kind of probe. Does not belong here: gathering facts, whose fault a failed probe is.
"""

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sentinel.model.observation import Fact, Verdict

_STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True, use_attribute_docstrings=True)
_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=4096)]
_Status: TypeAlias = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern="^[1-5]xx$")]

NEEDS: Mapping[str, str] = {
    "status": "status",
    "body": "body",
    "below_ms": "total_ms",
    "certificate_days": "certificate_days",
    "json": "body",
    "header": "headers",
}
"""Condition → the fact that it judges."""


def _walkable(path: str) -> str:
    _steps(path)
    return path


class BodyHolds(BaseModel):
    """Texts that the body must or must not hold, letter for letter."""

    model_config = _STRICT

    contains: _Text | None = None
    """A text that it must hold."""
    lacks: _Text | None = None
    """A text that it must not hold."""

    @model_validator(mode="after")
    def _says_something(self) -> "BodyHolds":
        if self.contains is None and self.lacks is None:
            raise ValueError("say what the body `contains` or `lacks`")
        return self


class JsonHolds(BaseModel):
    """A value in a JSON body: `path` like `queue.workers[0].state`, compared with `value`."""

    model_config = _STRICT

    path: Annotated[_Text, AfterValidator(_walkable)]
    """Such as queue.workers[0].state."""
    op: Literal["==", "!=", "<", "<=", ">", ">=", "contains"] = "=="
    """How the two are compared."""
    value: str | int | float | bool | None
    """What it is compared with."""


class HeaderHolds(BaseModel):
    """A header of the answer (any case), which `is` a text or `contains` one."""

    model_config = _STRICT

    name: _Text
    """In any case."""
    is_: str | None = Field(default=None, alias="is", max_length=4096)
    """The whole value."""
    contains: _Text | None = None
    """A part of it."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "HeaderHolds":
        if (self.is_ is None) == (self.contains is None):
            raise ValueError("say either what the header `is` or what it `contains`")
        return self


class Conditions(BaseModel):
    """An assertion block. Every condition that is written must hold."""

    model_config = _STRICT

    status: _Status | Annotated[tuple[_Status, ...], Field(min_length=1, max_length=50)] | None = None
    """A status, several, or classes of them: 200, [200, 204], 2xx."""
    body: BodyHolds | None = None
    """Texts that the body must or must not hold, letter for letter."""
    below_ms: Annotated[float, Field(gt=0, le=3_600_000)] | None = None
    """The whole sample takes less than this, in milliseconds."""
    certificate_days: Annotated[float, Field(ge=0, le=3650)] | None = None
    """The certificate is valid for at least this many days more."""
    json_: JsonHolds | None = Field(default=None, alias="json")
    """A value in a JSON body."""
    header: HeaderHolds | None = None
    """A header of the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a probe gathered: its facts, and of the answer what is judged but does not travel."""

    facts: Mapping[str, Fact]
    body: bytes | bytearray = b""
    charset: str = "utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict with its reason in plain words; with `up` a reason is a warning for staff."""

    verdict: Verdict
    reason: str = ""


Test: TypeAlias = Callable[[Seen], str]
"""Says what is wrong, "" when nothing is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The three blocks of a check, made ready for judging."""

    up: tuple[Test, ...] = ()
    healthy: tuple[Test, ...] = ()
    calm: tuple[Test, ...] = ()
    reads_body: bool = False
    """Some condition looks into the body, so it must be kept until it has been judged."""
    reads_headers: bool = False


def rules(up: Conditions, healthy: Conditions, calm: Conditions) -> Rules:
    """Make the blocks of one check ready."""
    return Rules(
        up=_tests(up),
        healthy=_tests(healthy),
        calm=_tests(calm),
        reads_body=any(block.body or block.json_ for block in (up, healthy, calm)),
        reads_headers=any(block.header for block in (up, healthy, calm)),
    )


def judge(seen: Seen, wanted: Rules) -> Judgement:
    """`up` fails → down; `healthy` fails → degraded; `calm` fails → up, with a warning."""
    for tests, verdict in ((wanted.up, Verdict.DOWN), (wanted.healthy, Verdict.DEGRADED), (wanted.calm, Verdict.UP)):
        wrong = [said for test in tests if (said := test(seen))] if tests else ()
        if wrong:
            return Judgement(verdict=verdict, reason="; ".join(wrong))
    return _UP


_UP = Judgement(verdict=Verdict.UP)


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _tests(wanted: Conditions) -> tuple[Test, ...]:
    tests: list[Test] = []
    if wanted.status is not None:
        tests.append(_status(wanted.status if isinstance(wanted.status, tuple) else (wanted.status,)))
    if wanted.header is not None:
        tests.append(_header(wanted.header))
    if wanted.body is not None:
        tests.append(_body(wanted.body))
    if wanted.json_ is not None:
        tests.append(_json(wanted.json_))
    if wanted.below_ms is not None:
        tests.append(_below(wanted.below_ms))
    if wanted.certificate_days is not None:
        tests.append(_certificate(wanted.certificate_days))
    return tuple(tests)


def _status(wanted: tuple[int | str, ...]) -> Test:
    codes: set[Fact] = set()
    for one in wanted:
        codes.update((one,) if isinstance(one, int) else range(int(one[0]) * 100, int(one[0]) * 100 + 100))
    words = " or ".join(str(one) for one in wanted)

    def test(seen: Seen) -> str:
        status = seen.facts.get("status")
        return "" if status in codes else f"status {status}, expected {words}"

    return test


def _below(limit: float) -> Test:
    def test(seen: Seen) -> str:
        took = seen.facts.get("total_ms")
        if not isinstance(took, int | float):
            return "its time was not measured"
        return "" if took < limit else f"took {took:.0f} ms, expected below {limit:.0f} ms"

    return test


def _certificate(days: float) -> Test:
    def test(seen: Seen) -> str:
        left = seen.facts.get("certificate_days")
        if not isinstance(left, int | float):
            return "there is no certificate to look at"
        if left >= days:
            return ""
        day = str(seen.facts.get("certificate_expires_at", ""))[:10]
        return f"certificate expires on {day}, in {max(0, left):.0f} days, expected at least {days:.0f}"

    return test


def _body(wanted: BodyHolds) -> Test:
    def test(seen: Seen) -> str:
        within = " in its first MiB" if seen.facts.get("truncated") else ""
        if wanted.contains is not None and not _holds(seen, wanted.contains):
            return f"the body lacks “{wanted.contains}”{within}"
        if wanted.lacks is not None and _holds(seen, wanted.lacks):
            return f"the body contains “{wanted.lacks}”"
        return ""

    return test


def _holds(seen: Seen, text: str) -> bool:
    if text.encode() in seen.body:
        return True
    try:
        return text.encode(seen.charset) in seen.body
    except (LookupError, ValueError):
        return False


def _header(wanted: HeaderHolds) -> Test:
    name = wanted.name.lower()

    def test(seen: Seen) -> str:
        values = [value for key, value in seen.headers if key.lower() == name]
        if not values:
            return f"there is no header {wanted.name}"
        if wanted.is_ is not None:
            return "" if wanted.is_ in values else f"header {wanted.name} is not “{wanted.is_}”"
        return (
            ""
            if any(wanted.contains in value for value in values if wanted.contains)
            else (f"header {wanted.name} does not contain “{wanted.contains}”")
        )

    return test


def _json(wanted: JsonHolds) -> Test:
    steps = _steps(wanted.path)

    def test(seen: Seen) -> str:
        try:
            found = json.loads(seen.body)
        except (ValueError, RecursionError):
            return "the body is not JSON"
        for step in steps:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return f"the JSON body has no {wanted.path}"
        return (
            ""
            if _compares(found, wanted.op, wanted.value)
            else (f"{wanted.path} is {_short(found)}, expected {wanted.op} {_short(wanted.value)}")
        )

    return test


def _steps(path: str) -> tuple[str | int, ...]:
    """`a.b[0].c` → ("a", "b", 0, "c"). ValueError for a path that cannot be read."""
    steps: list[str | int] = []
    for part in path.split("."):
        name, *indexes = part.split("[")
        if name:
            steps.append(name)
        if not (name or indexes) or not all(index.endswith("]") and index[:-1].isdigit() for index in indexes):
            raise ValueError("a path reads like queue.workers[0].state")
        steps.extend(int(index[:-1]) for index in indexes)
    return tuple(steps)


def _compares(found: Any, op: str, value: Any) -> bool:
    if op in ("==", "!="):
        same = found == value and isinstance(found, bool) == isinstance(value, bool)
        return same is (op == "==")
    if op == "contains":
        if isinstance(found, str):
            return isinstance(value, str) and value in found
        return isinstance(found, list | dict) and any(_compares(one, "==", value) for one in found)
    alike = (isinstance(found, str) and isinstance(value, str)) or (_is_number(found) and _is_number(value))
    return alike and bool(_ORDERS[op](found, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return text if len(text) <= 80 else text[:79] + "…"
