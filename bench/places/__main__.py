"""Three places: `python -m bench.places [--quick] [--json] [--keep FOLDER]`.

One is cut off, one lies (40 % refused), then the insurer is down for real. Exit 0: verdicts, incidents and notices are as
they must be (F23, F24). Exit 1: not. Exit 3: this machine gives no networks of one's own, and nothing was tried.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import cables
from bench.places import network
from bench.places.ground import Ground
from bench.places.scene import FULL, QUICK, Plan, Scene, play

CANNOT: Final = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.places", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--quick", action="store_true", help="a cable is out for 6 s, too short to be a trouble, and a place lies for 6 s"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="keep the logs in this folder")
    asked = parser.parse_args()
    try:
        cables.alone("bench.places")
    except cables.CannotBeHad as why:
        print(f"three places cannot be played here: {why}", file=sys.stderr)
        return CANNOT
    plan = QUICK if asked.quick else FULL
    network.CABLES.lay()
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sentinel-places-")))
        folder.mkdir(parents=True, exist_ok=True)
        scenes = asyncio.run(_play(folder, plan))
    held = all(not each.wrong for each in scenes)
    if asked.json:
        print(json.dumps({"held": held, "left_out": plan.left_out, "scenes": [each.as_json() for each in scenes]}))
    else:
        print("place     incidents  phases now      drafts  sent  troubles told  late samples  seconds  wrong")
        for each in scenes:
            phases = ", ".join(each.phases) or "-"
            print(
                f"{each.name:9} {each.incidents:9}  {phases:14}  {each.drafts:6}  {each.sent:4}  {each.told:13}  {each.late:12}"
                f"  {each.seconds:7}  {'; '.join(each.wrong) or 'nothing'}"
            )
        if plan.left_out:
            print(plan.left_out)
    return 0 if held else 1


async def _play(folder: Path, plan: Plan) -> list[Scene]:
    async with Ground(folder) as ground:
        return await play(ground, plan, lambda what: print(what, file=sys.stderr, flush=True))


if __name__ == "__main__":
    sys.exit(main())
