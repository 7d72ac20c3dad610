"""Reload: edited files are taken up by the running hub, whole or not at all.

Belongs here: seeing that files changed, loading them beside the configuration in force, telling staff when they cannot be used.
Does not belong here: what a valid file is (config/), how a world is put in force (hub.py).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from sentinel.config.problem import ConfigError
from sentinel.model.installation import Installation
from sentinel.model.message import StaffNote
from sentinel.model.notice import Brief, Occasion
from sentinel.run import straight
from sentinel.run.files import Traces, digest, open_installation, trace_of, traces
from sentinel.run.kinds import FoundKinds
from sentinel.run.templates import proofread
from sentinel.run.world import World
from sentinel.store import incidents, notices
from sentinel.store.tally import still_needed
from sentinel.store.trouble import StoreTrouble

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the files."""
STILL: Final = 0.3
"""Seconds that they must have lain still: `git pull` writes one after the other."""
KEPT: Final = ("store", "database", "listen", "url", "place")
"""What a running hub keeps as it was: what it holds open, and what others know it by."""
AGAIN: Final = 60.0
"""Seconds after which files that took away what was still needed are tried again."""
SOON: Final = 5.0
"""Seconds after which files that the store did not let in force are tried again."""
PROBLEMS_KEPT: Final = 50
PROBLEMS_TOLD: Final = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """Where the configuration comes from. `make`: a valid installation into a world. `connect`: its channels' openers.

    `traces`: of the files as they were when the hub read them.
    """

    config: Path
    kinds: FoundKinds
    make: Callable[[Installation], World]
    connect: straight.Connect
    traces: Traces

    def look(self, in_force: World) -> Traces:
        """The files as they lie on disk now."""
        read = in_force.installation
        return traces(self.config) | trace_of(read.history) | trace_of(read.modules_file)

    def load(self, in_force: World) -> tuple[World, tuple[str, ...]]:
        """A world of what the files say now, and which keys of it wait for a restart. Raises ConfigError."""
        edit = digest(self.config)
        new, old = open_installation(self.config, self.kinds, proofread), in_force.installation
        waiting = tuple(name for name in KEPT if getattr(new, name) != getattr(old, name))
        made = self.make(replace(new, **{name: getattr(old, name) for name in KEPT}))
        return replace(made, digest=edit), waiting


class StillNeeded(Exception):
    """The files take away what the hub cannot do without yet. `problems`: what, and until when."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(*problems)
        self.problems = problems


class InForce(Protocol):
    """The hub, as far as a reload needs it."""

    @property
    def world(self) -> World: ...

    async def put_in_force(self, world: World) -> None: ...


class Reloads:
    """Watches the files while `run` runs. `problems`: what is wrong with those on disk, if they are not those in force."""

    def __init__(self, files: Files, hub: InForce) -> None:
        self.problems: tuple[str, ...] = ()
        self._files = files
        self._hub = hub
        self._seen = files.traces
        self._again_at = inf
        self._asked = asyncio.Event()
        self._told: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()

    def ask(self) -> None:
        """Read the files again whether or not they look changed: a secret beside them may be another one."""
        self._asked.set()

    async def run(self) -> None:
        """Look, and reload when something has changed, until cancelled."""
        try:
            while True:
                asked = await self._wait(LOOK_EVERY)
                looked = await self._look()
                if asked or looked != self._seen or monotonic() >= self._again_at:
                    self._seen = await self._still(looked)
                    await self._reload()
        finally:
            for task in self._telling:
                task.cancel()

    async def _wait(self, seconds: float) -> bool:
        """Whether somebody asked for a reload meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _look(self) -> Traces:
        return await asyncio.to_thread(self._files.look, self._hub.world)

    async def _still(self, looked: Traces) -> Traces:
        """The files once nobody writes any more; one that is written without end does not hold up the others for ever."""
        for _ in range(10):
            await asyncio.sleep(STILL)
            again = await self._look()
            if again == looked:
                break
            looked = again
        return looked

    async def _reload(self) -> None:
        before, self._again_at = self._hub.world, inf
        try:
            world, waiting = await asyncio.to_thread(self._files.load, before)
            await self._hub.put_in_force(world)
        except ConfigError as wrong:
            self._refuse(tuple(str(problem) for problem in wrong.problems))
            return
        except StillNeeded as needed:
            self._refuse(needed.problems)
            self._again_at = monotonic() + AGAIN
            return
        except StoreTrouble as trouble:
            # No mistake of theirs who edited: staff hear of a store in trouble as such.
            self.problems = (f"the files are not in force yet, and are tried again by themselves: {trouble}",)
            self._again_at = monotonic() + SOON
            log.warning("the edited files are not in force yet, and are tried again in %g s: %s", SOON, trouble)
            return
        except Exception as error:
            log.exception("the configuration could not be loaded")
            self._refuse((f"the files could not be loaded: {type(error).__name__}, see the log",))
            return
        self.problems = ()
        self._told.clear()
        log.info("the configuration was reloaded: %s", changes(before.installation, world.installation))
        for name in waiting:
            log.warning("%s has changed in the file: that needs a restart, and is as it was until then", name)

    def _refuse(self, problems: tuple[str, ...]) -> None:
        """Keep what is in force, and say so: in the log, on the board, and to staff once for each set of mistakes."""
        self.problems = problems[:PROBLEMS_KEPT]
        log.error("the files on disk are not valid (%d mistakes): the configuration in force stays", len(problems))
        for problem in self.problems:
            log.error("%s", problem)
        digest = sha256("\n".join(problems).encode()).hexdigest()
        if digest not in self._told:
            self._told.add(digest)
            task = asyncio.create_task(self._tell(digest[:16], problems))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, key: str, problems: tuple[str, ...]) -> None:
        """Through the first staff channel that takes it. No incident owes this word, so no ledger holds it: best effort."""
        installation = self._hub.world.installation
        note = StaffNote(key=f"config:{key}", brief=word(installation, problems))
        openers = self._files.connect(installation)
        name = await straight.by_first(openers, straight.channels(installation), note)
        if name:
            log.info("staff were told by %s that the files are not valid", name)
        else:
            log.error("no staff channel could be told that the files are not valid")


def word(installation: Installation, problems: tuple[str, ...]) -> Brief:
    """What staff are told of files that cannot be used."""
    count = len(problems)
    more = (f"... and {count - PROBLEMS_TOLD} more",) if count > PROBLEMS_TOLD else ()
    return Brief(
        reference="",
        occasion=Occasion.CHANGED,
        headline=f"{installation.brand}: Sentinel's files were edited and have {_mistakes(count)}; the edit is not in force",
        services=(),
        felt=("Nothing. Sentinel goes on with the configuration that it had.",),
        since=None,
        until=None,
        next_word=None,
        who="No customer. This is for whoever edits the files: `sentinel validate` lists the same.",
        say="",
        desk=(*problems[:PROBLEMS_TOLD], *more),
        link=installation.url,
        zone=installation.zone,
    )


def _mistakes(count: int) -> str:
    return "a mistake" if count == 1 else f"{count} mistakes"


def needed_channels(c: Connection, old: Installation, new: Installation) -> tuple[str, ...]:
    """What is wrong with `new`: channels of `old` that it lacks and by which somebody is still owed a word (P1, P6)."""
    gone = old.channels.keys() - new.channels.keys()
    if not gone:
        return ()
    unended = {f"incident:{number}" for number in incidents.open_ids(c)}
    unended |= notices.unexpanded_subjects(c)
    return tuple(
        f"sentinel.yaml: channel {name} is gone, and somebody is still owed a message by it, "
        "leave it in `channels` until they have had it (no service need name it any more)"
        for name in still_needed(c, gone, unended)
    )


def changes(old: Installation, new: Installation) -> str:
    """What a reload changed, by name: `checks +a -b ~c; time zone`. Never a value: it may be a secret."""
    said: list[str] = []
    for each in fields(Installation):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if each.name == "templates":
            before, after = ({one.path: one for one in files} for files in (before, after))
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            marks = _marks(before, after)
            said += [f"{each.name} {marks}"] if marks else []
        elif before != after:
            said.append(each.name)
    return "; ".join(said) or "nothing in it is different"


def _marks(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    altered = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    marked = [*(f"+{name}" for name in come), *(f"-{name}" for name in gone), *(f"~{name}" for name in altered)]
    return " ".join(sorted(marked)[:40]) + (" ..." if len(marked) > 40 else "")
