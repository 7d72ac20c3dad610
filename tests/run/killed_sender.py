"""A sender in a process of its own, to be killed: `python -m tests.run.killed_sender FOLDER URL KIND` sends what is due."""

import asyncio
import sys
from pathlib import Path

from sentinel.model.delivery import Lane
from sentinel.model.installation import Channel
from sentinel.run.kinds import FoundKinds
from sentinel.run.sender import Sender, openers
from sentinel.store.database import Store
from tests.deliver.channel.providers import HERE, options
from tests.deliver.letters import SECRET
from tests.run.test_callbacks import REPORTED, Short
from tests.run.test_sender import Dice
from tests.store.test_ledger import NOW


async def main(folder: Path, url: str, kind: str) -> None:
    store = Store.open(folder / "sentinel.db")
    made = Channel(name="email", kind=kind, options=options(kind, url, **REPORTED[kind]))
    found = openers({"email": made}, FoundKinds(), SECRET, lambda: NOW, HERE, url="https://status.example.com")
    await Sender(Lane.CUSTOMERS, store, found, Short(), lambda: NOW, 1, Dice(0.0)).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
