"""Cost: what processes used, from /proc: seconds of CPU, and the most memory that they held. Linux."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`cpu`: seconds, user and system. `peak`: bytes of resident memory of the largest of them."""

    cpu: float
    peak: int

    def since(self, before: "Cost") -> "Cost":
        return Cost(cpu=self.cpu - before.cpu, peak=self.peak)


def of_tree(pid: int) -> Cost:
    """A process and all that come from it, those that have ended included. One that ends while we look counts with whoever
    waited for it, the next time."""
    family = tuple(_family(pid))
    return Cost(cpu=sum(map(_cpu, family)), peak=max(map(_peak, family), default=0))


def _family(pid: int) -> Iterable[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield from _family(int(child))


def _read(path: Path) -> str:
    """Nothing, where the process is gone."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _cpu(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK  # its own and those of children that it has waited for


def _peak(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
