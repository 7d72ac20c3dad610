"""What the audit holds of the configuration: which one took effect, when, and in the place of which.

Belongs here: the line, and that there is one for each. Does not belong here: when files are read (reload.py). Who edited them
is known where they are kept; their digest says which edit it was.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.run.audit import write_line
from sentinel.serve.accounts.port import Sight
from sentinel.store import audit

WHO: Final = "the files"
ANCHOR: Final = "configuration"
SHOWN: Final = 12


def note(c: Connection, digest: str, what: str, now: datetime) -> None:
    """A line for a configuration that took effect, in the caller's transaction; none where it was in force before, at an
    ordinary restart or on the second of several hubs."""
    before = audit.turn(c, ANCHOR, digest, now) if digest else digest
    if before == digest:
        return
    versions = {"before": before[:SHOWN], "after": digest[:SHOWN]}
    write_line(c, Sight.CONFIGURED, what, WHO, "", now, **versions)
