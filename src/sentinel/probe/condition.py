"""Conditions: the judging of what people assert of a check's facts in `up`, `healthy` and `calm`, once a sample.

Pure. No regular expression is ever run on what a target sends; texts are searched for literally, JSON is walked by a path.
Belongs here: one test per assertion, and the verdict. Does not belong here: how they are written (assertion.py), how two values
are compared (compare.py), gathering facts, whose fault a failed probe is.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sentinel.model.observation import Fact, Verdict
from sentinel.probe import cel
from sentinel.probe.assertion import Conditions, HeaderHolds, JsonHolds
from sentinel.probe.compare import WORDS, apart, beginning, compares, is_so, several, short, steps_of

EXCERPT = 60
"""Characters of a body that a reason quotes."""
_PRINTABLE = "".join(map(chr, range(32, 127)))
UNTOLD = frozenset({"set-cookie", "authorization", "proxy-authorization"})
"""Headers that bear what opens a session: their values are judged, and stand in no reason."""


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
Asserted: TypeAlias = tuple[str, Test]
"""An assertion in words ("status is 2xx"), and its test."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The three blocks of a check, made ready for judging. `words`: block → each of its tests in words."""

    up: tuple[Test, ...] = ()
    healthy: tuple[Test, ...] = ()
    calm: tuple[Test, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reads_body: bool = False
    """Some condition looks into the body, so it must be kept until it has been judged."""
    reads_headers: bool = False


def rules(up: Conditions, healthy: Conditions, calm: Conditions) -> Rules:
    """Make the blocks of one check ready."""
    made = {"up": _asserted(up), "healthy": _asserted(healthy), "calm": _asserted(calm)}
    return Rules(
        **{block: tuple(test for _, test in tests) for block, tests in made.items()},
        words={block: tuple(words for words, _ in tests) for block, tests in made.items()},
        reads_body=any(
            block.body or block.json_ or any(cel.Expression(one).reads_body for one in several(block.when))
            for block in (up, healthy, calm)
        ),
        reads_headers=any(block.header for block in (up, healthy, calm)),
    )


def judge(seen: Seen, wanted: Rules) -> Judgement:
    """`up` fails → down; `healthy` fails → degraded; `calm` fails → up, with a warning."""
    for tests, verdict in ((wanted.up, Verdict.DOWN), (wanted.healthy, Verdict.DEGRADED), (wanted.calm, Verdict.UP)):
        wrong = [said for test in tests if (said := test(seen))] if tests else ()
        if wrong:
            return Judgement(verdict=verdict, reason="; ".join(wrong))
    return _UP


def safely(seen: Seen, wanted: Rules) -> Judgement:
    """The same where what is judged comes from outside: a mistake of ours is none of theirs, and costs one sample alone."""
    try:
        return judge(seen, wanted)
    except Exception as error:  # noqa: BLE001 - the boundary of every condition
        return Judgement(verdict=Verdict.UNKNOWN, reason=f"the probe itself failed while judging ({type(error).__name__})")


_UP = Judgement(verdict=Verdict.UP)


def _asserted(wanted: Conditions) -> list[Asserted]:
    made: list[Asserted] = []
    if wanted.status is not None:
        statuses = several(wanted.status)
        made.append((f"status is {' or '.join(map(str, statuses))}", _status(statuses)))
    made += [(f"header {one.name} {_said(one)}", _header(one)) for one in several(wanted.header)]
    if wanted.body is not None:
        made += [(f"body contains “{text}”", _contains(text)) for text in several(wanted.body.contains)]
        made += [(f"body lacks “{text}”", _lacks(text)) for text in several(wanted.body.lacks)]
    made += [(f"{one.path} {one.op} {short(one.value)}", _json(one)) for one in several(wanted.json_)]
    if wanted.below_ms is not None:
        made.append((f"takes less than {wanted.below_ms:g} ms", _below(wanted.below_ms)))
    if wanted.certificate_days is not None:
        made.append((f"certificate holds for {wanted.certificate_days:g} days", _certificate(wanted.certificate_days)))
    for name, holds in (wanted.fact or {}).items():
        made += [(f"{name} {WORDS[how]} {short(value)}", _fact(name, how, value)) for how, value in holds.asked.items()]
    made += [(one, _when(cel.Expression(one))) for one in several(wanted.when)]
    return made


def _when(expression: cel.Expression) -> Test:
    return lambda seen: expression.fault(seen.facts, seen.body, seen.charset)


def _said(holds: HeaderHolds) -> str:
    said = f"is “{holds.is_}”" if holds.is_ is not None else f"contains “{holds.contains}”"
    return f"lacks “{holds.lacks}”" if holds.lacks is not None else said


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
        return "" if took < limit else f"took {apart(took, limit)} ms, expected below {limit:.10g} ms"

    return test


def _certificate(days: float) -> Test:
    def test(seen: Seen) -> str:
        left = seen.facts.get("certificate_days")
        if not isinstance(left, int | float):
            return "there is no certificate to look at"
        if left >= days:
            return ""
        day = str(seen.facts.get("certificate_expires_at", ""))[:10]
        if left < 0:
            return f"certificate expired on {day}"
        return f"certificate expires on {day}, in {apart(left, days)} days, expected at least {days:.10g}"

    return test


def _contains(text: str) -> Test:
    def test(seen: Seen) -> str:
        if _holds(seen, text):
            return ""
        within = " in its first MiB" if seen.facts.get("truncated") else ""
        return f"the body lacks “{text}”{within}; {_begins(seen)}"

    return test


def _lacks(text: str) -> Test:
    return lambda seen: f"the body contains “{text}”" if _holds(seen, text) else ""


def _begins(seen: Seen) -> str:
    """What came instead, as far as a reason can hold it."""
    if not seen.body:
        return "it is empty"
    text = decoded(seen.body[: 8 * EXCERPT], seen.charset)
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    told = beginning(words, EXCERPT, is_cut=len(seen.body) > 8 * EXCERPT)
    return f"got “{told}”" if words else "it begins with nothing that can be read"


def decoded(body: bytes | bytearray, charset: str) -> str:
    """A body, or the beginning of one, as text. Where ASCII does not stand for itself (UTF-16, UTF-7, EBCDIC) it is read as
    UTF-8: a secret of ours that comes back must be known for one."""
    try:
        of_ascii = _PRINTABLE.encode().decode(charset, "replace")
    except (LookupError, ValueError):
        of_ascii = ""
    return bytes(body).decode(charset if of_ascii == _PRINTABLE else "utf-8", "replace")


def _holds(seen: Seen, text: str) -> bool:
    if text.encode() in seen.body:
        return True
    try:
        return text.encode(seen.charset) in seen.body
    except (LookupError, ValueError):
        return False


def _header(wanted: HeaderHolds) -> Test:
    name, asks = wanted.name.lower(), f"expected that it {_said(wanted)}"
    lacks = wanted.lacks

    def holds(value: str) -> bool:
        return value == wanted.is_ if wanted.is_ is not None else (wanted.contains or "") in value

    def test(seen: Seen) -> str:
        values = [value for key, value in seen.headers if key.lower() == name]
        if not values:
            return "" if wanted.may_be_missing else f"there is no header {wanted.name}, {asks}"
        if all(lacks not in value for value in values) if lacks is not None else any(map(holds, values)):
            return ""
        came = "something else" if name in UNTOLD else ", ".join(f"“{beginning(value, EXCERPT)}”" for value in values[:3])
        return f"header {wanted.name} contains “{lacks}”" if lacks is not None else f"header {wanted.name} is {came}, {asks}"

    return test


def _json(wanted: JsonHolds) -> Test:
    steps = steps_of(wanted.path)

    def test(seen: Seen) -> str:
        try:
            found = json.loads(seen.body)
        except (ValueError, RecursionError):
            return f"the body is not JSON; {_begins(seen)}"
        for step in steps:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return f"the JSON body has no {wanted.path}; {_there(found)}"
        return (
            ""
            if compares(found, wanted.op, wanted.value)
            else (f"{wanted.path} is {short(found)}, expected {wanted.op} {short(wanted.value)}")
        )

    return test


def _there(found: Any) -> str:
    """What stands where a path ends, in words."""
    if isinstance(found, dict):
        return f"it has {beginning(', '.join(map(str, found)), EXCERPT)} there" if found else "it has nothing there"
    return f"it has {len(found)} items there" if isinstance(found, list) else f"it has {short(found)} there"


def _fact(name: str, how: str, wanted: Any) -> Test:
    """A fact that the probe did not find holds nothing."""

    def test(seen: Seen) -> str:
        found = seen.facts.get(name)
        if found is None:
            return f"there is no {name}"
        return "" if is_so(found, how, wanted) else f"{name} is {short(found)}, expected that it {WORDS[how]} {short(wanted)}"

    return test
