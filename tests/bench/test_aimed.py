"""What finds planted bugs, shown with the two quickest: the oracles speak with the bug, and are silent without it."""

import asyncio
from pathlib import Path

import pytest
from bench.chaos.aimed.table import AIMED, play
from bench.chaos.bugs.table import PLANTED
from bench.chaos.oracle import Counts
from bench.chaos.prove import Look, is_found


def unheard(_line: str) -> None:
    pass


@pytest.mark.timeout(600)
def test_an_approval_that_is_not_bound_to_what_was_seen_is_found(tmp_path: Path) -> None:
    """A whole installation with hub and providers, and the bug planted in the hub."""
    scene = asyncio.run(play(PLANTED["unbound-approval"].look, tmp_path, unheard, plant="unbound-approval"))
    assert scene.counts.unbound == 1, scene.seen
    assert is_found("unbound-approval", scene.counts)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("plant", ["", "check-then-resolve-again"])
def test_a_name_that_leads_elsewhere_after_it_was_judged_is_followed_only_with_the_bug(tmp_path: Path, plant: str) -> None:
    scene = asyncio.run(play("rebound", tmp_path, unheard, plant=plant))
    assert scene.counts.reached == (2 if plant else 0), scene.seen
    assert scene.counts.held is not bool(plant)


def test_what_merely_stops_has_found_nothing() -> None:
    stopped = Look(scene="owed end", bug="forget-before-closing", counts=Counts(unrested=1), seen=(), seconds=1.0)
    assert not stopped.is_right
    assert stopped.spoke == []


def test_without_a_bug_a_scene_that_stops_is_not_right_either() -> None:
    assert not Look(scene="owed end", bug="", counts=Counts(unrested=1), seen=(), seconds=1.0).is_right


def test_every_scene_is_there_for_a_bug_and_every_bug_has_a_scene() -> None:
    assert {bug.look for bug in PLANTED.values()} == set(AIMED)
