"""What looking on a schedule costs, and how it grows:
`python -m bench.schedule [--quick] [--json] [--blackbox PATH] [--prometheus PATH] [--nginx PATH] [--checks N,...]`.

First 500 checks once a second, plain and by TLS: CPU seconds per 1,000 checks of a hub with all its children, of Prometheus
with blackbox_exporter on the same page, and of libcurl alone, which is the limit, by turns. Then a hub alone with 100,
1,000 and 10,000 checks every ten seconds: CPU, how far the gaps between samples are from the interval, and whether a change
of the files makes anybody miss one.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any, Final

from bench.eyes import bare, peers, target
from bench.eyes.hub import Hub, Load, largest, running
from bench.eyes.peers import settle
from bench.eyes.report import by_turns, lines, result
from bench.eyes.target import Target
from bench.fanout import cost

GOALS: Final = {"plain": 1 / 3, "tls": 1 / 2}
CHECKS: Final = 500
GROWTH: Final = (100, 1_000, 10_000)
ABSENT: Final = "Prometheus and blackbox_exporter are not both installed here: there is nothing to compare with"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Seconds: `warm` before and `seconds` of each measurement; `interval` of the checks that a hub alone grows to."""

    rounds: int
    warm: float
    seconds: float
    interval: float
    left_out: str = ""


FULL: Final = Plan(rounds=3, warm=6.0, seconds=15.0, interval=10.0)
QUICK: Final = Plan(
    rounds=1, warm=1.5, seconds=2.0, interval=1.0, left_out="quick: one round of 2 s; how it grows was not looked at"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0 when everything that was looked at was good."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.schedule", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round of 2 s, and nothing of how it grows")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--blackbox", help="where blackbox_exporter is, if not on the path")
    parser.add_argument("--prometheus", help="where prometheus is, if not on the path")
    parser.add_argument("--nginx", help="where nginx is, if not on the path")
    parser.add_argument("--checks", help="how many to grow to, instead of 100,1000,10000; 0: do not")
    asked = parser.parse_args(arguments)
    plan = QUICK if asked.quick else FULL
    numbers = [int(each) for each in asked.checks.split(",")] if asked.checks else list(() if asked.quick else GROWTH)
    exporter, prometheus = peers.find(peers.BLACKBOX, asked.blackbox), peers.find(peers.PROMETHEUS, asked.prometheus)
    with TemporaryDirectory(prefix="sentinel-eyes-") as room, target.serving(Path(room) / "target", asked.nginx) as page:

        def mine(folder: Path, way: str) -> tuple[float, int]:
            return measure(folder, page, way, plan)

        def peer(folder: Path, way: str) -> tuple[float, int]:
            return measure_peers(folder, (exporter or "", prometheus or ""), page, way, plan)

        def alone(way: str) -> float:
            return bare.measure(page, way, seconds=plan.seconds, checks=CHECKS, every=1.0)

        made = by_turns(Path(room), plan.rounds, GOALS, mine, peer if exporter and prometheus else None, alone)
        grown = [grow(Path(room) / f"grow-{number}", page, number, plan.interval) for number in numbers if number]
        found = result(made, GOALS, page.by, ABSENT) | {"growth": grown, "left_out": plan.left_out}
    print(json.dumps(found) if asked.json else text(found))
    return 0


def measure(folder: Path, page: Target, way: str, plan: Plan) -> tuple[float, int]:
    """CPU seconds of the hub and its children per 1,000 checks at one a second, and the most memory in bytes."""
    folder.mkdir(parents=True)
    with running(folder, page, Load(way=way, checks=CHECKS, every=1.0)) as hub:
        settle(plan.warm)  # the first samples of all, and what is made ready at the start, are past
        used, looked = _used(hub, plan.seconds)
        return used / looked * 1000, largest(hub.pid)


def _used(hub: Hub, seconds: float) -> tuple[float, int]:
    """CPU seconds, and results on disk, meanwhile."""
    before, stored = cost.of_tree(hub.pid), hub.stored()
    settle(seconds)
    used, stored = cost.of_tree(hub.pid).since(before).cpu, hub.stored() - stored
    if wrong := hub.wrong():
        raise SystemExit(f"bench.schedule: a sample was not good: {wrong}")
    return used, max(1, stored)


def measure_peers(folder: Path, programs: tuple[str, str], page: Target, way: str, plan: Plan) -> tuple[float, int]:
    """The same of Prometheus and blackbox_exporter together, which scrape as many targets once a second."""
    exporter, prometheus = programs
    with (
        peers.blackbox(folder, exporter, page) as probing,
        peers.prometheus(folder, prometheus, probing, page, way, CHECKS) as both,
    ):
        peers.await_scrapes(both, CHECKS)
        before, scraped = sum(cost.of_tree(pid).cpu for pid in both.pids), peers.scrapes(both)
        settle(plan.seconds)
        used, scraped = sum(cost.of_tree(pid).cpu for pid in both.pids) - before, peers.scrapes(both) - scraped
        return used / max(1, scraped) * 1000, sum(map(largest, both.pids))


def grow(folder: Path, page: Target, number: int, interval: float) -> dict[str, Any]:
    """One hub with so many checks once an interval, through four of them and a change of its files."""
    folder.mkdir(parents=True)
    with running(folder, page, Load(way="plain", checks=number, every=interval)) as hub:
        settle(1.5 * interval)
        began = time()
        used, looked = _used(hub, 2 * interval)
        changed = folder / "checks" / "s0.yaml"
        changed.write_text(changed.read_text().replace("title: s0", "title: another"))
        settle(2 * interval)
        starts = hub.starts(began)
        gaps = [b - a for each in starts for a, b in pairwise(each)]
        off = sorted(abs(gap - interval) for gap in gaps)
        return {
            "checks": number,
            "every_s": interval,
            "cpu_s_per_1000": used / looked * 1000,
            "core_share": used / (2 * interval),
            "lag_p99_s": off[int(0.99 * (len(off) - 1))] if off else None,
            "missed": sum(gap > 1.5 * interval for gap in gaps) + sum(not each for each in starts),
            "seen": len(starts),
            "peak_mb": largest(hub.pid) / 2**20,
        }


def text(found: dict[str, Any]) -> str:
    heading = f"CPU seconds per 1,000 checks, {CHECKS} checks once a second; target: {found['target']}"
    said = [heading, *lines(found, GOALS, "Prometheus with blackbox_exporter"), *(["A hub alone:"] if found["growth"] else [])]
    for one in found["growth"]:
        lag = "-" if one["lag_p99_s"] is None else f"{one['lag_p99_s']:.2f}"
        said.append(
            f"  {one['checks']:6} checks every {one['every_s']:.0f} s: {one['cpu_s_per_1000']:.3f} CPU s per 1,000,"
            f" {one['core_share']:.2f} of a core, 99 % of the gaps within {lag} s of it,"
            f" {one['missed']} intervals missed, {one['peak_mb']:.0f} MB"
        )
    return "\n".join([*said, *([found["left_out"]] if found["left_out"] else [])])


if __name__ == "__main__":
    sys.exit(main())
