"""The story of the documents: they slow down; staff know before any customer; then customers call while every check is green.

Staff are warned, callers are heard, and both are one incident, which a person confirms, and whose estimate is graded.
"""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from sentinel.demo.patience import until
from sentinel.demo.post import addresses
from sentinel.demo.reminders import FEW, reminded
from sentinel.demo.services import How
from sentinel.demo.story import CLOCK, Play, claim_only_suspected, is_green, is_open
from sentinel.demo.telephone import Telephone
from sentinel.demo.world import CHANNEL, World
from sentinel.detect.baseline import begin, take, to_text
from sentinel.model.signal import Hysteresis
from sentinel.store import watching
from sentinel.store.database import Store

CHECK: Final = "documents.document-list"
TOPIC: Final = "documents.cannot_get_documents"
LAGS: Final = (120, 240, 360, 480, 600)
"""Milliseconds, one a second: ten minutes of life. The check calls 1,200 healthy."""
CALLERS: Final = 40
WATCHED_FOR: Final = timedelta(hours=30)
APART: Final = timedelta(minutes=5)
OVERRIDES: Final[Mapping[str, Any]] = {
    # In life a row is five minutes, and a claim ends after two rows that are usual again.
    "defaults": {"detect": {"unusual": {"every": "1s", "clears_after": 100}}},
    "audiences": {"customers": FEW},
}


def watched_before(world: World) -> None:
    """The hub has looked at the documents for a day: they answer in 20 to 250 ms."""
    now = datetime.now(UTC)
    known = begin("total_ms", now - WATCHED_FOR, 20.0)
    for row in range(1, WATCHED_FOR // APART):
        known = take(known, now - WATCHED_FOR + row * APART, 20.0 + 230.0 * (row % 7) / 6).known
    held = {"unusual": Hysteresis(learned=to_text(known))}
    with closing(Store.open(world.folder / "sentinel.db")) as store:
        store.writer.submit(lambda c: watching.keep_hysteresis(c, CHECK, "head-office", held)).result()


async def documents(play: Play) -> None:
    """They slow down; staff are warned; customers call; a person confirms; it gets worse, heals, and a person ends it."""
    script, people = play.script, reminded()
    telephone = Telephone(play.lead)
    await telephone.usual(TOPIC, datetime.now(UTC))
    await _slow_down(play)
    rang = monotonic()
    await telephone.rings(TOPIC, CALLERS, datetime.now(UTC))
    script.step(f"{CALLERS} customers call within minutes: they cannot open their policy")
    page = await play.opened("documents", rang)
    number = page["incident"]["id"]
    await claim_only_suspected(play, page, TOPIC)
    warned = [(one["check"], one["detector"]) for one in page["warnings"]]
    script.claim("the early warning stands beside it", warned == [(CHECK, "unusual")], page["warnings"])
    await play.lead.act(number, "phase", phase="investigating", why="callers say so, and retrieval is slow")
    page = await play.lead.read(f"incidents/{number}")
    script.claim("a person confirms it", page["incident"]["phase"] == "investigating", page["incident"]["phase"])
    script.step("Lena confirms it")
    await play.approve(number, "opened", people)
    opened = await play.received("opened", people)
    script.claim("the opening names a time", opened and all(CLOCK.search(mail.subject) for mail in opened))
    await _worsens(play, number)
    await _ends(play, number)
    closed = await play.received("closed", people)
    script.claim("exactly those who were told are told of the end", addresses(closed) == addresses(opened))
    await play.books()
    await _claim_graded(play)


async def _slow_down(play: Play) -> None:
    """Until staff are warned, which is before a check, an incident or a customer says anything."""
    script = play.script
    for lag in LAGS:
        play.stage.company.lags["documents"] = timedelta(milliseconds=lag)
        await asyncio.sleep(1.0)
    script.step(f"retrieval of documents has slowed down to {LAGS[-1]} ms, over ten minutes of life")

    async def warned() -> str | None:
        said = [post.text for post in play.stage.slack.channel(CHANNEL) if "early warning" in post.text]
        return next((text for text in said if CHECK in text), None)

    text = await play.wait("staff are warned early", until(warned, 30.0))
    script.step(f"Slack: {text}")
    board = await play.lead.read("board")
    script.claim("no incident is open when staff are warned", not board["open"] and not board["recent"], board["open"])
    script.claim("every check is green when staff are warned", is_green(board), board["services"])
    script.claim("no customer has heard anything", not play.post.all, len(play.post.all))


async def _worsens(play: Play, number: int) -> None:
    """Now the check sees it too: the same incident, and no second message to anybody."""
    await play.breaks("documents", How.ERROR)

    def is_seen(page: Any) -> bool:
        seen = {one["signal"].partition(":")[0] for one in page["incident"]["standing"]}
        return page["incident"]["id"] == number and {"contacts", "outage"} <= seen

    await play.wait("the check's failing joins the callers' incident", play.lead.incident_when(is_seen))
    board = await play.lead.read("board")
    play.script.claim("it is one incident", len(board["open"]) + len(board["recent"]) == 1, board["open"])
    play.script.step("the check fails too: one incident")


async def _ends(play: Play, number: int) -> None:
    """The checks are green again, and a person says that it is over: callers may still ring for a while."""
    await play.heals("documents")

    def is_good(page: Any) -> bool:
        seen = {one["signal"].partition(":")[0] for one in page["incident"]["standing"]}
        return page["incident"]["id"] == number and "outage" not in seen

    await play.wait("the check sees that it works", play.lead.incident_when(is_good))
    page = await play.lead.read(f"incidents/{number}")
    if is_open(page):
        await play.lead.act(number, "resolve", why="retrieval works, and we have looked")
        play.script.step("Lena says that it is over")
    await play.resolved(number)


async def _claim_graded(play: Play) -> None:
    async def graded() -> Any:
        card = await play.lead.read("scorecard?service=documents")
        return card["card"] if card["card"]["episodes"] else None

    card = await play.wait("the scorecard knows the incident", until(graded, 20.0))
    at_once = card["whole"]["marks"][0]
    play.script.claim("the estimate made at once is graded", at_once["graded"] == 1, at_once)
    play.script.claim("it is graded by its basis", [line["name"] for line in card["bases"]] == ["history"], card["bases"])
    play.script.claim("the promise counts as kept", card["whole"]["promises"]["kept"] == 1, card["whole"]["promises"])
    play.script.step("the scorecard has graded the estimate; the promise was kept")
