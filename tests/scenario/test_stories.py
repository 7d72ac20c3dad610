"""The demo's stories hold: what every customer and the staff really received is what they should have."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentinel.demo.command import STORIES, play_story
from sentinel.demo.received import Received
from sentinel.demo.script import Script
from sentinel.demo.story import claim_delay


@pytest.mark.timeout(600)
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


def mail(subject: str, text: str) -> Received:
    raw = f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    return Received(
        number=1,
        session=1,
        arrived_at=datetime(2026, 11, 22, tzinfo=UTC),
        sender="a@x.example",
        recipients=("b@x.example",),
        raw=raw,
    )


@pytest.mark.parametrize(
    ("text", "holds"),
    [("We told you 10:05:30. We now expect 11:00.", True), ("We now expect 11:00.", False), ("We told you 10:05:30.", False)],
)
def test_the_claim_about_delays_can_fail(text: str, holds: bool) -> None:
    script = Script(name="x", say=lambda _: None)
    claim_delay(script, [mail("back by 10:05:30", "soon")], [mail("delayed", text)])
    assert script.held is holds
