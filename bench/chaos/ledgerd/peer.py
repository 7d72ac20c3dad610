"""Who holds the other end of a connection: the process among a few that has a local TCP port open. Linux.

Belongs here: reading /proc. Does not belong here: killing (snare.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path


def owner_of(port: int, among: Sequence[int]) -> int:
    """The process among these that has a connection from `port`; 0 if none has. With one candidate nobody is asked."""
    if len(among) < 2:
        return among[0] if among else 0
    inode = _inode_of(port)
    return next((pid for pid in among if inode and _holds(pid, f"socket:[{inode}]")), 0)


def _inode_of(port: int) -> str:
    local = f":{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(local) and fields[9] != "0":
            return fields[9]
    return ""


def _holds(pid: int, link: str) -> bool:
    try:
        return any(os.readlink(each.path) == link for each in os.scandir(f"/proc/{pid}/fd"))
    except OSError:  # it has just ended, or a descriptor has
        return False
