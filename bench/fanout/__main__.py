"""What it costs to tell everybody: `python -m bench.fanout [--quick] [--json] [--database postgres] [--million]`.

One notice to 100,000 people (quick: 5,000) by SMTP, and again by an HTTP provider that honours keys, on a real installation
of its own each time: directory, approval, first batch, ledger on disk, personal words. The sink is another process on another
core, takes 1 ms over a message, and says afterwards who got how many: everybody exactly one, or the benchmark fails.
Beside it the limit: Postfix's `smtp-source`, and a bare loop that pipelines. `--million` writes the rows of 1,000,000 instead.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import Server, server

from bench.chaos.underling import Underling
from bench.fanout import limit, syncs
from bench.fanout.blast import Wrong, blast
from bench.fanout.million import expand
from bench.fanout.place import Shape
from bench.fanout.report import Report

WAYS = ("smtp", "http")
CONTENDERS = (limit.SMTP_SOURCE, "bare loop")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everybody got exactly one and the books balance."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.fanout", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="5,000 people instead of 100,000; with --million 50,000")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--million", action="store_true", help="write the rows of 1,000,000 people, and no more")
    parser.add_argument("--people", type=int, help="how many")
    parser.add_argument("--by", choices=WAYS, help="one way alone")
    parser.add_argument("--smtp-source", help="where it is, if not on the path")
    asked = parser.parse_args(arguments)
    try:
        with server("fsync=on") if asked.database == "postgres" else nullcontext() as place:
            report = asyncio.run(_measure(asked, _fresh(place)))
    except Wrong as wrong:
        print(f"wrong: {wrong}", file=sys.stderr)
        return 1
    print(report.as_json() if asked.json else report.as_text())
    return 0


def _fresh(place: Server | None) -> Callable[[], str]:
    """Makes an empty database for each installation; "" is SQLite's."""
    return lambda: "" if place is None else place.url_of(place.new_database())


async def _measure(asked: argparse.Namespace, fresh: Callable[[], str]) -> Report:
    report = Report(database=asked.database)
    if asked.million:
        people = asked.people or (50_000 if asked.quick else 1_000_000)
        report.expanded = await expand(Shape(people=people, database=fresh()))
        return report
    people = asked.people or (5_000 if asked.quick else 100_000)
    source = asked.smtp_source or limit.smtp_source()
    for by in WAYS if asked.by is None else (asked.by,):
        if by == "smtp":
            await _limit(report, people // 2, source)
        database = fresh()
        shape = Shape(people=people, by=by, database=database, traced=syncs.is_there() and not database)
        report.told[by] = await blast(shape)
        if by == "smtp":
            await _limit(report, people // 2, source)
    return report


async def _limit(report: Report, mails: int, source: str | None, octets: int = 4096) -> None:
    """One round of each contender, on a sink of its own."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="sentinel-limit-"))
        sink = await stack.enter_async_context(Underling("bench.fanout.sink", "1", log=Path(folder) / "log"))
        for name in CONTENDERS:
            made = await limit.round_of(name, sink.first["smtp"], mails, octets, source)
            if made is None:
                report.bare[name] = None
            else:
                report.bare[name] = [*(report.bare.get(name) or ()), made]


if __name__ == "__main__":
    sys.exit(main())
