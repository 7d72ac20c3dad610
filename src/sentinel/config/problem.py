"""Problem: one mistake in what people wrote, and where; ConfigError: all of them, raised once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

HIDDEN = "•••"
"""Stands in a message where a value that came from the environment or a file would have been."""


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake: its file (relative to the installation's folder), line and column from 1, what is wrong, what to do."""

    file: str
    line: int
    column: int
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}, {self.todo}"


class ConfigError(Exception):
    """Everything that is wrong with the files, sorted by where it is."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Position(Protocol):
    """Where something stands. Whatever it quotes of resolved references must not be shown."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    def secrets(self) -> Iterator[str]:
        """The values that references in it resolved to."""
        ...


class Problems:
    """Collects mistakes while all files are looked at. A mistake found twice is kept once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, at: Position, what: str, todo: str) -> None:
        """Note a mistake at `at`. Values of references inside `at` are blotted out of the message, whoever wrote it."""
        secrets = tuple(at.secrets())
        self.place(at.file, at.line, at.column, without(what, secrets), without(todo, secrets))

    def place(self, file: str, line: int, column: int, what: str, todo: str) -> None:
        """Note a mistake where no node of a tree stands."""
        self._found.setdefault(Problem(file, line, column, on_one_line(what), on_one_line(todo)))

    def refuse(self) -> None:
        """Raise ConfigError if anything was found."""
        if self._found:
            raise ConfigError(self._found)


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with each secret blotted out, as it is and as `repr` would have written it; the longest first."""
    spellings = {spelling for secret in secrets for spelling in (secret, repr(secret)[1:-1])}
    for spelling in sorted(filter(None, spellings), key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    return text


def on_one_line(text: str) -> str:
    """`text` as one printable line, so that what a file holds cannot forge a second message or move the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice about an unknown word: the nearest known one, or those that there are."""
    names = sorted(known)
    close = get_close_matches(word[:80], names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return "there are none yet"
    return "use one of: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def quoted(text: str) -> str:
    """What somebody wrote, short enough to stand in a message."""
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"
