"""A worker: a crew without prober and faces. It sends, and its rounds stand in where no hub plays any.

Belongs here: what runs. Does not belong here: what a crew does (crew.py), its start and its end (work.py).
"""

from collections.abc import Mapping

from sentinel.model.delivery import Lane
from sentinel.run.crew import Crew, run_all
from sentinel.run.engine.port import Engine
from sentinel.run.presence import Presence
from sentinel.run.reads import Reads
from sentinel.run.reload import Files
from sentinel.run.sender import Sender


class NotShared(Exception):
    """The store is one that a single hub has for itself. The message says what to write instead."""


class Worker:
    """One of any number of workers on one store."""

    def __init__(self, house: Reads, engine: Engine, senders: Mapping[Lane, Sender], files: Files, presence: Presence) -> None:
        self.store = house.store
        self.installation = house.installation
        self.lanes = presence.me.lanes
        self._crew = Crew(house, engine, senders, files, presence, watches=False)

    async def run(self) -> None:
        """Everything at once, until cancelled."""
        await run_all(self._crew.loops)

    def reload(self) -> None:
        """Read the files again now."""
        self._crew.reloads.ask()
