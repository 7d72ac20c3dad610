"""What the benchmarks of looking make of their turns."""

from pathlib import Path

import pytest
from bench.eyes.report import Rounds, by_turns, lines, result

GOALS = {"plain": 0.2, "tls": 0.65}


def test_by_turns_asks_both_in_every_round_each_in_a_folder_of_its_own(tmp_path: Path) -> None:
    asked: list[str] = []

    def mine(folder: Path, way: str) -> tuple[float, int]:
        asked.append(f"ours {folder.relative_to(tmp_path)} {way}")
        return 0.1 * len(asked), 100 - len(asked)

    def peer(folder: Path, way: str) -> float:
        asked.append(f"theirs {folder.relative_to(tmp_path)} {way}")
        return 1.0

    found = by_turns(tmp_path, 2, {"plain": 0.2}, mine, peer)
    assert asked == [
        f"{who} plain-{turn}/{where} plain" for turn in (0, 1) for who, where in (("ours", "hub"), ("theirs", "peer"))
    ]
    assert found.ours == {"plain": [pytest.approx(0.1), pytest.approx(0.3)]}
    assert found.theirs == {"plain": [1.0, 1.0]}
    assert found.peak == 99, "the most that any round held"


def test_a_result_is_the_ratio_of_medians_beside_its_goal() -> None:
    rounds = Rounds(
        ours={"plain": [0.1, 0.9, 0.2], "tls": [1.0, 2.0]}, theirs={"plain": [0.4, 0.4, 4.0], "tls": [3.0, 3.0]}, peak=2**21
    )
    found = result(rounds, GOALS, "nginx", "no peer")
    assert found["plain"] == {"ratio": 0.5, "cpu_s_per_1000": 0.2, "peer_cpu_s_per_1000": 0.4, "goal": 0.2}
    assert found["tls"]["ratio"] == 0.5, "of an even number of rounds the middle of the middle two"
    assert (found["peak_mb"], found["target"], found["missing"]) == (2.0, "nginx", "")
    assert lines(found, GOALS, "the peer")[0] == "  plain  0.200   the peer 0.400   0.50 of it   (goal: at most 0.20)"


def test_without_a_peer_no_ratio_is_invented() -> None:
    found = result(Rounds(ours={"plain": [0.1], "tls": [1.0]}), GOALS, "nginx", "no peer is installed")
    assert found["plain"]["ratio"] is found["plain"]["peer_cpu_s_per_1000"] is None
    assert lines(found, GOALS, "the peer")[-1] == "  no peer is installed"
