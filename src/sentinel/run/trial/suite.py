"""Suite: the tests of one installation, from its folder to what came of each.

Belongs here: finding their files, the order, how long each took. Does not belong here: what they mean (config/trial.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from sentinel.config import ConfigError, Problem
from sentinel.config.folder import MAIN
from sentinel.config.tree import MAX_BYTES
from sentinel.config.trial import trials
from sentinel.model.installation import Installation
from sentinel.model.trial import Trial
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.templates import proofread
from sentinel.run.trial.judge import Failure
from sentinel.run.trial.stage import stage
from sentinel.run.wiring import make_world

FOLDER: Final = "tests"
MOST_FILES: Final = 1_000
_KEY: Final = bytes(32)
"""Signs tokens that nobody is ever sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """One test that was run. `failures`: none where it passed."""

    trial: Trial
    failures: tuple[Failure, ...]
    seconds: float


def read_suite(config: Path, only: str = "") -> tuple[Installation, tuple[Trial, ...]]:
    """The installation of the sentinel.yaml at `config`, and its tests, or those whose name or file holds `only`. Raises
    ConfigError with all that is wrong, in either."""
    kinds = FoundKinds()
    house = open_installation(config, kinds, proofread)
    found = trials(_texts(config.absolute().parent), house, kinds)
    return house, tuple(one for one in found if only.casefold() in f"{one.file} {one.name}".casefold())


def run_suite(house: Installation, wanted: tuple[Trial, ...]) -> Iterator[Ended]:
    """Run the tests, one after the other."""
    with stage(make_world(house, FoundKinds(), _KEY)) as on:
        for trial in wanted:
            began = perf_counter()
            failures = on.run(trial)
            yield Ended(trial=trial, failures=failures, seconds=perf_counter() - began)


def _texts(folder: Path) -> dict[str, str]:
    place = folder / FOLDER
    paths = sorted(path for path in place.glob("*.y*ml") if path.is_file()) if place.is_dir() else []
    if not paths:
        raise ConfigError([_none(folder)])
    texts: dict[str, str] = {}
    wrong: list[Problem] = []
    for path in paths[:MOST_FILES]:
        name = f"{FOLDER}/{path.name}"
        try:
            with path.open("rb") as file:
                texts[name] = file.read(MAX_BYTES + 1).decode("utf-8-sig")
        except OSError as error:
            wrong.append(Problem(name, 1, 1, f"this file cannot be read ({error.strerror})", "let Sentinel read it"))
        except UnicodeDecodeError:
            wrong.append(Problem(name, 1, 1, "this is not text in UTF-8", "write the file in UTF-8"))
    if wrong:
        raise ConfigError(wrong)
    return texts


def _none(folder: Path) -> Problem:
    return Problem(
        MAIN, 1, 1, f"there are no tests beside it: no {FOLDER}/*.yaml", "write one; docs/how-to/test-your-checks.md"
    )
