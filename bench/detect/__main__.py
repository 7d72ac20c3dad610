"""`python -m bench.detect [--nab FOLDER] [--series FILE] [--contacts FOLDER] [--json] [--quick]`: see bench/README.md.

Belongs here: arguments, and what is printed. Does not belong here: measuring (the other files).
"""

import argparse
import csv
import json
import random
import sys
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from math import pi, sin
from pathlib import Path
from typing import Any

from bench.detect import cost, nab, rows, scoring, series
from bench.detect.rows import Sample
from bench.detect.told import USUAL, Look, keep_no_texts, told

PROCESSES = 2
SERIES = """a CSV of series, time, value, label, where the label is the truth that figures are compared with (no detector sees
it) and a value that is missing is a failed probe; or a log of
probes with a column success or status, which is both the truth and what `outage` sees"""
CONTACTS = "bench.detect.contacts"
"""The part about customers' contacts, where it is installed: `report(folder) -> dict`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures; 0, or 2 when a file or folder cannot be read."""
    asked = _parser().parse_args(arguments)
    if asked.contacts and find_spec(CONTACTS) is None:
        print("bench.detect: there is no part about contacts here", file=sys.stderr)
        return 2
    try:
        files = list(nab.read(asked.nab)) if asked.nab else []
        given = rows.read(asked.series) if asked.series else {}
        contacts = {"contacts": import_module(CONTACTS).report(asked.contacts)} if asked.contacts else {}
    except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error) as error:
        print(f"bench.detect: {error}", file=sys.stderr)
        return 2
    if not (files or given or contacts):
        print(
            "bench.detect: made series only; --nab FOLDER, --series FILE, --contacts FOLDER measure real ones", file=sys.stderr
        )
        given = synthetic(asked.seed)
    result = {**measure(files, given), **contacts, "cost": {"unusual": _cost(quick=asked.quick)}}
    print(json.dumps(result, indent=2) if asked.json else _text(result))
    return 0


def measure(files: Sequence[nab.File], given: Mapping[str, Sequence[Sample]]) -> dict[str, Any]:
    """All figures of the files and the series, with the product's defaults for all of them."""
    return {
        **({"nab": scores(files)} if files else {}),
        "series": {name: series.report(samples) for name, samples in given.items()},
        "setting": USUAL.model_dump(mode="json"),
    }


def _cost(*, quick: bool) -> dict[str, Any]:
    return asdict(cost.cost("unusual", list(cost.samples())[: 3_000 if quick else None]))


def scores(files: Sequence[nab.File]) -> dict[str, float]:
    """Profile → score. A signal that rises scores 1, every other row 0: there is no threshold to be chosen afterwards."""
    with ProcessPoolExecutor(min(PROCESSES, len(files)), initializer=keep_no_texts) as others:  # a file is a series of its own
        scored = list(others.map(_scored, sorted(files, key=lambda one: len(one.values), reverse=True)))
    windows = sum(len(one.windows) for one in files)
    return {name: round(scoring.best(scored, windows, profile).score, 2) for name, profile in scoring.PROFILES.items()}


def _scored(one: nab.File) -> list[scoring.Row]:
    looks = (Look(at, value) for at, value in zip(one.at, one.values, strict=True))
    rose = {first for first, _ in told(looks, ["unusual"])["unusual"]}
    return scoring.rows(one.name, [float(row in rose) for row in range(len(one.values))], one.windows)


def synthetic(seed: int, days: int = 21) -> dict[str, list[Sample]]:
    """Three series of 5-minute samples with hours of their own and noise, each with two disturbances of an hour."""
    made, dice = {}, random.Random(seed)
    many = days * 288
    for name, by in (("slower", 2.5), ("far-slower", 6.0), ("faster", 0.2)):
        broken = [dice.randrange(many * part // 8, many * (part + 1) // 8 - 12) for part in (4, 6)]
        made[name] = [_made(dice, row, by if any(at <= row < at + 12 for at in broken) else 1.0) for row in range(many)]
    return made


def _made(dice: random.Random, row: int, by: float) -> Sample:
    at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=5 * row)
    value = by * (200 + 80 * sin(row / 288 * 2 * pi)) * dice.lognormvariate(0, 0.1)
    return Sample(at, value, is_bad=by != 1.0, failed=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.detect", description="How early the detectors speak, and how often in vain.")
    parser.add_argument("--nab", type=Path, metavar="FOLDER", help="families of CSV files and combined_windows.json")
    parser.add_argument("--series", type=Path, metavar="FILE", help=SERIES)
    parser.add_argument("--contacts", type=Path, metavar="FOLDER", help="customers' contacts")
    parser.add_argument("--seed", type=int, default=1, help="of the series that are made")
    parser.add_argument("--json", action="store_true", help="JSON on standard output, and nothing else")
    parser.add_argument("--quick", action="store_true", help="fewer samples to measure the cost by; what is scored is the same")
    return parser


def _text(result: Mapping[str, Any]) -> str:
    lines = []
    if "nab" in result:
        lines.append("NAB: " + ", ".join(f"{profile} {score:.1f}" for profile, score in result["nab"].items()))
    for name, one in result["series"].items():
        lines.append(f"{name}: {one['samples']} samples, {one['outages']} outages, {one['runs']} runs")
        of = {"together": one, **one["by"], "unusual on all numbers": one["by_numbers_alone"]}
        lines += [f"  {by}: {_found(figures)}" for by, figures in of.items()]
    lines.append(f"unusual, a sample every ten seconds: {result['cost']['unusual']}; all: python -m bench.detect.cost")
    if "contacts" in result:
        lines.append(json.dumps(result["contacts"], indent=2))
    return "\n".join(lines)


def _found(one: Mapping[str, Any]) -> str:
    late = "" if one["median_delay_min"] is None else f", median delay {one['median_delay_min']:g} min"
    return f"{one['found']} outages ({one['runs_found']} runs) found{late}, false alarms a week: {one['false_alarms_a_week']}"


if __name__ == "__main__":
    raise SystemExit(main())
