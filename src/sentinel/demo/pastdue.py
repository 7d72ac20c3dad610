"""The story of a wrong mail: “Your payment is past due” went to people who owe nothing. No check can see it; customers call.

The correction goes to exactly those who got the wrong mail, two people approve it, and a person ends it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

from sentinel.demo.lead import Lead
from sentinel.demo.patience import Waited, until
from sentinel.demo.post import addresses, difference, one_each
from sentinel.demo.reminders import SENDER, SERVICE, WRONG, reminded, send_wrongly
from sentinel.demo.story import CLOCK, Play, claim_only_suspected, subject_of
from sentinel.demo.telephone import Telephone
from sentinel.demo.world import STAFF, person

CALLERS: Final = 30
SECOND: Final = ("Nora Vidal", "nora@northwind.example", "lead")
TWO_ABOVE: Final = 40
OVERRIDES: Final[Mapping[str, Any]] = {
    "people": [person(*each) for each in (*STAFF, SECOND)],
    # In life two people approve what goes to more than 1,000; here fewer customers are too many for one.
    "policies": {"guards": {"two_above": TWO_ABOVE}, "notice": {"next_word": "10m"}},
}


async def past_due(play: Play) -> None:
    """The mail goes out, customers call, the correction is approved by two and sent, and a person ends it."""
    script, people = play.script, reminded()
    telephone = Telephone(play.lead)
    await telephone.usual(WRONG, datetime.now(UTC))
    await asyncio.to_thread(send_wrongly, play.stage.mailroom.port, people)
    wrong = await play.post.until_count(len(people))
    script.claim("the wrong mail reached its list", addresses(wrong) == one_each(people), len(wrong))
    script.step(f"“{wrong[0].subject}” has gone to {len(wrong)} customers who owe nothing: another system sent it")
    rang = monotonic()
    await telephone.rings(WRONG, CALLERS, datetime.now(UTC))
    script.step(f"{CALLERS} of them call within minutes; every check is green")
    page = await play.opened(SERVICE, rang)
    number = page["incident"]["id"]
    await claim_only_suspected(play, page, WRONG)
    script.claim("no customer has heard anything before an approval", len(play.post.all) == len(wrong), len(play.post.all))

    await _approved_by_two(play, number)
    corrected = await play.received("correction", people)
    script.claim(
        "the correction reached exactly those who got the wrong mail",
        addresses(corrected) == addresses(wrong),
        difference(addresses(corrected), addresses(wrong)),
    )
    _claim_correction(play, corrected)
    await _claim_that_nothing_ends_it(play, number)
    await play.lead.act(number, "resolve", why="the reminders are withdrawn, and Billing has checked each account")
    await play.resolved(number)
    closed = await play.received("closed", people)
    script.claim("exactly those who were corrected are told of the end", addresses(closed) == addresses(corrected))
    await play.books()


async def _approved_by_two(play: Play, number: int) -> None:
    """Lena's approval alone sends nothing; Nora's lets it go."""
    script, people = play.script, reminded()
    view = await play.wait("a correction waits", play.lead.draft_when(number, "correction"))
    count = view["audience"]["sending"]
    script.claim("the draft goes to exactly those who got the wrong mail", count == len(people), f"{count}, not {len(people)}")
    blocking = [finding["what"] for finding in view["draft"]["findings"] if finding["blocks"]]
    script.claim("nothing in the draft must be mended", not blocking, blocking)
    await play.wait("Lena's approval is taken", play.lead.approve(number, view["notice"]["id"]))
    signed = await play.lead.read(f"notices/{view['notice']['id']}")
    script.claim("one approval is not enough", signed["notice"]["state"] == "draft" and signed["signed"], signed["notice"])
    script.step(f"Lena approves {subject_of(view)} for {count} people, and a second person must")
    world = play.stage.world
    nora = Lead(play.stage.url, world.folder / "sentinel.db", SECOND[1], world.password)
    try:
        await nora.sign_in()
        await play.wait("Nora's approval is taken", nora.approve(number, view["notice"]["id"]))
    finally:
        await nora.close()
    script.step("Nora approves it too")


def _claim_correction(play: Play, mails: Any) -> None:
    script = play.script
    texts = [mail.text for mail in mails]
    owned = all("our mistake" in text or "Nos equivocamos" in text for text in texts)
    script.claim("every correction owns the mistake", texts and owned, texts[:1])
    untrue = [text for text in texts if "past due" in text.lower() or "we expect" in text or "prevemos" in text]
    script.claim("it repeats no reminder and promises no return", not untrue, untrue[:1])
    script.claim("it names the time of the next word", all(CLOCK.search(text) for text in texts), texts[:1])
    senders = {mail.sender for mail in mails}
    script.claim("it comes from us and not from the run that went astray", SENDER not in senders, senders)


async def _claim_that_nothing_ends_it(play: Play, number: int) -> None:
    """No probe can: it has none. It stays as it is while rounds go by."""

    async def over() -> Any:
        page = await play.lead.read(f"incidents/{number}")
        return page if page["incident"]["recovered_at"] or page["incident"]["phase"] == "resolved" else None

    try:
        page = await until(over, 2.0)
    except Waited:
        play.script.claim("nothing but a person ends it", True)
    else:
        play.script.claim("nothing but a person ends it", False, page["incident"])
