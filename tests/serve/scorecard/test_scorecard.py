"""How well we estimate, as staff see it: also when there is little to show, and when it is embarrassing."""

from dataclasses import replace

import pytest

from sentinel.estimate.card import Point
from sentinel.serve.scorecard.picture import LEFT, SIDE, TOP, picture
from sentinel.serve.scorecard.words import lean_words, verdict
from tests.serve.browser import Browser, text_of
from tests.serve.hub import MemoryHub

THERE = "/scorecard"


@pytest.mark.anyio
async def test_it_says_what_was_claimed_and_what_held(lead: Browser) -> None:
    answer = await lead.get(THERE)
    page = text_of(answer)
    for part in (
        "We claim that 80 % are over in time",
        "40 incidents have ended",
        "cannot be read: incidents 7",
        "At the beginning",
        "After 60 min",
        "too early",
        "named by a person",
        "from past incidents",
        "34 of 40",
    ):
        assert part in page, part
    assert '<svg class="reliability"' in answer.text
    assert "of the 80 % claimed" in answer.text, "the picture for those who cannot see it"
    assert "The picture as a table" in page
    assert "style=" not in answer.text, "no inline styles: the policy forbids them"


@pytest.mark.anyio
async def test_with_fewer_than_ten_there_is_no_share_and_no_picture(lead: Browser, hub: MemoryHub) -> None:
    hub.graded = 6
    answer = await lead.get(THERE)
    assert "Too few to say: 6 graded so far, and it takes 10" in text_of(answer)
    assert "%</td>" not in answer.text
    assert "<svg class" not in answer.text


@pytest.mark.anyio
async def test_a_rehearsal_says_that_it_is_one(lead: Browser, hub: MemoryHub) -> None:
    page = text_of(await lead.get(f"{THERE}?of=rehearsal"))
    assert "This is a rehearsal." in page
    assert "Nobody was told any of it" in page
    assert "Times that customers were given" not in page
    hub.imported = 0
    assert "Rehearsal" not in text_of(await lead.get(THERE))


@pytest.mark.anyio
async def test_a_day_that_is_none_is_said_and_an_unknown_service_is_all(lead: Browser) -> None:
    answer = await lead.get(f"{THERE}?since=yesterday&service=nothing")
    assert answer.status_code == 200
    assert "The day was not understood" in text_of(answer)
    assert 'value="2026-11-01"' in (await lead.get(f"{THERE}?since=2026-11-01&service=payments")).text


def test_on_the_diagonal_lies_what_is_true() -> None:
    points = [Point(claimed=share, held=share, graded=10, between=(share - 0.1, share + 0.1)) for share in (0.2, 0.5, 0.8)]
    drawn = picture(points)
    assert drawn is not None
    assert [dot.x - LEFT for dot in drawn.dots] == pytest.approx([TOP + SIDE - dot.y for dot in drawn.dots])
    assert picture([replace(one, graded=9) for one in points]) is None


@pytest.mark.anyio
async def test_the_verdict_says_which_way_it_errs(hub: MemoryHub) -> None:
    score = (await hub.scorecard()).card.whole.marks[0]
    assert "our times are too early" in verdict(replace(score, covered=0.5, between=(0.4, 0.6)))
    assert "later than they need be" in verdict(replace(score, covered=0.95, between=(0.9, 0.99)))
    assert "the claim holds" in verdict(replace(score, covered=0.8, between=(0.7, 0.9)))
    assert lean_words(replace(score, lean=-2 * score.mark)) == "neither"
