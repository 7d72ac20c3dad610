"""Two machines and a cable: `python -m bench.machines [--quick] [--json] [--cut CUT] [--by HOW] [--people N]`.

Machine `a` is cut off in the middle of sending, from everything, from the database alone, or from the world alone; `b` sends
the rest; then the cable is back. What the world took is compared with the ledger. Exit 0: every count of what is wrong is 0.
Exit 3: this machine gives no networks of one's own, and nothing was tried.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import cables
from bench.machines import network, verdict
from bench.machines.ground import Ground, Shape, database
from bench.machines.scene import CUTS, Scene, play

WAYS: Final = ("smtp", "plain", "keyed")
FULL: Final = (
    ("everything", "smtp"), ("store", "smtp"), ("world", "smtp"),
    ("everything", "plain"), ("store", "keyed"), ("world", "plain"),
)  # fmt: skip
QUICK: Final = (("everything", "smtp"), ("store", "plain"))
CANNOT: Final = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the scenes and prints what came of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.machines", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 people, two scenes, leases of 5 s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--cut", choices=tuple(CUTS), help="only this one")
    parser.add_argument("--by", choices=WAYS, help="only this way of reaching customers")
    parser.add_argument("--people", type=int, default=0, help="how many customers (10,000; quick: 1,000)")
    parser.add_argument("--keep", type=Path, help="keep the logs in this folder")
    asked = parser.parse_args(arguments)
    try:
        cables.alone("bench.machines")
    except cables.CannotBeHad as why:
        print(f"two machines cannot be played here: {why}", file=sys.stderr)
        return CANNOT
    if asked.cut or asked.by:
        wanted: Sequence[tuple[str, str]] = [(asked.cut or "everything", asked.by or "smtp")]
    else:
        wanted = QUICK if asked.quick else FULL
    scenes = asyncio.run(_all(wanted, asked))
    report(scenes, as_json=asked.json)
    return 0 if all(scene.counts.held for scene in scenes) else 1


async def _all(wanted: Sequence[tuple[str, str]], asked: argparse.Namespace) -> list[Scene]:
    def say(what: str) -> None:
        print(what, file=sys.stderr, flush=True)

    people = asked.people or (1_000 if asked.quick else 10_000)
    lease, reply = (5.0, (0.05, 0.1)) if asked.quick else (0.0, (0.02, 0.06))
    scenes = []
    await asyncio.to_thread(network.CABLES.lay)
    with ExitStack() as stack:
        server = database(stack)
        for number, (cut, by) in enumerate(wanted, 1):
            kept = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sentinel-machines-")))
            say(f"scene {number} of {len(wanted)}: {people} by {by}, a is cut off from {cut}")
            shape = Shape(people=people, by=by, lease=lease, reply=reply)
            async with Ground(kept / f"{number}-{cut}-{by}", shape, server) as ground:
                scenes.append(await play(ground, cut, say))
            say(f"  {'held' if scenes[-1].counts.held else 'did NOT hold'} ({scenes[-1].seconds:.0f} s)")
    return scenes


def report(scenes: Sequence[Scene], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"held": all(each.counts.held for each in scenes), "scenes": [each.as_json() for each in scenes]}))
        return
    print("cut off from  by      people  sent before  armed then  by a after  rest sent in  in doubt, at the end  wrong")
    for each in scenes:
        print(
            f"{each.cut:12}  {each.by:6}  {each.people:6}  {each.sent_at_cut:11}  {each.armed_at_cut:10}  {each.by_cut:10}"
            f"  {each.took_over:10.1f} s  {each.doubts:8}, {each.doubts_at_end:10}  {verdict.as_line(each.counts.as_json())}"
        )
        if each.why:
            print(f"  {each.why}")


if __name__ == "__main__":
    sys.exit(main(None if os.environ.get(cables.ALONE) is None else sys.argv[1:]))
