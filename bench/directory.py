"""Reading an audience into a snapshot: people a second and the most memory that it takes, from CSV and from a database.

`python -m bench.directory [--quick] [--json] [--people N]`. Each source is read in a process and a store of its own.
The people are written by another process, so that the peak is the reader's alone.
"""

import argparse
import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from tests.run.world import insurer

from sentinel.model.audience import Audience, SqlSource
from sentinel.model.command import Declare
from sentinel.model.secret import Secret
from sentinel.run import audience, orders
from sentinel.store import notices
from sentinel.store.database import Store

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HEADER = ("person", "name", "email", "language", "zone", "segments", "consent")


def rows(people: int) -> Iterator[tuple[str, ...]]:
    return ((f"N-{n}", "Ana Ortiz", f"ana{n}@x.example", "es", "Europe/Madrid", "payers", "yes") for n in range(people))


def write(kind: str, folder: Path, people: int) -> None:
    """The directory as the company would have it."""
    if kind == "csv":
        with (folder / "customers.csv").open("w") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(rows(people))
        return
    with sqlite3.connect(folder / "crm.db") as made:
        made.execute(f"create table c ({', '.join(HEADER)})")
        made.executemany("insert into c values (?,?,?,?,?,?,?)", rows(people))
    made.close()


def source(kind: str, folder: Path) -> Audience:
    if kind == "csv":
        return Audience(name="payers", csv=folder / "customers.csv", segment="payers")
    url = Secret(f"sqlite:///{folder}/crm.db")
    query = "select * from c where segments = :segment"
    return Audience(name="payers", sql=SqlSource(url=url, query=query, timeout=timedelta(minutes=5)), segment="payers")


def read(kind: str, folder: Path, people: int) -> dict[str, object]:
    """Read it into a snapshot, and say what that cost."""
    world = insurer(NOW)
    installation = replace(world.installation, audiences={**world.installation.audiences, "payers": source(kind, folder)})
    world = replace(world, installation=installation)
    store = Store.open(folder / "sentinel.db")
    declared = orders.Asked(command=Declare(service="payments", statement="payments.cannot_pay"), who="Lena")
    store.writer.submit(lambda c: orders.carry_out(c, world, store, declared, NOW)).result()
    before, begun = resource.getrusage(resource.RUSAGE_SELF), perf_counter()
    assert audience.read_all(installation, store, NOW) == 1
    took, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    found = store.read(lambda c: notices.snapshot(c, 1))
    assert found is not None
    assert found.admitted == people, found
    store.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "people": people,
        "people_per_s": round(people / took),
        "cpu_s_per_1000": round(cpu / people * 1000, 4),
        "peak_mb": round(after.ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 people instead of 200,000")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--people", type=int, help="how many")
    parser.add_argument("--do", nargs=2, metavar=("WHAT", "KIND"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    people = given.people or (20_000 if given.quick else 200_000)
    if given.do:
        what, kind = given.do
        if what == "write":
            write(kind, given.folder, people)
        else:
            print(json.dumps(read(kind, given.folder, people)))
        return
    found = {kind: _measured(kind, people) for kind in ("csv", "sql")}
    print(json.dumps(found) if given.json else "\n".join(f"{kind}: {costs}" for kind, costs in found.items()))


def _measured(kind: str, people: int) -> object:
    with tempfile.TemporaryDirectory() as folder:
        for what in ("write", "read"):
            arguments = ["--do", what, kind, "--folder", folder, "--people", str(people)]
            done = subprocess.run([sys.executable, "-m", "bench.directory", *arguments], check=True, capture_output=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
