"""The demo's stories hold: what every customer and the staff really received is what they should have."""

import asyncio
from pathlib import Path

import pytest

from sentinel.demo.command import STORIES, play_story
from sentinel.demo.script import Script


@pytest.mark.timeout(240)
@pytest.mark.parametrize("story", sorted(STORIES))
def test_the_story_holds(story: str, tmp_path: Path) -> None:
    lines: list[str] = []
    script = asyncio.run(play_story(tmp_path, story, lines.append))
    assert script.held, "\n".join(lines)
    assert len(script.claims) >= 8


def test_a_claim_that_does_not_hold_fails_the_story_and_so_does_claiming_nothing() -> None:
    script = Script(name="x", say=lambda _: None)
    assert not script.held
    script.claim("a", True)
    assert script.held
    script.claim("b", [], "nothing")
    assert not script.held
    assert script.as_json()["claims"][1] == {"says": "b", "held": False, "seen": "nothing"}
