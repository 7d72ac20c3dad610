"""Syncs: how often the hub had the disk confirm something, as the kernel's tracer (strace) writes it down.

Belongs here: counting. Only the calls that count are stopped at, so that a traced hub is hardly slower. PostgreSQL syncs in its
own processes, which are not looked at.
"""

import shutil
from pathlib import Path
from typing import Final

CALLS: Final = ("fdatasync", "fsync", "msync", "sync_file_range")


def is_there() -> bool:
    return shutil.which("strace") is not None


def within(out: Path) -> tuple[str, ...]:
    """What a hub is started by whose syncs are written to `out`."""
    return ("strace", "-f", "-q", "--seccomp-bpf", "-ttt", "-e", f"trace={','.join(CALLS)}", "-o", str(out))


def count(out: Path, began: float, ended: float) -> int:
    """How many there were between two instants (seconds since 1970): of the whole hub, its rounds and checkpoints too."""
    lines = (line.split(maxsplit=2) for line in out.read_text().splitlines())
    calls = (float(at) for _, at, call in lines if call.startswith(CALLS))
    return sum(began <= at <= ended for at in calls)
