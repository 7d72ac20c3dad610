"""Carries commands out on a real store in processes that are killed at a chosen point.

`python -m tests.run.dying FOLDER DATABASE`. Each line of stdin is a `Death`; a process forked for it opens the store, carries
the command out as a hub does, and dies by SIGKILL there. The line of stdout says how far it came. Forked, since a new
interpreter for each point would take minutes.
"""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from sentinel.model.command import Command
from sentinel.run import orders
from sentinel.run.world import World
from sentinel.store import codec
from sentinel.store.database import Store

from .world import NOW, at_home, insurer

WRITES = ("INSERT", "UPDATE", "DELETE")
WRITE, COMMIT, COMMITTED, ANSWERED = "a write", "the commit", "committed", "answered"


@dataclass(frozen=True, kw_only=True)
class Death:
    """Where to die: after so many writing statements of the transaction (`after`), at a `moment`, or at the first of both."""

    command: str
    now: str
    key: str
    after: int = 0
    moment: str = ""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """`answer`: what was answered before the end, if anything was; `died`: where it was killed, empty if it came to its end."""

    answer: str = ""
    died: str = ""


def _die(out: int, where: str) -> None:
    os.write(out, f"died {where}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def _carry_out(world: World, database: str, death: Death, out: int) -> None:
    store = Store.open(Path(world.installation.store), database)
    written = 0

    @event.listens_for(store.engine, "after_cursor_execute")
    def _executed(c: Any, cursor: Any, statement: str, *rest: Any) -> None:
        nonlocal written
        written += statement.lstrip().upper().startswith(WRITES)
        if death.after and written >= death.after:
            _die(out, WRITE)

    @event.listens_for(store.engine, "commit")
    def _commits(c: Any) -> None:
        if death.moment == COMMIT and written:
            _die(out, COMMIT)

    command: Any = codec.from_text(Command, death.command)  # type: ignore[arg-type]  # a union is a type here
    asked = orders.Asked(command=command, who="Lena", account="", key=death.key)
    now = datetime.fromisoformat(death.now)
    carried = store.writer.submit(lambda c: orders.carry_out(c, world, store, asked, now)).result()
    if death.moment == COMMITTED:
        _die(out, COMMITTED)
    if carried.epoch is not None:
        store.seal_epoch(carried.epoch)
    os.write(out, f"answer {type(carried.result).__name__}\n".encode())
    if death.moment == ANSWERED:
        _die(out, ANSWERED)
    store.close()


def _one(world: World, database: str, death: Death) -> Heard:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _carry_out(world, database, death, writes)
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    os.close(writes)
    with os.fdopen(reads) as said:
        heard = Heard(**dict(line.rstrip().split(" ", 1) for line in said))
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) if heard.died else os.waitstatus_to_exitcode(status) == 0, "the child failed by itself"
    return heard


def main() -> None:
    folder, database = Path(sys.argv[1]), sys.argv[2]
    world = at_home(insurer(NOW), folder)
    for line in sys.stdin:
        print(json.dumps(asdict(_one(world, database, Death(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
