"""A long CSV of series, time, value and label: what was found of the labelled runs, how late, and what was said in vain.

Belongs here: what is counted, and counting. Does not belong here: reading (rows.py), detecting (told.py).

An outage is a run of two or more labelled rows. A signal that rises in a run of labelled rows, or shortly after it (`AFTER`
rows, or `SHORTLY` where rows come closer), is true: it finds that run and those that begin while it still stands. Every other
signal is a false alarm.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median
from typing import Any, Final

from bench.detect.rows import Sample
from bench.detect.told import Look, told

AFTER: Final = 2
SHORTLY: Final = timedelta(minutes=10)


def runs(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """First and last row of each run of labelled rows."""
    found: list[tuple[int, int]] = []
    for row, one in enumerate(samples):
        if one.is_bad:
            found.append((found.pop()[0], row) if found and found[-1][1] == row - 1 else (row, row))
    return found


def report(samples: Sequence[Sample]) -> dict[str, Any]:
    """What the detectors found together, each by itself (`by`), and `unusual` alone on all numbers. No label is told to them: a
    probe that failed is one whose number is missing, or that says so itself."""
    shown = [Look(one.at, one.value, one.failed) for one in samples]
    by = told(shown)
    alone = told((look._replace(failed=False) for look in shown), ["unusual"])["unusual"]
    found = runs(samples)
    return {
        "samples": len(samples),
        "missing": sum(one.value is None for one in samples),
        "labelled": any(one.labelled for one in samples),
        "runs": len(found),
        "outages": sum(last > first for first, last in found),
        **figures(samples, sorted(claim for those in by.values() for claim in those)),
        "by": {name: figures(samples, those) for name, those in by.items()},
        "by_numbers_alone": figures(samples, alone),
    }


def figures(samples: Sequence[Sample], claims: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """`claims`: first and last row of each signal."""
    every, vain = runs(samples), 0
    seen: dict[tuple[int, int], timedelta] = {}
    for rose, last in claims:
        if not any(run[0] <= rose and _is_timely(samples, run, rose) for run in every):
            vain += 1
            continue
        for run in every:
            if run[0] <= last and _is_timely(samples, run, rose):
                late = max(samples[rose].at - samples[run[0]].at, timedelta(0))
                seen[run] = min(late, seen.get(run, late))
    outages = [late for (first, last), late in seen.items() if last > first]
    weeks = (samples[-1].at - samples[0].at) / timedelta(weeks=1)
    return {
        "found": len(outages),
        "runs_found": len(seen),
        "median_delay_min": round(median(one / timedelta(minutes=1) for one in outages), 2) if outages else None,
        "false_alarms_a_week": round(vain / weeks, 3) if weeks else None,
    }


def _is_timely(samples: Sequence[Sample], run: tuple[int, int], rose: int) -> bool:
    return rose <= run[1] + AFTER or samples[rose].at <= samples[run[1]].at + SHORTLY
