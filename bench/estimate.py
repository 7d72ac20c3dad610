"""Replays incident histories against Sentinel's estimates: `python -m bench.estimate [--data FOLDER] [--quick] [--json]`.

FOLDER holds CSV files with at least the columns source, service, started_at, resolved_at, duration_min and kind, and may hold
`updates.jsonl.gz` (incident_id, at, status). Every incident is estimated 0, 30 and 60 minutes after it began from what was
known at that minute of the incidents of its source alone, and graded by what it then proved to last; an incident teaches
once it has ended. Without a folder, seeded synthetic histories are replayed.
"""

import argparse
import csv
import gzip
import json
import random
import sys
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from math import ceil
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

from sentinel.estimate.grade import MARKS, Shadow, score
from sentinel.estimate.past import past
from sentinel.estimate.promise import promise_at
from sentinel.estimate.rehearse import Rehearsed, rehearse
from sentinel.model.estimate import Basis, Estimate, EstimatePolicy, PastIncident, Told

LONGEST = timedelta(days=14)
"""Longer ones are left out: no promise is ever made for those (and a zero was posted after the fact)."""
WARM_UP = 20
"""The first incidents of a source are history only."""
FEWEST = 40
"""Sources with fewer usable incidents are left out."""
EACH_QUICK = 150
"""Incidents scored a source in a quick run, the last ones; all before them are history."""
LED_BY = 150
"""So many before the first that is scored are estimated too, that the levels are what they would have been."""
WITHHELD_AT_MOST = 0.05
POLICY = EstimatePolicy()

Histories = Mapping[str, Sequence[PastIncident]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """One incident at one mark: what Sentinel said (None: nothing), what the baseline said, and whether a promise was kept."""

    mark: timedelta
    ours: Shadow | None
    past: Shadow
    promise: bool | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0, or 2 when the folder holds no usable history."""
    asked = _parser().parse_args(arguments)
    started = monotonic()
    histories = read(asked.data) if asked.data else synthetic(seed=asked.seed)
    if not histories:
        print(f"bench.estimate: no source with at least {FEWEST} usable incidents in {asked.data}", file=sys.stderr)
        return 2
    most = max(map(len, histories.values()))
    scored = EACH_QUICK if asked.quick else most
    sources = {}
    for source, rows in histories.items():
        graded = list(replay(rows, scored))
        sources[source] = {f"{_minutes(mark):g}": figures([one for one in graded if one.mark == mark]) for mark in MARKS}
    result = {
        "histories": "folder" if asked.data else f"synthetic, seed {asked.seed}",
        "incidents": sum(map(len, histories.values())),
        "scored_at_most_each": scored,
        "seconds": round(monotonic() - started, 1),
        "all": summed(sources),
        "sources": sources,
    }
    print(json.dumps(result, indent=2) if asked.json else _text(result))
    return 0


def read(folder: Path) -> Histories:
    """source → its usable incidents by beginning. Planned work, rows without an end and over-long ones are left out."""
    told = _told(folder)
    found: dict[str, list[PastIncident]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                one = _past(row, told.get(row.get("incident_id", ""), ()))
                if one is not None:
                    found.setdefault(row["source"], []).append(one)
    return {source: _in_order(rows) for source, rows in sorted(found.items()) if len(rows) >= FEWEST}


def synthetic(seed: int) -> Histories:
    """Heavy-tailed histories of three kinds: two services about log-normal, one power-law, one whose usual length drifts."""
    draw = random.Random(seed)
    median_of = {"cards": 25.0, "mandates": 70.0}
    recipes = {
        "log-normal": lambda _, service: draw.lognormvariate(0, 1.2) * median_of[service],
        "power-law": lambda _, service: 15 * draw.paretovariate(1.1),
        "drifting": lambda nth, service: draw.lognormvariate(0, 1.0) * (90 - 0.1 * nth),
    }
    return {source: _in_order(_drawn(draw, recipe, tuple(median_of))) for source, recipe in recipes.items()}


def _drawn(draw: random.Random, recipe: Any, services: Sequence[str]) -> Iterator[PastIncident]:
    began_at = datetime(2025, 1, 1, tzinfo=UTC)
    for nth in range(600):
        began_at += timedelta(minutes=draw.expovariate(1 / 600))
        service = draw.choice(services)
        lasted = min(timedelta(minutes=recipe(nth, service)), LONGEST)
        yield PastIncident(service=service, began_at=began_at, lasted=lasted)


def replay(rows: Sequence[PastIncident], scored: int) -> Iterator[Graded]:
    """Every incident of one source among the last `scored`, at every mark that it outlasted, asked in the order of time.

    Nothing is said of the first `WARM_UP`, and nothing is graded of which the baseline too knows nothing yet.
    """
    known = past(rows)
    first = max(WARM_UP, len(rows) - scored)
    plain = {mark: dict(_baseline(rows, mark)) for mark in MARKS}
    for one in rehearse(known, POLICY, first=max(0, first - LED_BY)):
        if one.place >= first and one.place in plain[one.mark]:
            half, most = plain[one.mark][one.place]
            row = known.rows[one.place].of
            by_past = Shadow(elapsed=one.mark, lasted=row.lasted, p50=half, p80=most)
            yield Graded(mark=one.mark, ours=one.shadow, past=by_past, promise=_promise(row, one))


def _promise(row: PastIncident, one: Rehearsed) -> bool | None:
    """Whether the rounded instant that the product would have published then was kept; None: it would have given none."""
    now = row.began_at + one.mark
    made = Estimate(
        incident=1, episode=1, made_at=now, basis=Basis.HISTORY, began_at=row.began_at, p50=one.said.p50, p80=one.said.p80
    )
    at = None if one.shadow is None else promise_at(made, now, POLICY)
    return None if at is None else row.began_at + row.lasted <= at


def _baseline(rows: Sequence[PastIncident], mark: timedelta) -> Iterator[tuple[int, tuple[timedelta, timedelta]]]:
    """Place → P50 and P80: the plain quantiles of the earlier incidents that had ended by then and had lasted longer."""
    running: list[tuple[datetime, timedelta]] = []
    lengths: list[timedelta] = []
    for place, row in enumerate(rows):
        while running and running[0][0] <= row.began_at + mark:
            _, lasted = heappop(running)
            if lasted > mark:
                insort(lengths, lasted)
        if lengths and row.lasted > mark:
            half, most = (lengths[ceil(share * len(lengths)) - 1] for share in (0.5, 0.8))
            yield place, (half, most)
        heappush(running, (row.began_at + row.lasted, row.lasted))


def figures(graded: Sequence[Graded]) -> dict[str, float | int | None]:
    """The figures of one source at one mark. Of those withheld, what is over one in twenty counts as missed."""
    said = [one for one in graded if one.ours is not None]
    ours = score([one.ours for one in said if one.ours is not None], timedelta(0))
    plain = score([one.past for one in said], timedelta(0))
    withheld = len(graded) - len(said)
    missed = max(0, withheld - int(WITHHELD_AT_MOST * len(graded)))
    share = len(said) / (len(said) + missed) if said else 0.0
    promises = [one.promise for one in graded if one.promise is not None]
    return {
        "n": len(said),
        "withheld": withheld,
        "cov50": _rounded((ours.covered_half or 0.0) * share),
        "cov80": _rounded((ours.covered or 0.0) * share),
        "pin80": _rounded(ours.pinball),
        "median_p80": _minutes(ours.width),
        "median_miss": _minutes(ours.miss),
        "past_cov80": _rounded(plain.covered),
        "past_pin80": _rounded(plain.pinball),
        "past_median_p80": _minutes(plain.width),
        "promised": len(promises),
        "kept": _rounded(fmean(promises)) if promises else None,
    }


def _past(row: Mapping[str, str], told: Sequence[tuple[datetime, str]]) -> PastIncident | None:
    if row["kind"] == "maintenance" or not row["duration_min"] or not row["started_at"]:
        return None
    lasted = timedelta(minutes=float(row["duration_min"]))
    if not timedelta(0) < lasted <= LONGEST:
        return None
    began_at = datetime.fromisoformat(row["started_at"])
    said = tuple(Told(after=at - began_at, phase=status) for at, status in sorted(told))
    return PastIncident(service=row["service"], began_at=began_at, lasted=lasted, told=said)


def _in_order(rows: Iterable[PastIncident]) -> Sequence[PastIncident]:
    return sorted(rows, key=lambda row: row.began_at)


def _told(folder: Path) -> Mapping[str, list[tuple[datetime, str]]]:
    """Incident → the states that were published of it, with when; empty where none are known."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    path = folder / "updates.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                one = json.loads(line)
                found.setdefault(one["incident_id"], []).append((datetime.fromisoformat(one["at"]), one["status"] or ""))
    return found


def summed(sources: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Mark → over the sources: coverage of all together (`pooled`), and the mean loss, each source weighing the same."""
    found = {}
    for mark in next(iter(sources.values())):
        each = [one[mark] for one in sources.values() if one[mark]["n"]]
        if not each:
            continue
        total = sum(one["n"] for one in each)
        pin, plain = fmean(one["pin80"] for one in each), fmean(one["past_pin80"] for one in each)
        found[mark] = {
            "n": total,
            "pooled_cov50": _rounded(sum(one["cov50"] * one["n"] for one in each) / total),
            "pooled_cov80": _rounded(sum(one["cov80"] * one["n"] for one in each) / total),
            "mean_pin80": _rounded(pin),
            "mean_past_pin80": _rounded(plain),
            "ratio": _rounded(pin / plain),
        }
    return found


def _text(result: Mapping[str, Any]) -> str:
    lines = [
        f"Replayed {result['incidents']} incidents of {len(result['sources'])} sources ({result['histories']}), "
        f"at most {result['scored_at_most_each']} scored of each, {result['seconds']} s.",
        "Claimed: 0.80 and 0.50. pin80: loss at 0.8 of ln(remaining minutes), lower is better; past: plain quantiles.",
        "",
        " at source                  n  none cov80 cov50  pin80   past  ratio  width  miss promised kept",
    ]
    for mark, mean in result["all"].items():
        for source, marks in result["sources"].items():
            if marks[mark]["n"]:
                lines.append(_row(mark, source, marks[mark]))
        lines.append(
            f"{mark:>3} {'(all)':<18} {mean['n']:>7}       {mean['pooled_cov80']:>5.3f} {mean['pooled_cov50']:>5.3f} "
            f"{mean['mean_pin80']:>6.3f} {mean['mean_past_pin80']:>6.3f} {mean['ratio']:>6.3f}\n"
        )
    return "\n".join(lines)


def _row(mark: str, source: str, of: Mapping[str, Any]) -> str:
    kept = "   –" if of["kept"] is None else f"{of['kept']:>4.2f}"
    return (
        f"{mark:>3} {source:<18.18} {of['n']:>7} {of['withheld']:>5} {of['cov80']:>5.3f} {of['cov50']:>5.3f} "
        f"{of['pin80']:>6.3f} {of['past_pin80']:>6.3f} {of['pin80'] / of['past_pin80']:>6.3f} "
        f"{of['median_p80']:>6.0f} {of['median_miss']:>5.0f} {of['promised']:>8} {kept}"
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def _minutes(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds() / 60, 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.estimate", description="Grade estimates on incident histories.")
    parser.add_argument("--data", type=Path, help="folder of CSV histories; without it synthetic ones are made")
    parser.add_argument("--quick", action="store_true", help=f"score the last {EACH_QUICK} incidents of a source alone")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--seed", type=int, default=7, help="seed of the synthetic histories")
    return parser


if __name__ == "__main__":
    sys.exit(main())
