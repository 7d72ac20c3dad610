"""What the benchmarks of looking make of their turns."""

from pathlib import Path

import pytest
from bench.eyes.report import Rounds, by_turns, lines, result

GOALS = {"plain": 0.2, "tls": 0.65}


def test_by_turns_asks_all_in_every_round_each_in_a_folder_of_its_own(tmp_path: Path) -> None:
    asked: list[str] = []

    def mine(folder: Path, way: str) -> tuple[float, int]:
        asked.append(f"ours {folder.relative_to(tmp_path)} {way}")
        return 0.1 * len(asked), 100 - len(asked)

    def peer(folder: Path, way: str) -> tuple[float, int]:
        asked.append(f"theirs {folder.relative_to(tmp_path)} {way}")
        return 1.0, len(asked)

    def alone(way: str) -> float:
        asked.append(f"libcurl {way}")
        return 0.01

    found = by_turns(tmp_path, 2, {"plain": 0.2}, mine, peer, alone)
    assert asked == [
        said for turn in (0, 1) for said in (f"ours plain-{turn}/hub plain", "libcurl plain", f"theirs plain-{turn}/peer plain")
    ]
    assert found.ours == {"plain": [pytest.approx(0.1), pytest.approx(0.4)]}
    assert found.theirs == {"plain": [1.0, 1.0]}
    assert found.limit == {"plain": [0.01, 0.01]}
    assert (found.peak, found.peer_peak) == (99, 6), "the most that any round held"


def test_a_result_is_the_ratio_of_medians_beside_its_goal() -> None:
    rounds = Rounds(
        ours={"plain": [0.1, 0.9, 0.2], "tls": [1.0, 2.0]},
        theirs={"plain": [0.4, 0.4, 4.0], "tls": [3.0, 3.0]},
        limit={"plain": [0.1, 0.1, 0.3], "tls": [0.6, 0.6]},
        peak=2**21,
    )
    found = result(rounds, GOALS, "nginx", "no peer")
    assert found["plain"] == {
        "ratio": 0.5, "cpu_s_per_1000": 0.2, "peer_cpu_s_per_1000": 0.4, "goal": 0.2,
        "limit_ratio": 0.25, "limit_cpu_s_per_1000": 0.1,
    }  # fmt: skip
    assert found["tls"]["ratio"] == 0.5, "of an even number of rounds the middle of the middle two"
    assert (found["peak_mb"], found["target"], found["missing"]) == (2.0, "nginx", "")
    assert lines(found, GOALS, "the peer")[:2] == [
        "  plain  0.200   the peer 0.400   0.50 of it (goal: at most 0.20)",
        "         0.100 libcurl alone, which keeps and judges nothing, 0.25 of it",
    ]


def test_without_a_peer_no_ratio_is_invented() -> None:
    ours, alone = {"plain": [0.1], "tls": [1.0]}, {"plain": [0.05], "tls": [0.9]}
    found = result(Rounds(ours=ours, limit=alone), GOALS, "nginx", "no peer is installed")
    assert found["plain"]["ratio"] is found["plain"]["peer_cpu_s_per_1000"] is found["plain"]["limit_ratio"] is None
    assert found["plain"]["limit_cpu_s_per_1000"] == 0.05
    said = lines(found, GOALS, "the peer")
    assert said[0] == "  plain  0.100", "a goal is a part of what the peer takes"
    assert said[-1] == "  no peer is installed"
