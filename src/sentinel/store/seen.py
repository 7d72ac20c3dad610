"""How far a store was seen to have come, in a file beside it, `<store>.seen`: one that has not come so far is an older copy.

Belongs here: the file. Does not belong here: what is counted (sqlite.py: its commits, postgres.py: the position in the server's
log), and what follows (a person must release the store).

It is written over in place after each commit, and not synced: that costs next to nothing. A killed process loses nothing of it;
a power cut may lose its last seconds, and then it is behind the store, which is no sign of a copy. It is never ahead of it.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_LENGTH: Final = 41


class Seen:
    """Two numbers, `epoch` and `place`: how far the store had come within that epoch."""

    def __init__(self, path: Path) -> None:
        self._path = Path(f"{path}.seen")
        self._file: int | None = None

    def read(self) -> tuple[int, int]:
        """Zeros where there is nothing, or nothing that can be read: then nothing is known."""
        try:
            epoch, place = self._path.read_text(encoding="ascii").split()
            return int(epoch), int(place)
        except (OSError, ValueError):
            return 0, 0

    def write(self, epoch: int, place: int) -> None:
        """In one piece. A disk that is full or fails says so at the next commit, not here."""
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(self._file, f"{epoch:020} {place:020}".encode()[:_LENGTH], 0)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
