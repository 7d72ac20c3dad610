"""The probe protocol: what hub and probers say to each other, over a pipe, and over HTTPS where an agent probes (greeting.py).

Newline-delimited JSON, every line with its version `v` and what it says. The hub says `checks` (the full set, cut into lines of
which all but the last have `more`) and `ack`; a prober says `batch` and `alive`. Batches are numbered from 1 without a gap per
source, a source being one start of one prober. Probers send *ages*, never instants: the hub stamps at receipt.

Belongs here: records, writing and strict, bounded reading (what does not fit is a `Malformed`, never an exception). Does not
belong here: pipes, sockets, clocks.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from sentinel.model.check import Check
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict

VERSION = 2
OLDEST = 1
"""Both are spoken, so that hub and agents may be one version apart while they are replaced one after the other."""
LINE_LIMIT = 4 * 1024 * 1024
"""Bytes in a line, its newline included."""
ROWS_LIMIT = 2000
FACTS_LIMIT = 64
TEXT_LIMIT = 8192
"""Characters of one fact or reason."""
AGE_LIMIT_MS = 7 * 24 * 3600 * 1000
_LEAST, _MOST = float("-inf"), float("inf")
_CHECKS_IN_A_LINE = LINE_LIMIT // 4
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_SAMPLES = {kind.value: kind for kind in SampleKind}


class Row(NamedTuple):
    """One sample, in the order of a line's fields. `age_ms` counts from its start to the moment that its batch was written.
    (A tuple: two are made for every sample.)"""

    sequence: int
    age_ms: int
    check: str
    sample: SampleKind
    facts: Mapping[str, Fact]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """`counts`: what the source has skipped or lost so far (`skipped`, `dropped`), for the metrics."""

    source: str
    number: int
    rows: tuple[Row, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alive:
    """A source with nothing to tell says that it lives."""

    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """A part of the full set of checks; it takes force when the part without `more` has come."""

    place: str
    allow: tuple[str, ...]
    checks: tuple[Check, ...]
    more: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ack:
    """The hub has taken over this batch of this source and all before it: the prober need not keep them."""

    source: str
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Malformed:
    """A line that is not of this protocol; `why` is for the log and holds nothing of the line's values."""

    why: str


FromProber: TypeAlias = Batch | Alive | Malformed
FromHub: TypeAlias = Orders | Ack | Malformed


def stamp(batch: Batch, received_at: datetime, place: str) -> tuple[Observation, ...]:
    """The batch's rows as observations of `place`: each began `age_ms` before `received_at`."""
    return tuple(
        Observation(
            check=row.check,
            place=place,
            at=received_at - timedelta(milliseconds=row.age_ms),
            sample=row.sample,
            verdict=row.verdict,
            reason=row.reason,
            facts=row.facts,
            source=batch.source,
            sequence=row.sequence,
        )
        for row in batch.rows
    )


def write_batch(batch: Batch, version: int = VERSION) -> bytes:
    """One line. ValueError for a number that JSON has no word for (NaN)."""
    said = {"say": "batch", "source": batch.source, "batch": batch.number, "rows": batch.rows, "counts": batch.counts}
    return _line(said, version)


def write_alive(alive: Alive) -> bytes:
    return _line({"say": "alive", "source": alive.source})


def write_ack(ack: Ack, version: int = VERSION) -> bytes:
    return _line({"say": "ack", "source": ack.source, "batch": ack.number}, version)


def write_orders(place: str, allow: tuple[str, ...], checks: Iterable[Check], version: int = VERSION) -> Iterator[bytes]:
    """The full set in as many lines as it needs. ValueError for a check that is larger than a line may be."""
    part: list[dict[str, Any]] = []
    size = 0
    for check in checks:
        written = _check_written(check)
        length = len(_encode(written).encode())
        if length > _CHECKS_IN_A_LINE:
            raise ValueError(f"check {check.id} is larger than {_CHECKS_IN_A_LINE} bytes")
        if part and size + length > _CHECKS_IN_A_LINE:
            yield _line({"say": "checks", "place": place, "allow": allow, "more": True, "checks": part}, version)
            part, size = [], 0
        part.append(written)
        size += length
    yield _line({"say": "checks", "place": place, "allow": allow, "more": False, "checks": part}, version)


def read_from_prober(line: bytes) -> FromProber:
    """What a prober's line says."""
    said = _said(line)
    if isinstance(said, Malformed):
        return said
    try:
        match said["say"]:
            case "batch":
                return _batch(said)
            case "alive":
                return Alive(source=_text(said["source"], 200))
            case _:
                return Malformed(why="says what no prober says")
    except (KeyError, TypeError, ValueError) as error:
        return Malformed(why=_why(error))


def read_from_hub(line: bytes) -> FromHub:
    """What the hub's line says."""
    said = _said(line)
    if isinstance(said, Malformed):
        return said
    try:
        match said["say"]:
            case "checks":
                return Orders(
                    place=_text(said["place"], 200),
                    allow=tuple(_text(item, 64) for item in _list(said["allow"], 1000)),
                    checks=tuple(_check_read(item) for item in _list(said["checks"], 100_000)),
                    more=_of(bool, said["more"]),
                )
            case "ack":
                return Ack(source=_text(said["source"], 200), number=_count(said["batch"]))
            case _:
                return Malformed(why="says what no hub says")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        return Malformed(why=_why(error))


_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _line(said: dict[str, Any], version: int = VERSION) -> bytes:
    return _encode({"v": version, **said}).encode("utf-8", "replace") + b"\n"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _said(line: bytes) -> dict[str, Any] | Malformed:
    if len(line) > LINE_LIMIT:
        return Malformed(why=f"a line of more than {LINE_LIMIT} bytes")
    try:
        said = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Malformed(why="not JSON")
    if not isinstance(said, dict):
        return Malformed(why="not an object")
    version = said.get("v")
    if type(version) is not int or not OLDEST <= version <= VERSION:
        return Malformed(why=f"not version {OLDEST} or {VERSION} of the protocol")
    return said


def _batch(said: dict[str, Any]) -> Batch:
    counts = _of(dict, said.get("counts", {}))
    if len(counts) > FACTS_LIMIT:
        raise ValueError("too many counts")
    return Batch(
        source=_text(said["source"], 200),
        number=_count(said["batch"]),
        rows=tuple(_row(item) for item in _list(said["rows"], ROWS_LIMIT)),
        counts={_text(name, 64): _number(count, 2**53) for name, count in counts.items()},
    )


def _row(item: object) -> Row:
    parts = _list(item, 7)
    if len(parts) != 7:
        raise ValueError("a row has seven parts")
    sequence, age, check, sample, facts, verdict, reason = parts
    _facts_hold(_of(dict, facts))
    return Row(
        _count(sequence),
        _number(age, AGE_LIMIT_MS),
        _text(check, 400),
        _SAMPLES[sample],
        facts,
        _VERDICTS[verdict],
        _text(reason, TEXT_LIMIT),
    )


def _facts_hold(facts: dict[str, Any]) -> None:
    """Raise unless they are what facts may be. (Asked ten times a sample, so it calls nothing for what is usual.)"""
    if len(facts) > FACTS_LIMIT:
        raise ValueError("too many facts")
    for name, fact in facts.items():
        if len(name) > 64:
            raise ValueError("a fact's name of more than 64 characters")
        kind = type(fact)
        if kind is float:
            good = _LEAST < fact < _MOST
        elif kind is int:
            good = -(2**53) <= fact <= 2**53
        elif kind is str:
            good = len(fact) <= TEXT_LIMIT
        else:
            good = fact is None or kind is bool
        if not good:
            raise TypeError("a fact is a text, a number, true, false or null, within bounds")


def _check_written(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "service": check.service,
        "kind": check.kind,
        "options": check.options,
        "every": _ms(check.every),
        "timeout": _ms(check.timeout),
        "confirm": [_ms(offset) for offset in check.confirm],
        "up": check.up,
        "healthy": check.healthy,
        "calm": check.calm,
    }


def _check_read(item: object) -> Check:
    read = _of(dict, item)
    return Check(
        id=_text(read["id"], 400),
        service=_text(read["service"], 400),
        kind=_text(read["kind"], 64),
        options=_of(dict, read["options"]),
        every=_duration(read["every"]),
        timeout=_duration(read["timeout"]),
        confirm=tuple(_duration(offset) for offset in _list(read["confirm"], 100)),
        up=_of(dict, read["up"]),
        healthy=_of(dict, read["healthy"]),
        calm=_of(dict, read["calm"]),
    )


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def _duration(item: object) -> timedelta:
    return timedelta(milliseconds=_number(item, AGE_LIMIT_MS * 60))


def _of(kind: type, item: object) -> Any:
    if not isinstance(item, kind):
        raise TypeError(f"expected {kind.__name__}")
    return item


def _text(item: object, limit: int) -> str:
    if not isinstance(item, str) or len(item) > limit:
        raise TypeError(f"expected a text of at most {limit} characters")
    return item


def _list(item: object, limit: int) -> list[Any]:
    if not isinstance(item, list) or len(item) > limit:
        raise TypeError(f"expected a list of at most {limit}")
    return item


def _number(item: object, limit: int) -> int:
    if type(item) is not int or not 0 <= item <= limit:
        raise TypeError("expected a whole number in bounds")
    return item


def _count(item: object) -> int:
    """A number that counts from 1."""
    if _number(item, 2**53) == 0:
        raise ValueError("counts from 1")
    return int(item)  # type: ignore[call-overload, no-any-return]  # _number has just refused all but int


def _why(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else str(error)
