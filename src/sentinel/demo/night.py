"""The story of the night: approved in the evening, then nobody is awake, and still no promise lapses in silence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sentinel.demo.patience import Waited, until, until_true
from sentinel.demo.post import addresses
from sentinel.demo.reminders import FEW, reminded
from sentinel.demo.services import How
from sentinel.demo.story import CLOCK, Play, is_open

QUIET_SECONDS = 3.0
"""How long nothing must come when nothing may come."""
OVERRIDES: Final[Mapping[str, Any]] = {"audiences": {"payers": FEW}}
SCALE: Final = 1 / 180
"""Of a length in life: the promise lapses within half a minute."""


async def night(play: Play) -> None:
    """Slow is approved and told; it becomes cannot-pay; the promise lapses; holding words go; it heals; it breaks again."""
    script, people = play.script, reminded()
    broke = await play.breaks("payments", How.SLOW)
    page = await play.opened("payments", broke)
    number = page["incident"]["id"]
    await play.approve(number, "opened", people)
    opened = await play.received("opened", people)
    script.step("Lena goes to bed")

    await play.breaks("payments", How.REFUSE)
    await play.wait("a draft says that it is worse", play.lead.draft_when(number, "widened"))
    script.step("slow has become cannot-pay: a new draft waits, and nobody reads it")
    holding = await play.received("holding", people, seconds=90.0)
    await _claim_in_time(play, number, holding)
    for mail in holding[:1]:
        script.claim(
            "the holding words own the old time and name the next word", len(set(CLOCK.findall(mail.text))) >= 2, mail.text
        )
    script.claim("nobody was told that it is worse without an approval", len(play.post.all) == len(opened) + len(holding))

    await play.heals("payments")
    await play.resolved(number)
    closed = await play.received("closed", people)
    script.claim("exactly those who were told are told of the end", addresses(closed) == addresses(opened))
    await _again(play, number)
    await play.books()


async def _claim_in_time(play: Play, number: int, holding: Any) -> None:
    """The holding words were in everybody's inbox before the promise lapsed."""
    page = await play.lead.read(f"incidents/{number}")
    promised = datetime.fromisoformat(page["promises"][0]["at"])
    last = max((mail.arrived_at for mail in holding), default=None)
    play.script.claim(
        "the holding words arrived before the promise lapsed", last is not None and last < promised, f"{last} {promised}"
    )
    asked = [brief for brief in page["briefs"] if brief["brief"]["occasion"] == "promise_due"]
    play.script.claim("somebody was asked before", bool(asked))


async def _again(play: Play, number: int) -> None:
    """It breaks again: a new episode, staff are told, a draft waits, and no customer hears a word without an approval."""
    before = len(play.post.all)
    await play.breaks("payments", How.REFUSE)
    page = await play.wait(
        "it is the same incident, a new episode",
        play.lead.incident_when(lambda page: page["incident"]["id"] == number and is_open(page)),
    )
    play.script.claim("it is the second episode", page["incident"]["episode"] == 2, page["incident"]["episode"])
    play.script.step(f"it breaks again: {page['reference']}")
    await play.wait("a draft says that it is broken again", play.lead.draft_when(number, "again"))
    await play.wait("staff hear of it", until(lambda: _staff_heard(play, number), 10.0))
    try:
        await until_true(lambda: len(play.post.all) > before, QUIET_SECONDS)
    except Waited:
        play.script.claim("no customer hears of it without an approval", True)
    else:
        play.script.claim("no customer hears of it without an approval", False, play.post.new[0].subject)
    await play.heals("payments")
    await play.resolved(number)
    play.script.claim("who was not told of the second time is not told of its end", len(play.post.all) == before)


async def _staff_heard(play: Play, number: int) -> bool | None:
    page = await play.lead.read(f"incidents/{number}")
    heard = [brief for brief in page["briefs"] if brief["brief"]["reference"].endswith("-B") and brief["state"] == "accepted"]
    return True if heard else None
