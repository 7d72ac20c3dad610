"""`python -m bench.chaos [--quick] [--json] [--kills N] [--seed N] [--plant NAME | --prove]`.

Kills the hub with kill -9 at chosen points of a whole day, again and again, and compares inboxes with the ledger. Exits 0 only
if every promise held and every stratum was hit. `--plant` runs the short day against a hub with a bug in it, which must not
exit 0; `--prove` does so with every bug and exits 0 only if each was found.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

from bench.chaos import table
from bench.chaos.kills import Record, all_counts, by_point, by_state, hits
from bench.chaos.plan import QUICK, WANTED, next_plan
from bench.chaos.planted import BUGS
from bench.chaos.points import AIMS_AT, Stratum
from bench.chaos.run import play

KILLS: Final = 24
QUICK_SECONDS: Final = 26.0
"""After so many no further kill is begun in a quick run: what must follow it needs the rest of its 50."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if all held."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one short day with a handful of kills")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"kills at least (default {KILLS})")
    parser.add_argument("--seed", type=int, default=1, help="of the chance moments (default 1)")
    planted = parser.add_mutually_exclusive_group()
    planted.add_argument("--plant", choices=sorted(BUGS), help="plant a bug in the hub; the short day")
    planted.add_argument("--prove", action="store_true", help="plant each bug in turn")
    asked = parser.parse_args(arguments)
    if asked.prove:
        return _prove(asked.seed, as_json=asked.json)
    draw = Random(asked.seed)
    records = _short(draw, plant=asked.plant or "") if asked.quick or asked.plant else _full(asked.kills, draw)
    wanted = _aimed(records) if asked.quick or asked.plant else list(Stratum)
    missing = table.empty(records, wanted, 1 if asked.quick or asked.plant else WANTED)
    held = any(record.kills for record in records) and all(record.held for record in records) and not missing
    if asked.json:
        print(json.dumps(_as_json(records, missing, held), indent=2))
    else:
        _say("\n".join(table.lines(records)))
        for stratum in missing:
            _say(f"not hit often enough: {stratum}")
        _say("all of it held" if held else "it did NOT hold")
    return 0 if held else 1


def _full(kills: int, draw: Random) -> list[Record]:
    """Runs until there are enough kills, in every stratum."""
    records: list[Record] = []
    while True:
        done = sum(len(record.kills) for record in records)
        plan = next_plan(len(records), done, kills, hits(records), draw)
        if plan is None:
            return records
        _say(f"run {len(records) + 1}")
        with tempfile.TemporaryDirectory(prefix="sentinel-chaos-") as folder:
            records.append(asyncio.run(play(len(records) + 1, plan, Path(folder), draw, _say)))


def _short(draw: Random, *, plant: str) -> list[Record]:
    """The short day. With a bug planted it takes the time that it needs: its kills are what finds the bug."""
    until = None if plant else monotonic() + QUICK_SECONDS
    with tempfile.TemporaryDirectory(prefix="sentinel-chaos-") as folder:
        return [asyncio.run(play(1, QUICK[0], Path(folder), draw, _say, plant=plant, until=until))]


def _prove(seed: int, *, as_json: bool) -> int:
    """Plant every bug: each must be found by an oracle, which a story that merely stops is not."""
    found: dict[str, list[str]] = {}
    for name in BUGS:
        _say(f"planted: {name}")
        counts = all_counts(_short(Random(seed), plant=name)).as_json()
        found[name] = [what for what, count in counts.items() if count and what != "unrested"]
        _say(f"  found as: {', '.join(found[name]) or 'NOT FOUND'}")
    if as_json:
        print(json.dumps(found, indent=2))
    return 0 if all(found.values()) else 1


def _aimed(records: Sequence[Record]) -> list[Stratum]:
    """The strata that were aimed at, reached or not. What was left out for want of time was not aimed at."""
    tried = [point for record in records for point in (*record.missed, *(kill.point for kill in record.kills))]
    return sorted({AIMS_AT[point] for point in tried})


def _as_json(records: Sequence[Record], missing: Sequence[Stratum], held: bool) -> dict[str, Any]:
    return {
        "held": held,
        "not_hit_often_enough": list(missing),
        "kills": sum(len(record.kills) for record in records),
        "kills_by_point": {point.name.lower(): count for point, count in by_point(records).items()},
        "hits_by_stratum": {stratum.value: hits(records)[stratum] for stratum in Stratum},
        "kills_by_ledger_state": dict(sorted(by_state(records).items())),
        "counts": all_counts(records).as_json(),
        "runs": [record.as_json() for record in records],
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
