"""Probers: the children that probe for one place, each with the checks whose kinds live in it.

Belongs here: which checks go to which child, and that a child runs only where there is something for it. Does not belong here:
one child's life (prober.py).
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sentinel.model.check import Check
from sentinel.model.installation import Guard
from sentinel.probe.wire import Batch
from sentinel.run import prober
from sentinel.run.prober import Prober

CURL: Final = "curl"
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    CURL: prober.COMMAND,
    "loop": (sys.executable, "-I", "-m", "sentinel.probe.loop", "loop"),
    "browser": (sys.executable, "-I", "-m", "sentinel.probe.loop", "browser"),
}
"""Child → what starts it. `curl` always runs: the place's canaries are probed there."""


class Probers:
    """All children of one place. `lives_in`: a probe kind → the child that it lives in.

    `on_batch` is called in the event loop at the moment of receipt; see Prober.
    """

    def __init__(
        self,
        place: str,
        guard: Guard,
        checks: Sequence[Check],
        on_batch: Callable[[Batch], None],
        lives_in: Callable[[str], str],
    ) -> None:
        self._lives_in = lives_in
        self._checks = tuple(checks)
        self._guard = guard
        shares = self._shares()
        self._children = {
            name: Prober(place, guard, shares[name], on_batch, name=name, command=command) for name, command in COMMANDS.items()
        }
        self._changed = asyncio.Event()

    @property
    def restarts(self) -> int:
        """How often children have been started again."""
        return sum(child.restarts for child in self._children.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """What the present children last said that they have skipped or dropped, in all."""
        names = {name for child in self._children.values() for name in child.counts}
        return {name: sum(child.counts.get(name, 0) for child in self._children.values()) for name in names}

    @property
    def heard_at(self) -> float | None:
        """When the child last said anything that was silent longest, on the monotonic clock."""
        heard = [child.heard_at for name, child in self._children.items() if self._is_wanted(name)]
        return min((at for at in heard if at is not None), default=None)

    @property
    def pid(self) -> int | None:
        """Of the `curl` child."""
        return self._children[CURL].pid

    def reload(self, checks: Sequence[Check], guard: Guard | None = None) -> None:
        """Put another full set of checks in force; those that are as before go on undisturbed."""
        self._checks = tuple(checks)
        self._guard = guard if guard is not None else self._guard
        for name, share in self._shares().items():
            self._children[name].reload(share, self._guard)
        self._changed.set()

    def ack(self, source: str, number: int) -> None:
        """All batches of `source` up to `number` are ours to keep."""
        for child in self._children.values():
            child.ack(source, number)

    async def run(self) -> None:
        """Keep the children alive that have something to do, until cancelled. What breaks one of them is raised."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                self._changed.clear()
                for name, child in self._children.items():
                    if self._is_wanted(name) and name not in running:
                        child.heard_at = None
                        running[name] = asyncio.create_task(child.run())
                    elif not self._is_wanted(name) and name in running:
                        await _end([running.pop(name)])
                changed = asyncio.create_task(self._changed.wait())
                try:
                    done, _ = await asyncio.wait({changed, *running.values()}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                for one in done - {changed}:
                    one.result()
        finally:
            await _end(list(running.values()))

    def _is_wanted(self, name: str) -> bool:
        return name == CURL or any(self._lives_in(check.kind) == name for check in self._checks)

    def _shares(self) -> dict[str, list[Check]]:
        shares: dict[str, list[Check]] = {name: [] for name in COMMANDS}
        for check in self._checks:
            shares.get(self._lives_in(check.kind), []).append(check)
        return shares


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
