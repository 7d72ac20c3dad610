"""What an agent keeps of its enrolment: a file that its own user alone may read. It is written before the hub hears of it, so
that asking again after a lost answer is the same request.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

NAME: Final = "credential.json"
BEGINS: Final = "sntl_"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """`agent` None: it has not been let in yet. `token` opens the hub's face for agents."""

    place: str
    token: str
    agent: int | None = None

    def __repr__(self) -> str:
        return f"Credential(place={self.place!r}, agent={self.agent})"

    @property
    def token_hash(self) -> str:
        return sha256(self.token.encode()).hexdigest()


class Unusable(Exception):
    """The folder cannot be used. The message says why, and what to do."""


def read(folder: Path) -> Credential | None:
    """What lies in `folder`; None if nothing does. Raises Unusable."""
    path = folder / NAME
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if path.stat().st_mode & 0o077:
            raise Unusable(f"{path} may be read by others than its owner: chmod 600 {path}")
        agent = held["agent"]
        return Credential(place=str(held["place"]), token=str(held["token"]), agent=None if agent is None else int(agent))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path} is no credential: take it away and enrol again") from error


def fresh(place: str) -> Credential:
    return Credential(place=place, token=BEGINS + secrets.token_urlsafe(32))


def write(folder: Path, credential: Credential) -> None:
    """In one step, readable by its owner alone. Raises Unusable."""
    beside = folder / f"{NAME}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(credential), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / NAME)
    except OSError as error:
        raise Unusable(f"{folder} cannot be written: {error.strerror}") from error
