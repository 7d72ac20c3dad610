"""Replays incident histories against Sentinel's estimates: `python -m bench.estimate [--quick] [--json] [FOLDER]`.

FOLDER holds CSV files with at least the columns source, service, started_at, resolved_at, duration_min and kind. Every incident
is estimated 0, 30 and 60 minutes after it began from the *earlier* incidents of its source alone, as they stood at that minute,
and graded by what it then proved to last. Without a folder, seeded synthetic histories are replayed.
"""

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

from sentinel.estimate.decide import estimate
from sentinel.estimate.grade import MARKS, Score, Shadow, score
from sentinel.model.estimate import EstimatePolicy, PastIncident
from sentinel.model.incident import Incident, Phase

LONGEST = timedelta(days=14)
"""Longer ones are left out: no promise is ever made for those (and a zero was posted after the fact)."""
WARM_UP = 20
"""The first incidents of a source are history only."""
FEWEST = 40
"""Sources with fewer usable incidents are left out."""
EACH, EACH_QUICK = 1000, 200
"""Incidents scored a source, spread evenly over its time; all of them are history."""
CONTENDERS = ("sentinel", "baseline")

QUICK_ROWS = 9_000_000
"""Scored incidents times rows of history that a quick run may look at: keeps it under 50 s however long the histories are."""

Histories = Mapping[str, Sequence[PastIncident]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The scores of one source at one mark, of both contenders over the same incidents."""

    source: str
    scores: Mapping[str, Score]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0, or 2 when the folder holds no usable history."""
    asked = _parser().parse_args(arguments)
    started = monotonic()
    histories = read(asked.folder) if asked.folder else synthetic(seed=asked.seed)
    if not histories:
        print(f"bench.estimate: no source with at least {FEWEST} usable incidents in {asked.folder}", file=sys.stderr)
        return 2
    rows = sum(map(len, histories.values()))
    each = max(1, min(EACH_QUICK, QUICK_ROWS // rows)) if asked.quick else EACH
    marks = {mark: tuple(replay(histories, mark, each)) for mark in MARKS}
    result = {
        "histories": "folder" if asked.folder else f"synthetic, seed {asked.seed}",
        "incidents": rows,
        "sources": len(histories),
        "scored_at_most_each": each,
        "seconds": round(monotonic() - started, 1),
        "marks": [_mark(mark, lines) for mark, lines in marks.items()],
    }
    print(json.dumps(result, indent=2) if asked.json else _text(result))
    return 0


def read(folder: Path) -> Histories:
    """source → its usable incidents by beginning. Planned work, rows without an end and over-long ones are left out."""
    found: dict[str, list[PastIncident]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                past = _past(row)
                if past is not None:
                    found.setdefault(row["source"], []).append(past)
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


def replay(histories: Histories, mark: timedelta, each: int) -> Iterator[Line]:
    """One line a source. An incident that either contender says nothing of is graded for neither, and counted as withheld."""
    for source, rows in histories.items():
        shadows: dict[str, list[Shadow]] = {who: [] for who in CONTENDERS}
        withheld = dict.fromkeys(CONTENDERS, 0)
        for nth in range(WARM_UP, len(rows), ceil((len(rows) - WARM_UP) / each)):
            if rows[nth].lasted <= mark:
                continue
            said = {"sentinel": _ours(rows[nth], rows[:nth], mark), "baseline": _baseline(rows[nth], rows[:nth], mark)}
            for who, shadow in said.items():
                withheld[who] += shadow is None
            both = {who: shadow for who, shadow in said.items() if shadow is not None}
            if len(both) == len(said):
                for who, shadow in both.items():
                    shadows[who].append(shadow)
        if shadows["sentinel"]:
            yield Line(source=source, scores={who: score(shadows[who], mark, withheld[who]) for who in CONTENDERS})


def _ours(one: PastIncident, earlier: Sequence[PastIncident], mark: timedelta) -> Shadow | None:
    """What Sentinel's own decision says `mark` after the beginning."""
    now = one.began_at + mark
    made = estimate(_incident(one), None, earlier, now, None, EstimatePolicy())
    if made is None or made.p50 is None or made.p80 is None:
        return None
    return Shadow(elapsed=mark, lasted=one.lasted, p50=made.p50, p80=made.p80)


def _baseline(one: PastIncident, earlier: Sequence[PastIncident], mark: timedelta) -> Shadow | None:
    """The plain empirical quantile of the earlier incidents of the source that had ended by then and had lasted longer."""
    now = one.began_at + mark
    past = sorted(row.lasted for row in earlier if row.lasted > mark and row.began_at + row.lasted <= now)
    if not past:
        return None
    p50, p80 = (past[ceil(share * len(past)) - 1] for share in (0.5, 0.8))
    return Shadow(elapsed=mark, lasted=one.lasted, p50=p50, p80=p80)


def _incident(one: PastIncident) -> Incident:
    return Incident(
        id=1,
        root=one.service,
        services=(one.service,),
        phase=Phase.INVESTIGATING,
        episode=1,
        first_began_at=one.began_at,
        began_at=one.began_at,
        detected_at=one.began_at,
        confirmed_at=one.began_at,
        last_seq=1,
        opened_by=1,
    )


def _past(row: Mapping[str, str]) -> PastIncident | None:
    if row["kind"] == "maintenance" or not row["duration_min"] or not row["started_at"]:
        return None
    lasted = timedelta(minutes=float(row["duration_min"]))
    if not timedelta(0) < lasted <= LONGEST:
        return None
    return PastIncident(service=row["service"], began_at=datetime.fromisoformat(row["started_at"]), lasted=lasted)


def _in_order(rows: Iterable[PastIncident]) -> Sequence[PastIncident]:
    return sorted(rows, key=lambda row: (row.began_at, row.lasted))


def _mark(mark: timedelta, lines: Sequence[Line]) -> dict[str, Any]:
    """Plain figures: the mean over the sources, each weighing the same, and each source's own."""
    by_source = {line.source: {who: _figures(line.scores[who]) for who in CONTENDERS} for line in lines}
    return {
        "elapsed_minutes": _minutes(mark),
        "mean": {who: _mean([figures[who] for figures in by_source.values()]) for who in CONTENDERS},
        "by_source": by_source,
    }


def _figures(of: Score) -> dict[str, float]:
    return {
        "graded": of.graded,
        "withheld": of.withheld,
        "coverage_p80": of.covered or 0.0,
        "coverage_p50": of.covered_half or 0.0,
        "width_minutes": _minutes(of.width or timedelta(0)),
        "miss_minutes": _minutes(of.miss or timedelta(0)),
        "pinball": of.pinball or 0.0,
    }


def _mean(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Counts are summed, the rest averaged."""
    counts = ("graded", "withheld")
    return {name: (sum if name in counts else fmean)(one[name] for one in figures) for name in figures[0]}


def _text(result: Mapping[str, Any]) -> str:
    lines = [
        f"Replayed {result['incidents']} incidents of {result['sources']} sources ({result['histories']}), "
        f"at most {result['scored_at_most_each']} scored of each, {result['seconds']} s.",
        "Coverage claimed: 0.80 and 0.50. Pinball: loss at 0.8 of ln(remaining minutes), lower is better.",
        "",
        " at source             who       graded  none   P80   P50   width    miss  pinball",
    ]
    for mark in result["marks"]:
        rows = {"(mean)": mark["mean"], **mark["by_source"]}
        lines += [_row(mark["elapsed_minutes"], source, who, rows[source][who]) for source in rows for who in CONTENDERS]
        lines.append("")
    return "\n".join(lines)


def _row(elapsed: float, source: str, who: str, figures: Mapping[str, float]) -> str:
    return (
        f"{elapsed:>3.0f} {source:<18.18} {who:<9} {figures['graded']:>6.0f} {figures['withheld']:>5.0f} "
        f"{figures['coverage_p80']:>5.2f} {figures['coverage_p50']:>5.2f} {figures['width_minutes']:>7.0f} "
        f"{figures['miss_minutes']:>7.0f} {figures['pinball']:>8.3f}"
    )


def _minutes(duration: timedelta) -> float:
    return round(duration.total_seconds() / 60, 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.estimate", description="Grade estimates on incident histories.")
    parser.add_argument("folder", nargs="?", type=Path, help="folder of CSV histories; without it synthetic ones are made")
    parser.add_argument("--quick", action="store_true", help=f"score at most {EACH_QUICK} incidents a source")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--seed", type=int, default=7, help="seed of the synthetic histories")
    return parser


if __name__ == "__main__":
    sys.exit(main())
