"""`python -m bench.chaos [--quick | --short] [--only PART,...] [--kills N] [--seed N] [--json] [--plant NAME | --prove |
--matrix]`.

Kills hubs and workers with kill -9 again and again, and compares what the world saw with the ledger. Exits 0 only if every
promise held and everything was hit that should be. `--plant` runs with a bug planted, which must not exit 0; `--prove` does
so with every bug and exits 0 only if each was found. `--matrix` prints which rows of the fault matrix are automated, and
where.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from bench.chaos import matrix, parts, report
from bench.chaos.planted import BUGS
from bench.chaos.prove import look_for, prove


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if all held."""
    asked = _parser().parse_args(arguments)
    if asked.matrix:
        print("\n".join(matrix.lines(matrix.automated())))
        return 0
    if asked.prove:
        found = prove(_say)
        print(json.dumps(found, indent=2))
        return 0 if all(each["right"] for each in found.values()) else 1
    if asked.plant:
        look = look_for(asked.plant)
        print(json.dumps(look.as_json(), indent=2))
        return 1 if look.is_right else 0
    return _run(asked)


def _run(asked: argparse.Namespace) -> int:
    size = parts.SIZES["quick" if asked.quick else "short" if asked.short else "full"]
    only = tuple(asked.only.split(",")) if asked.only else ()
    if unknown := set(only) - set(parts.NAMES):
        _say(f"there is no part {', '.join(sorted(unknown))}: there are {', '.join(parts.NAMES)}")
        return 2
    if asked.kills:
        size = parts.with_kills(size, asked.kills, only or ("sqlite",))
    played = parts.run(size, asked.seed, _say, only)
    held = bool(played) and all(part.held for part in played)
    if asked.json:
        print(json.dumps({"held": held, "seed": asked.seed, "parts": [part.as_json() for part in played]}, indent=2))
    else:
        print("\n".join(report.lines(played)))
    _say("all of it held" if held else "it did NOT hold")
    return 0 if held else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one scene with up to 25 kills, within 50 s")
    parser.add_argument("--short", action="store_true", help="what continuous integration runs, within three minutes")
    parser.add_argument("--only", default="", help=f"some parts: {', '.join(parts.NAMES)}")
    parser.add_argument("--kills", type=int, default=0, help="of the parts of --only (else SQLite), instead of the size's own")
    parser.add_argument("--seed", type=int, default=1, help="of the chance moments (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output, and nothing else there")
    planted = parser.add_mutually_exclusive_group()
    planted.add_argument("--plant", choices=sorted(BUGS), help="plant one bug")
    planted.add_argument("--prove", action="store_true", help="plant each bug in turn")
    planted.add_argument("--matrix", action="store_true", help="print the fault matrix")
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
