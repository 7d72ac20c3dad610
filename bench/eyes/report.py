"""Report: our cost beside a peer's, measured by turns on the same target; as data and as lines.

Belongs here: turns, medians, ratios, their words. Does not belong here: how either is measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(kw_only=True, slots=True)
class Rounds:
    """CPU seconds per 1,000 checks by way (plain, tls), a figure a round. `limit`: of libcurl alone. `peak`,
    `peer_peak`: bytes, all processes of ours, of the peer's, together."""

    ours: dict[str, list[float]] = field(default_factory=dict)
    theirs: dict[str, list[float]] = field(default_factory=dict)
    limit: dict[str, list[float]] = field(default_factory=dict)
    peak: int = 0
    peer_peak: int = 0


def by_turns(
    room: Path,
    rounds: int,
    ways: Mapping[str, float],
    mine: Callable[[Path, str], tuple[float, int]],
    peer: Callable[[Path, str], tuple[float, int]] | None,
    bare: Callable[[str], float],
) -> Rounds:
    """So many rounds, each in a folder of its own. `peer` is None where it is not installed."""
    made = Rounds()
    for turn in range(rounds):
        for way in ways:
            folder = room / f"{way}-{turn}"
            used, peak = mine(folder / "hub", way)
            made.ours.setdefault(way, []).append(used)
            made.peak = max(made.peak, peak)
            made.limit.setdefault(way, []).append(bare(way))
            if peer is not None:
                used, peak = peer(folder / "peer", way)
                made.theirs.setdefault(way, []).append(used)
                made.peer_peak = max(made.peer_peak, peak)
    return made


def result(rounds: Rounds, goals: Mapping[str, float], by: str, absent: str) -> dict[str, Any]:
    """Medians. Without a peer the ratios and what is `peer_…` are null, and `missing` is `absent`."""
    ways: dict[str, Any] = {}
    for way, goal in goals.items():
        mine, peer = median(rounds.ours[way]), median(rounds.theirs[way]) if way in rounds.theirs else None
        limit = median(rounds.limit[way])
        ways[way] = {
            "ratio": None if peer is None else mine / peer,
            "cpu_s_per_1000": mine,
            "peer_cpu_s_per_1000": peer,
            "goal": goal,
            "limit_ratio": None if peer is None else limit / peer,
            "limit_cpu_s_per_1000": limit,
        }
    peak = {"peak_mb": rounds.peak / 2**20, "peer_peak_mb": rounds.peer_peak / 2**20 if rounds.theirs else None}
    return {**ways, **peak, "target": by, "missing": "" if rounds.theirs else absent}


def lines(found: Mapping[str, Any], goals: Mapping[str, float], peer: str) -> list[str]:
    """What `result` made, a line a way."""
    said = []
    for way in goals:
        one = found[way]
        beside = part = ""
        if one["ratio"] is not None:
            beside = f"   {peer} {one['peer_cpu_s_per_1000']:.3f}   {one['ratio']:.2f} of it (goal: at most {one['goal']:.2f})"
            part = f", {one['limit_ratio']:.2f} of it"
        said.append(f"  {way:6} {one['cpu_s_per_1000']:.3f}{beside}")
        said.append(f"         {one['limit_cpu_s_per_1000']:.3f} libcurl alone, which keeps and judges nothing{part}")
    theirs = "" if found["peer_peak_mb"] is None else f"; {peer} {found['peer_peak_mb']:.0f} MB"
    said.append(f"  at most {found['peak_mb']:.0f} MB, all processes together{theirs}")
    return [*said, *([f"  {found['missing']}"] if found["missing"] else [])]
