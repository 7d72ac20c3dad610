"""A process with an engine, for being killed and stopped: `python -m tests.run.engine.child WAY WHERE FOLDER NAME`.

Its handler sees to the things that nobody has seen to. It says in FOLDER what it does, one file a saying, and it waits in the
middle of its work while FOLDER holds `wait-NAME`.
"""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from sentinel.demo.patience import until_true
from sentinel.run.engine.port import Handler
from tests.run.engine.ways import ONCE, Way

PATIENCE = 60.0


def open_things(c: Connection) -> list[int]:
    """What is to be done."""
    return list(c.execute(text("select id from thing where by is null order by id")).scalars())


async def main(way: Way, folder: Path, name: str) -> None:
    def say(what: str) -> None:
        (folder / f"{name}-{what}").touch()

    with way.database() as database:

        async def work() -> None:
            with database.begin() as c:
                there = open_things(c)
            if not there:
                return
            say("began")
            await until_true(lambda: not (folder / f"wait-{name}").exists(), PATIENCE)
            for each in there:
                with database.begin() as c:
                    changed = c.execute(ONCE, {"name": name, "id": each}).rowcount
                say(f"{'did' if changed else 'found-done'}-{each}")

        engine = way.engine(database)
        looked = False

        async def first_look() -> None:
            """Every handler looks by itself as it begins; whoever tests a wake-up waits until that is over."""
            nonlocal looked
            await work()
            if not looked:
                looked = True
                say("ready")

        await engine.run({"work": Handler(run=first_look, poll=way.poll)})


if __name__ == "__main__":
    asyncio.run(main(Way(name=sys.argv[1], where=sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
