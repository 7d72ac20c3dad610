"""Keeping under the knife: `backup`, `restore` and `migrate`, each killed at its first sync, its second, ... until the end.

Belongs here: these commands, run under strace from their beginning, and what must lie on disk afterwards. Does not belong here:
what a running hub does (deeds.py). A command is no hub: what it leaves is looked at with plain SQL, and by running it again.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from tests.store.conftest import Where
from tests.store.old import make_old

from bench.chaos.blast.ground import Ground
from bench.chaos.blast.strike import SIGKILLED, Scene
from bench.chaos.syncs.tracer import SYNCS
from bench.chaos.underling import ROOT, inherited

SECONDS: Final = 180.0
"""That one command may take on a busy machine."""
STORE, BACKUP = "sentinel.db", "once.backup"
FIRST: Final = 2
"""The schema of the store that is brought forward."""
_MAIN: Final = ("-c", "from sentinel.cli.main import main; main()")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Command:
    """`before` puts a folder in place, `judge` says what is wrong with what a kill left in it ("" if nothing is)."""

    name: str
    arguments: tuple[str, ...]
    before: Callable[[Path], None]
    judge: Callable[[Path], str]


async def enumerate_keeping(
    told: Path, ground: Ground, scene: Scene, say: Callable[[str], None], *, most: int, until: float
) -> dict[str, int]:
    """Each command, killed at every sync: command → how many. `told`: a folder with a store in which customers were told."""
    made: dict[str, int] = {}
    for command in await _commands(told, ground):
        made[command.name] = 0
        for number in range(1, most + 1):
            if monotonic() > until:
                break
            folder = ground.folder / "keeping"
            shutil.rmtree(folder, ignore_errors=True)
            _installation(ground.folder, folder)
            command.before(folder)
            code = await _run(command.arguments, folder, ground, number)
            what = command.judge(folder) or await _again(command, folder, ground)
            scene.wrong("half", bool(what), f"{command.name}, sync {number}: {what}")
            if code != SIGKILLED:
                break
            made[command.name] += 1
        say(f"  {command.name}: killed at {made[command.name]} syncs")
    return made


async def _commands(told: Path, ground: Ground) -> tuple[_Command, ...]:
    """With one backup made without a kill, to be put back later and to be replaced."""
    source = ground.folder / "source"
    _installation(ground.folder, source)
    _store(told, source)
    if code := await _run(("backup", BACKUP), source, ground, 0):
        raise RuntimeError(f"no backup could be made: {code}")

    def told_and_backup(folder: Path) -> None:
        _store(told, folder)
        shutil.copy2(source / BACKUP, folder / BACKUP)

    return (
        _Command(name="backup", arguments=("backup", BACKUP), before=told_and_backup, judge=_backup_is_whole),
        _Command(name="restore", arguments=("restore", BACKUP, "--force"), before=told_and_backup, judge=_old_or_held),
        _Command(name="migrate", arguments=("migrate",), before=_old_store, judge=_old_or_new),
    )


def _installation(of: Path, folder: Path) -> None:
    """Everything but the store."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in of.iterdir():
        if each.is_dir() and each.name in ("checks", "templates"):
            shutil.copytree(each, folder / each.name)
        elif each.is_file() and STORE not in each.name and each.suffix in (".yaml", ".csv", ".pem"):
            shutil.copy2(each, folder / each.name)


def _store(told: Path, folder: Path) -> None:
    for each in told.iterdir():
        if not each.name.endswith((".hub", ".lock")):
            shutil.copy2(each, folder / each.name)


def _old_store(folder: Path) -> None:
    make_old(Where(path=folder / STORE))


async def _run(arguments: tuple[str, ...], folder: Path, ground: Ground, number: int) -> int:
    """The exit code; SIGKILLED if its `number`-th sync killed it. 0: it is not killed."""
    kill = ("-e", f"inject={SYNCS}:signal=SIGKILL:when={number}")
    strace = ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={SYNCS}", *kill) if number else ()
    process = await asyncio.create_subprocess_exec(
        *strace, sys.executable, *_MAIN, *arguments,
        cwd=folder,
        env={**inherited(), **ground.world.environment, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


async def _again(command: _Command, folder: Path, ground: Ground) -> str:
    """Whatever a kill left, the same command goes through afterwards."""
    code = await _run(command.arguments, folder, ground, 0)
    return "" if code == 0 and not command.judge(folder) else f"asked again it ended with {code}"


# What a kill may leave


@contextmanager
def _copy_of(file: Path) -> Iterator[sqlite3.Connection]:
    """A database as whoever opens it next would find it: what a log or journal beside it says is done first, in a copy."""
    with tempfile.TemporaryDirectory(prefix="sentinel-look-") as folder:
        for part in ("", "-wal", "-journal"):
            with suppress(FileNotFoundError):
                shutil.copy2(f"{file}{part}", f"{folder}/{file.name}{part}")
        with closing(sqlite3.connect(f"{folder}/{file.name}")) as opened:
            yield opened


def _backup_is_whole(folder: Path) -> str:
    """The last backup or the new one, and the store as it was."""
    with _copy_of(folder / BACKUP) as file:
        checked = file.execute("PRAGMA integrity_check").fetchone()[0]
        manifest = file.execute("SELECT count(*) FROM backup").fetchone()[0]
        rows = file.execute("SELECT count(*) FROM delivery").fetchone()[0]
    if checked != "ok" or not rows or not manifest:
        return f"the backup is not whole: {checked}, {rows} rows"
    return _sound(folder)


def _old_or_held(folder: Path) -> str:
    """The old store, or the one that was put back, and then the epoch beside it is above its own: it is held at its start."""
    what = _sound(folder)
    if what:
        return what
    with _copy_of(folder / STORE) as file:
        restored, epoch = file.execute("SELECT restored_from IS NOT NULL, epoch FROM installation").fetchone()
    beside = 0
    with suppress(FileNotFoundError):
        beside = json.loads((folder / f"{STORE}.epoch").read_text())["epoch"]
    return "it was put back, and the epoch beside it is not raised" if restored and beside <= epoch else ""


def _old_or_new(folder: Path) -> str:
    with _copy_of(folder / STORE) as file:
        schema = file.execute("SELECT schema FROM installation").fetchone()[0]
        known = file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
    return "" if (schema == FIRST) is not bool(known) else f"schema {schema}, and {known} record of migrations"


def _sound(folder: Path) -> str:
    """The store is whole and has everybody's row."""
    with _copy_of(folder / STORE) as file:
        checked = file.execute("PRAGMA integrity_check").fetchone()[0]
        rows = file.execute("SELECT count(*) FROM delivery WHERE lane = 'customers'").fetchone()[0]
    return "" if checked == "ok" and rows else f"the store is not whole: {checked}, {rows} rows"
