"""What a check costs, whole product in the path: `python -m bench.probe [--quick] [--json] [--blackbox PATH] [--nginx PATH]`.

CPU seconds (user and system) per 1,000 checks, as fast as they go: a hub with all its children, where each result has its
facts, verdict, detectors, place in the store and metrics; blackbox_exporter, asked by a client whose CPU is not counted; and
libcurl alone, which is the limit. The same page of 1 KB, by name, over fresh connections, on one core, by turns in one run,
status and body verified. Compare the ratios.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.eyes import bare, peers, target
from bench.eyes.hub import Load, largest, running
from bench.eyes.peers import settle
from bench.eyes.report import by_turns, lines, result
from bench.eyes.target import Target
from bench.fanout import cost

GOALS: Final = {"plain": 0.2, "tls": 0.65}
CHECKS: Final = 500
FASTEST: Final = 0.1
"""Seconds between two samples of one check: 5,000 a second, more than one core gives."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0 when everything that was looked at was good."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.probe", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round of 3 s instead of five of 6 s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--blackbox", help="where blackbox_exporter is, if not on the path")
    parser.add_argument("--nginx", help="where nginx is, if not on the path")
    asked = parser.parse_args(arguments)
    rounds, seconds = (1, 3.0) if asked.quick else (5, 6.0)
    program = peers.find(peers.BLACKBOX, asked.blackbox)
    with TemporaryDirectory(prefix="sentinel-eyes-") as room, target.serving(Path(room) / "target", asked.nginx) as page:

        def mine(folder: Path, way: str) -> tuple[float, int]:
            return measure(folder, page, way, seconds)

        def peer(folder: Path, way: str) -> tuple[float, int]:
            return measure_peer(folder, program or "", page, way, quick=asked.quick)

        def alone(way: str) -> float:
            return bare.measure(page, way, seconds=seconds / 2, checks=CHECKS)

        made = by_turns(Path(room), rounds, GOALS, mine, peer if program else None, alone)
        found = result(made, GOALS, page.by, "blackbox_exporter is not installed here: there is nothing to compare with")
    print(json.dumps(found) if asked.json else text(found))
    return 0


def measure(folder: Path, page: Target, way: str, seconds: float) -> tuple[float, int]:
    """CPU seconds of the hub and its children per 1,000 results on disk, and the most memory that they held, in bytes."""
    folder.mkdir(parents=True)
    with running(folder, page, Load(way=way, checks=CHECKS, every=FASTEST)) as hub:
        settle(4.0)
        before, stored = cost.of_tree(hub.pid), hub.stored()
        settle(seconds)
        used, stored = cost.of_tree(hub.pid).since(before).cpu, hub.stored() - stored
        if wrong := hub.wrong():
            raise SystemExit(f"bench.probe: a sample was not good: {wrong}")
        return used / max(1, stored) * 1000, largest(hub.pid)


def measure_peer(folder: Path, program: str, page: Target, way: str, *, quick: bool) -> tuple[float, int]:
    """CPU seconds of blackbox_exporter per 1,000 probes, and the most memory that it held, in bytes."""
    probes = 1000 if quick else (5000 if way == "plain" else 3000)
    with peers.blackbox(folder, program, page) as exporter:
        peers.drive(exporter, page, way, 200)  # warm
        before = cost.of_tree(exporter.pids[0])
        peers.drive(exporter, page, way, probes)
        return cost.of_tree(exporter.pids[0]).since(before).cpu / probes * 1000, largest(exporter.pids[0])


def text(found: dict[str, Any]) -> str:
    heading = f"CPU seconds per 1,000 checks as fast as they go, with store and metrics; target: {found['target']}"
    return "\n".join([heading, *lines(found, GOALS, "blackbox_exporter")])


if __name__ == "__main__":
    sys.exit(main())
