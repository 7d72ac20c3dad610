"""The file: what was taken and what was refused, one JSON object a line, on disk before anybody is answered.

Belongs here: writing and reading lines. Does not belong here: what is taken (smtp.py, http.py), what it means (oracle.py).
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from time import time


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """One effect in the world. `id`: the message's own identity (Message-ID, idempotency key). `by`: smtp, slack, keyed, ...

    `again`: the provider knew the key and did nothing. `refused`: no effect, but this code was answered.
    """

    by: str
    to: str
    id: str = ""
    subject: str = ""
    sender: str = ""
    again: bool = False
    refused: int = 0
    session: int = 0
    at: float = 0.0


class Book:
    """The append-only file. `keep` returns once the line is on disk; `keys` remembers what was taken under a key."""

    def __init__(self, path: Path) -> None:
        self.keys: dict[str, str] = {}
        for known in read(path)[0]:
            self._remember(known)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def keep(self, taken: Taken) -> None:
        """Write a line and sync it."""
        line = asdict(taken) | {"at": time()}
        os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")
        os.fdatasync(self._file)
        self._remember(taken)

    def _remember(self, taken: Taken) -> None:
        if taken.by == "keyed" and taken.id and not taken.refused:
            self.keys.setdefault(taken.id, taken.to)


def read(path: Path, after: int = 0) -> tuple[list[Taken], int]:
    """The whole lines of the file from a byte on, and the byte to go on from: a line that is being written is left."""
    if not path.exists():
        return [], after
    with path.open("rb") as file:
        file.seek(after)
        new = file.read()
    whole = new[: new.rfind(b"\n") + 1]
    return [Taken(**json.loads(line)) for line in whole.splitlines()], after + len(whole)
