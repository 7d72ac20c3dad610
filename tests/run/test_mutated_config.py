"""F35: whatever happens to the files that people write, they are refused with what, where and what to do, or they are right.

Each of them is read as a start reads it, and as a reload does, over the worked example's own folder: half written, torn by a
merge, of the wrong type, swapped for a link, made of bytes that are no text. A list of kinds of damage, not luck, with places
chosen by a seed.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest

from sentinel.config import ConfigError, Problem
from sentinel.config.tree import MAX_BYTES
from sentinel.demo.world import write_world
from sentinel.model.delivery import Accepted
from sentinel.model.message import Message, StaffNote
from sentinel.run.files import open_installation, traces
from sentinel.run.kinds import FoundKinds
from sentinel.run.reload import Files, Reloads
from sentinel.run.templates import proofread
from sentinel.run.wiring import make_world
from sentinel.run.world import World

KEY: Final = b"k" * 32
WRONG: Final = (
    "[]", "{}", "null", "true", "~", "0", "-1", "99999999999999999999", "1e400", "''", "|", "2026-13-01", "-5s", "5 parsecs",
    "'\\0'", "é" * 500, "!!python/object/apply:os.system [id]", "&a [*a]", "*nobody", "${env:NOT_SET}", "${file:/etc/shadow}",
    "${env:", "{{ 7 * 7 }}", "${file:../../secret}", "[1, [2, [3]]]", "<<: {a: 1}",
)  # fmt: skip
"""What stands where something else should."""

Damage = Callable[[str, Random], str | bytes]


def _lines(change: Callable[[list[str], int, Random], None]) -> Damage:
    def damage(text: str, draw: Random) -> str:
        lines = text.splitlines()
        change(lines, draw.randrange(len(lines)), draw)
        return "\n".join(lines) + "\n"

    return damage


def _without(lines: list[str], at: int, draw: Random) -> None:
    del lines[at]


def _twice(lines: list[str], at: int, draw: Random) -> None:
    lines.insert(at, lines[at])


def _swapped(lines: list[str], at: int, draw: Random) -> None:
    other = draw.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indented(lines: list[str], at: int, draw: Random) -> None:
    lines[at] = draw.choice((" ", "\t", "      ")) + lines[at]


def _value(lines: list[str], at: int, draw: Random) -> None:
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon} {draw.choice(WRONG)}"


def _misspelled(lines: list[str], at: int, draw: Random) -> None:
    lines[at] = lines[at].replace("e", "ë", 1).replace("a", "", 1)


def _merged(lines: list[str], at: int, draw: Random) -> None:
    lines[at:at] = ["<<<<<<< HEAD", lines[at], "=======", lines[at].upper(), ">>>>>>> theirs"]


DAMAGES: Final[dict[str, Damage]] = {
    "a line is gone": _lines(_without),
    "a line is there twice": _lines(_twice),
    "two lines are swapped": _lines(_swapped),
    "a line is indented": _lines(_indented),
    "a wrong value": _lines(_value),
    "another wrong value": _lines(_value),
    "a third wrong value": _lines(_value),
    "misspelled": _lines(_misspelled),
    "a merge": _lines(_merged),
    "half written": lambda text, draw: text[: draw.randrange(1, len(text))],
    "half a letter": lambda text, draw: text.encode()[: draw.randrange(1, len(text))] + b"\xc3",
    "empty": lambda text, draw: "",
    "only spaces": lambda text, draw: " \n\t\n",
    "no text": lambda text, draw: draw.randbytes(400),
    "NULs": lambda text, draw: text.encode().replace(b"\n", b"\x00", 3),
    "UTF-16": lambda text, draw: text.encode("utf-16"),
    "a mark of the byte order": lambda text, draw: b"\xef\xbb\xbf" + text.encode(),
    "too large": lambda text, draw: text + "# " + "x" * MAX_BYTES,
    "nested": lambda text, draw: text + "x: " + "[" * 3_000,
    "a bomb": lambda text, draw: "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "another document": lambda text, draw: text + "---\n" + text,
    "a list": lambda text, draw: "- " + text.replace("\n", "\n  "),
}  # fmt: skip
FILES: Final = (
    "sentinel.yaml",
    "checks/payments.yaml",
    "checks/ledger.yaml",
    "checks/accounts.yaml",
    "templates/statements/payments.yaml",
    "templates/customers/opened.en",
)
OF_TEMPLATES: Final = ("half written", "a merge", "no text")
"""What is tried on a template: proofreading one takes a second."""


@dataclass
class Told:
    """A staff channel that takes everything. `notes`: what staff were told."""

    notes: list[StaffNote] = field(default_factory=list)

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Accepted:
        assert await arm()
        assert isinstance(message, StaffNote)
        self.notes.append(message)
        return Accepted()

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Kept:
    """What a reload asks of the hub."""

    world: World
    times: int = 0

    async def put_in_force(self, world: World) -> None:
        self.world = world
        self.times += 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    urls = dict.fromkeys(("payments", "quoting", "documents", "accounts", "ledger"), "http://127.0.0.1:9")
    made = write_world(tmp_path / "w", smtp_port=9, slack_url="http://127.0.0.1:9/", listen="127.0.0.1:9", urls=urls)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made.folder


def files_of(folder: Path, told: Told | None = None) -> Files:
    kinds, config = FoundKinds(), folder / "sentinel.yaml"
    return Files(
        config=config,
        kinds=kinds,
        make=lambda read: make_world(read, kinds, KEY),
        connect=lambda read: dict.fromkeys(read.channels, lambda: told or Told()),
        traces=traces(config),
    )


def in_force(folder: Path) -> World:
    kinds = FoundKinds()
    return make_world(open_installation(folder / "sentinel.yaml", kinds, proofread), kinds, KEY)


def damaged(folder: Path) -> Iterator[tuple[str, Path, str | bytes]]:
    for name in FILES:
        text = (folder / name).read_text(encoding="utf-8")
        for number, (damage, change) in enumerate(DAMAGES.items()):
            if "customers" in name and damage not in OF_TEMPLATES:
                continue
            draw = Random(f"{name} {number}")
            yield f"{name}: {damage}", folder / name, change(text, draw)


def put(path: Path, what: str | bytes) -> None:
    path.write_bytes(what if isinstance(what, bytes) else what.encode("utf-8", "surrogatepass"))


@pytest.mark.timeout(600)
def test_more_than_a_hundred_broken_files_are_each_refused_with_what_where_and_what_to_do_or_right(folder: Path) -> None:
    """F35: at a start (open_installation) and on reload (Files.load, which makes all of it ready too); never a crash."""
    world, files = in_force(folder), files_of(folder)
    refused: list[str] = []
    right: list[str] = []
    said: list[tuple[str, Problem | None]] = []
    for what, path, text in damaged(folder):
        before = path.read_bytes()
        put(path, text)
        try:
            files.load(world)
        except ConfigError as wrong:
            refused.append(what)
            said += [(what, problem) for problem in wrong.problems] or [(what, None)]
        else:
            right.append(what)
        path.write_bytes(before)
    assert len(refused) + len(right) >= 100
    assert not [what for what, problem in said if problem is None or not _helps(problem)]
    assert len(refused) >= 60, right
    assert files.load(world)[0].installation == world.installation, "and when all is mended it is what it was"


def _helps(problem: Problem) -> bool:
    """Whether it says what, where and what to do, in one line that a person reads."""
    is_placed = bool(problem.file) and problem.line >= 1 and problem.column >= 1
    return is_placed and bool(problem.what and problem.todo) and len(str(problem)) < 2_000 and str(problem).isprintable()


async def test_on_reload_the_old_one_goes_on_what_is_wrong_is_shown_and_mending_it_ends_that(folder: Path) -> None:
    """F35: half written, swapped for a link that leads nowhere, a folder in its place, unreadable bytes, and gone."""
    check = folder / "checks" / "payments.yaml"
    whole = check.read_bytes()
    hub, told = Kept(in_force(folder)), Told()
    reloads = Reloads(files_of(folder, told), hub)
    running = asyncio.create_task(reloads.run())
    try:
        for ruin in (_half, _to_nowhere, _a_folder, _no_text):
            before = hub.world
            ruin(check)
            reloads.ask()
            await _until(lambda: bool(reloads.problems))
            assert hub.world is before
            assert all(":" in each and "," in each for each in reloads.problems)
            _clear(check)
            check.write_bytes(whole)
            reloads.ask()
            await _until(lambda: not reloads.problems)
        assert hub.times == 4
        assert len(told.notes) == 4, "staff hear of each once"
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.yaml")


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _no_text(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _clear(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    with suppress(FileNotFoundError):
        path.unlink()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.02)
