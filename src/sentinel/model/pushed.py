"""Pushed: what reports to us by itself says, as it came: a heartbeat's ping, a value.

Pure. Does not belong here: what it means (run/heartbeat.py), when it is overdue (detect/kind/silence.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sentinel.model.observation import Fact

BODY_LIMIT: Final = 10_000
"""Bytes of what a job tells with its ping that are kept."""
RUN_LIMIT: Final = 64
"""Characters of the name that a job gives one of its runs."""


class Word(StrEnum):
    """What a ping says. `log` is a note: it changes nothing."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """One ping. `run`: what its sender calls the run that it is of, so that its start and its end find each other."""

    word: Word = Word.SUCCESS
    exit_code: int | None = None
    body: str = ""
    run: str = ""


def ping_of(last: str, body: bytes, run: str) -> Ping | None:
    """The ping whose address ends in `last` (empty: success); None where nothing is meant by that."""
    text = body[:BODY_LIMIT].decode("utf-8", "replace").replace("\0", "")
    name = run[:RUN_LIMIT] if run.isprintable() else ""
    if last.isascii() and last.isdecimal() and len(last) <= 3 and int(last) <= 255:
        code = int(last)
        return Ping(word=Word.FAIL if code else Word.SUCCESS, exit_code=code, body=text, run=name)
    if last in ("", *(word.value for word in Word if word is not Word.SUCCESS)):
        return Ping(word=Word(last or "success"), body=text, run=name)
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A value that was pushed, with the facts beside it."""

    value: Fact
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of a value. `known`: whether there is such a check. `faults`: why it was not taken."""

    known: bool = True
    faults: tuple[str, ...] = ()
