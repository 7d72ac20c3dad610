"""The rows of a long CSV as it comes: of series, time, value and label, or a log of probes.

Belongs here: reading, and what a probe itself knew. Does not belong here: counting (series.py), detecting (told.py).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from sentinel.exchange.series import instant, opened

GOOD: Final = frozenset(
    {"", "-", "false", "no", "none", "null", "nan", "na", "n/a", "up", "ok", "normal", "baseline", "healthy", "good", "pass"}
    | {"passed", "success", "operational", "unknown"}
)
"""Words that say that nothing is wrong. So do 0, and a status of 100 to 399."""
NOTHING: Final = frozenset({"", "-", "none", "null", "nan", "na", "n/a", "inf", "-inf"})
"""What stands where a number is missing."""
NO_SUCCESS: Final = frozenset({"false", "no", "f", "n", "fail", "failed", "failure", "error", "down", "timeout"})
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "series": ("series", "provider", "site", "name"),
    "time": ("time", "timestamp", "at"),
    "value": ("value", "latency_ms", "response_ms"),
    "label": ("label",),
    "status": ("success", "status"),
}
"""What the columns may be called: the first of them that there is. `success` says the opposite of a status."""


class Sample(NamedTuple):
    """One row. `is_bad`: the truth. `failed`: what the probe itself knew. `labelled`: somebody else than the probe says the
    truth, so no detector may see it."""

    at: datetime
    value: float | None
    is_bad: bool
    failed: bool
    labelled: bool = False


def read(path: Path) -> dict[str, list[Sample]]:
    """Series → its samples in time order. ValueError where there are none, or one cannot be read."""
    found: dict[str, list[Sample]] = {}
    with opened(path) as lines:
        for name, sample in _samples(path.name, lines):
            found.setdefault(name, []).append(sample)
    if not found:
        raise ValueError(f"{path.name} has no rows")
    return {name: _judged(sorted(samples, key=lambda one: one.at)) for name, samples in sorted(found.items())}


def _samples(file: str, lines: TextIO) -> Iterator[tuple[str, Sample]]:
    head = lines.readline()
    apart = max(",;\t", key=head.count)
    header = [name.strip().lower() for name in next(csv.reader([head], delimiter=apart), [])]
    names = {one: next((name for name in able if name in header), "") for one, able in NAMES.items()}
    if missing := [one for one in ("time", "value") if not names[one]]:
        raise ValueError(f"{file} has no column {' and no '.join(missing)}")
    reader = csv.reader(lines, delimiter=apart)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{file}, line {reader.line_num + 1}"
        if len(cells) < len(header):
            raise ValueError(f"{where}: {len(cells)} of {len(header)} columns")
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        try:
            yield row.get(names["series"]) or file, _sample(row, names, "," if apart == ";" else ".")
        except (ValueError, OverflowError, OSError) as error:
            raise ValueError(f"{where}: {error}") from error


def _sample(row: Mapping[str, str], names: Mapping[str, str], point: str) -> Sample:
    text = row[names["value"]]
    value = _number(text.replace(point, "."))
    failed = value is None and (text.lower() in NOTHING or _says_bad(text))  # nothing, or a word, in place of a number
    if names["status"]:
        said = row[names["status"]]
        failed = failed or value is None or (_is_no_success(said) if names["status"] == "success" else _says_bad(said))
    labelled = bool(names["label"])
    is_bad = _says_bad(row[names["label"]]) if labelled else failed and bool(names["status"])
    return Sample(instant(row[names["time"]]), value, is_bad, failed, labelled)


def _judged(samples: Sequence[Sample]) -> list[Sample]:
    """Where all numbers are 0 and 1 they are verdicts of the probe. The rarer of the two is what failed; of as many, the 0."""
    values = [one.value for one in samples if one.value is not None]
    if set(values) != {0.0, 1.0} or any(one.failed for one in samples if one.value is not None):
        return list(samples)
    bad = 1.0 if 2 * sum(values) < len(values) else 0.0
    return [one._replace(failed=one.failed or one.value == bad) for one in samples]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _says_bad(label: str) -> bool:
    number = _number(label)
    return label.lower() not in GOOD if number is None else not (number == 0 or 100 <= number < 400)


def _is_no_success(said: str) -> bool:
    return _number(said) == 0 or said.lower() in NO_SUCCESS
