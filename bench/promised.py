"""Grades our estimates against a provider's own: `python -m bench.promised FILE [--quick] [--json]`.

FILE is a CSV of outages, gzipped or not, with started_at, duration_min, region, planned, first_eta_said_at, first_eta,
restored_after and restored_by. At the instant at which the provider first named a time of return, Sentinel is asked too,
from its outages that were known then; both are graded by when it was over. Planned work is left out, and so are
outages whose end is known no better than to an hour.
"""

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from sentinel.estimate.grade import Shadow, score
from sentinel.estimate.past import Row, past
from sentinel.estimate.rehearse import rehearse
from sentinel.model.estimate import EstimatePolicy, PastIncident

UNSURE = timedelta(hours=1)
LED_BY = 300
"""So many before the first that is scored are estimated too, that the levels are what they would have been."""
LAST, LAST_QUICK = 20_000, 3_000
"""Outages scored, the last ones; all before them are history."""
ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """`said`: how long after its beginning the provider first named a time; `named`: that time, from the beginning."""

    row: PastIncident
    said: timedelta
    named: timedelta


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.promised", description="Grade us against a provider's own times.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--quick", action="store_true", help=f"score the last {LAST_QUICK} outages alone")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    began, outages = monotonic(), sorted(read(asked.file), key=lambda one: one.row.began_at)
    found = judged(outages, LAST_QUICK if asked.quick else LAST)
    found["seconds"] = round(monotonic() - began, 1)
    print(json.dumps(found, indent=2) if asked.json else _text(found))
    return 0


def read(path: Path) -> Iterator[Outage]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        for row in csv.DictReader(file):
            made = _outage(row)
            if made is not None:
                yield made


def _outage(row: Mapping[str, str]) -> Outage | None:
    wanted = ("started_at", "duration_min", "first_eta_said_at", "first_eta", "restored_after", "restored_by")
    if row["planned"] != "0" or not all(row[name] for name in wanted):
        return None
    began, said, named, after, by = (datetime.fromisoformat(row[name]) for name in wanted if name != "duration_min")
    lasted = timedelta(minutes=float(row["duration_min"]))
    if by - after >= UNSURE or said < began or lasted <= ZERO:
        return None
    known = PastIncident(service=row["region"], began_at=began, lasted=lasted)
    return Outage(row=known, said=said - began, named=named - began)


def judged(outages: Sequence[Outage], last: int) -> dict[str, Any]:
    """Both over the same outages: those still open when the provider first named a time that lay ahead."""
    known, policy = past(one.row for one in outages), EstimatePolicy()
    asked_at = {id(row): one.said for row, one in zip(known.rows, outages, strict=True)}
    first = max(0, len(outages) - last)

    def marks(row: Row) -> Sequence[timedelta]:
        return (asked_at[id(row)],)

    ours, theirs = [], []
    for one in rehearse(known, policy, first=max(0, first - LED_BY), marks=marks):
        outage = outages[one.place]
        if one.place >= first and one.shadow is not None and outage.named > outage.said:
            ours.append(one.shadow)
            theirs.append(Shadow(elapsed=one.mark, lasted=outage.row.lasted, p50=outage.named, p80=outage.named))
    return {"outages": len(outages), "ours": _figures(ours), "theirs": _figures(theirs)}


def _figures(shadows: Sequence[Shadow]) -> dict[str, float | int | None]:
    of = score(shadows, ZERO)
    width = None if of.width is None else round(of.width.total_seconds() / 60, 1)
    return {"n": of.graded, "cov80": of.covered, "pin80": of.pinball, "median_p80": width}


def _text(found: Mapping[str, Any]) -> str:
    lines = [f"{found['outages']} outages, {found['ours']['n']} scored, {found['seconds']} s", " who     held  pin80  width"]
    for who in ("theirs", "ours"):
        of = found[who]
        lines.append(f" {who:<6} {of['cov80'] or 0:>5.3f}  {of['pin80'] or 0:>5.3f}  {of['median_p80'] or 0:>5.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
