"""Stand: the demo's stage with a hub that may have a bug planted, and that remembers how each of its hubs ended.

Belongs here: starting and killing. Does not belong here: when (run.py), what the bugs are (planted.py).
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sentinel.demo.stage import Stage

ROOT: Final = Path(__file__).resolve().parents[2]
INHERITED: Final = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")

OVERRIDES: Final[Mapping[str, Any]] = {
    # A promise must outlast a dozen restarts, and a busy machine must not look like a second outage.
    "policies": {
        "estimate": {"least_ahead": "20m"},
        "notice": {"cancel_window": "300ms", "desk_first": "300ms", "next_word": "20m"},
        "incident": {"hold": "1s", "hold_intervals": 1},
    },
    "defaults": {"timeout": "8s", "detect": {"slow": {"persistence": "10m"}}},
}


class Stand(Stage):
    """`plant`: the name of a bug of planted.py, or "" for the product as it is. `exits`: how each killed hub ended."""

    def __init__(self, folder: Path, plant: str = "") -> None:
        super().__init__(folder, overrides=OVERRIDES)
        self.exits: list[int | None] = []
        self._plant = plant

    @property
    def store(self) -> Path:
        """The database file."""
        return self.folder / "sentinel.db"

    async def start_hub(self) -> None:
        """As the stage does, or through the module that plants the bug."""
        if not self._plant:
            await super().start_hub()
            return
        environment = {name: value for name, value in os.environ.items() if name in INHERITED}
        arguments = ("-m", "bench.chaos.planted", self._plant, "serve", "--config", str(self.world.config))
        with self.log.open("ab") as log:
            self._hub = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, cwd=ROOT, env={**environment, **self.world.environment}, stdout=log, stderr=log
            )
        self.starts += 1
        await self._until_ready()

    def strike(self) -> None:
        """SIGKILL, at this very moment and without waiting: for use inside a conversation."""
        if self._hub is not None and self._hub.returncode is None:
            os.kill(self._hub.pid, signal.SIGKILL)

    async def kill_hub(self) -> None:
        """kill -9, wait until it is gone, and remember how it ended."""
        hub = self._hub
        self.strike()
        await super().kill_hub()
        self.exits.append(None if hub is None else hub.returncode)
