"""The stories of the day: a service breaks, people are told, it moves, it heals, and exactly those who were told hear of it.

Each story plays on a stage, acts as the lead would, and claims what must be so of what everybody really received.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sentinel.demo.lead import Lead, Turned
from sentinel.demo.patience import Waited, until
from sentinel.demo.people import Customer
from sentinel.demo.post import Post, addresses, difference, language_of, of_segments, one_each
from sentinel.demo.received import Received
from sentinel.demo.script import Broken, Script
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from sentinel.demo.world import CHANNEL

CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
ZONE = ZoneInfo("Europe/Madrid")


@dataclass(slots=True)
class Play:
    """What a story is played with."""

    stage: Stage
    script: Script
    lead: Lead
    post: Post

    async def breaks(self, service: str, how: How) -> float:
        """Break a service; the monotonic moment of it."""
        self.stage.company.break_(service, how)
        self.script.step(f"{service} breaks: {how.value}")
        return monotonic()

    async def opened(self, service: str, since: float) -> Any:
        """Wait for the incident of a service and for the staff message. Claims that both come, and when they came."""
        page = await self.wait(
            "an incident opens", self.lead.incident_when(lambda page: service in page["incident"]["services"] and is_open(page))
        )
        self.script.step(f"incident {page['reference']}: {page['headline']} ({monotonic() - since:.1f} s after it broke)")
        number = page["incident"]["id"]
        told = await self.wait("staff are told", until(lambda: self._staff_told(number), 15.0))
        self.script.step(f"Slack and the desk's mail: {told}")
        return page

    async def _staff_told(self, incident: int) -> str | None:
        page = await self.lead.read(f"incidents/{incident}")
        by = sorted({brief["channel"] for brief in page["briefs"] if brief["state"] == "accepted"})
        posts = self.stage.slack.channel(CHANNEL)
        return posts[-1].text if by == ["cs-mail", "cs-slack"] and posts and self.post.desk else None

    async def approve(self, incident: int, occasion: str, people: Sequence[Customer], *, typed_wrong: bool = False) -> Any:
        """Approve the waiting draft of an occasion as the lead would; the draft's view."""
        view = await self.wait(f"a draft waits ({occasion})", self.lead.draft_when(incident, occasion))
        count, notice = view["audience"]["sending"], view["notice"]["id"]
        self.script.claim(
            f"the {occasion} draft goes to exactly those affected", count == len(people), f"{count}, not {len(people)}"
        )
        languages = sorted(body["language"] for body in view["draft"]["bodies"])
        self.script.claim(f"the {occasion} draft is in both languages", languages == ["en", "es"], languages)
        blocking = [finding["what"] for finding in view["draft"]["findings"] if finding["blocks"]]
        self.script.claim(f"nothing in the {occasion} draft must be mended", not blocking, blocking)
        if typed_wrong:
            await self._claim_refused(incident, notice, count)
        typed = await self.wait("the approval is taken", self.lead.approve(incident, notice))
        self.script.step(f"Lena approves {subject_of(view)} for {typed} people, in 2 languages")
        return view

    async def _claim_refused(self, incident: int, notice: int, count: int) -> None:
        try:
            await self.lead.approve(incident, notice, count=count + 1)
        except Turned as why:
            self.script.claim("a wrong count typed back is refused", True)
            self.script.step(f"a mistyped count is refused: {why}")
        else:
            self.script.claim("a wrong count typed back is refused", False)

    async def received(self, occasion: str, people: Sequence[Customer], seconds: float = 25.0) -> tuple[Received, ...]:
        """Wait for one mail to each of `people`; claim that each got one, in their language, and nobody else."""
        mails = await self.post.until_count(len(people), seconds)
        got, wanted = addresses(mails), one_each(people)
        self.script.claim(
            f"each of {len(people)} people got one {occasion} mail, nobody else", got == wanted, difference(got, wanted)
        )
        strangers = [mail.recipients for mail in mails if mail.header("Content-Language") != language_of(mail)]
        self.script.claim(f"every {occasion} mail is in its reader's language", not strangers, strangers[:3])
        if mails:
            shown = next((mail for mail in mails if people[0].email in mail.recipients), mails[0])
            self.script.step(f"{len(mails)} {occasion} mails arrived; {shown.recipients[0]} reads “{shown.subject}”")
        return mails

    async def heals(self, *services: str) -> float:
        self.stage.company.heal(*services)
        self.script.step(f"{' and '.join(services)} healed")
        return monotonic()

    async def resolved(self, incident: int) -> Any:
        page = await self.wait(
            "the incident is resolved",
            self.lead.incident_when(
                lambda page: page["incident"]["id"] == incident and page["incident"]["phase"] == "resolved"
            ),
        )
        self.script.step(f"incident {page['reference']} is resolved")
        return page

    async def books(self) -> None:
        """Claim that the books balance, and that nothing is left at work."""

        async def rest() -> Any:
            books = await self.lead.read("books")
            at_work = ("expanding", "queued", "claimed", "armed", "retry")
            return books if not any(each["books"]["counts"].get(state) for each in books for state in at_work) else None

        books = await self.wait("the ledger comes to rest", until(rest, 20.0))
        self.script.claim("the books balance", all(each["balanced"] for each in books), books)
        report = await self.lead.read("report")
        self.script.claim("the report says so too", report["data"]["balanced"], report["data"])
        self.script.step(f"the books balance over {len(books)} notices")

    async def wait(self, what: str, coming: Any) -> Any:
        """What must come for the story to go on."""
        try:
            return await coming
        except (Waited, Turned) as why:
            self.script.claim(what, False, why)
            raise Broken(f"{what}: {why}\n{self.stage.log_end()}") from why


async def claim_only_suspected(play: Play, page: Any, statement: str) -> None:
    """Callers alone have opened it, with the statement of their topic, while every check is green."""
    incident, script = page["incident"], play.script
    script.claim("it is only suspected", incident["phase"] == "suspected", incident["phase"])
    script.claim(
        "it bears the topic's statement", [one["statement"] for one in incident["felt"]] == [statement], incident["felt"]
    )
    by = {one["signal"].partition(":")[0] for one in incident["standing"]}
    script.claim("callers alone have opened it", by == {"contacts"}, by)
    board = await play.lead.read("board")
    script.claim("every check is green", is_green(board), board["services"])
    script.claim("it is the only incident", len(board["open"]) + len(board["recent"]) == 1, board["open"])


def is_green(board: Any) -> bool:
    return all(check["shown"] == "up" for service in board["services"] for check in service["checks"])


def is_open(page: Any) -> bool:
    return page["incident"]["phase"] not in ("resolved", "dismissed", "reviewed")


def subject_of(view: Any) -> str:
    """The subject of a draft as its first reader will see it, by their own clock; by the company's where none is picked yet."""
    shown = next((p for p in view["previews"] if p["part"] == "now"), None)
    if shown is None:
        return "nothing"
    reader = f"as {shown['to']} reads it, {shown['zone']}" if shown["to"] else f"times of {shown['zone']}"
    return f"“{shown['body']['subject']}” ({reader})"


def clock_in_madrid(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


async def day(play: Play) -> None:
    """Payments break; the lead approves; an engineer names a later time; it heals."""
    script, people = play.script, of_segments("payers")
    broke = await play.breaks("payments", How.REFUSE)
    page = await play.opened("payments", broke)
    number = page["incident"]["id"]
    script.claim("no customer has heard anything before an approval", not play.post.all, len(play.post.all))
    await play.approve(number, "opened", people, typed_wrong=True)
    opened = await play.received("opened", people)
    _claim_opening(play, opened)

    later = datetime.now(ZONE) + timedelta(seconds=75)
    cause = {
        "cause-en": "A network part at our data centre failed.",
        "cause-es": "Ha fallado una pieza de red de nuestro centro.",
    }
    await play.lead.act(number, "phase", phase="identified", why="found", **cause)
    await play.lead.act(number, "eta", until=clock_in_madrid(later), reason="the part is on its way")
    script.step("an engineer names the cause and a later time")
    await play.approve(number, "delayed", people)
    delayed = await play.received("delayed", people)
    claim_delay(script, opened, delayed)
    script.claim("the delayed mail gives the cause", all("network part" in m.text or "pieza de red" in m.text for m in delayed))

    await play.heals("payments")
    await play.resolved(number)
    closed = await play.received("closed", people)
    script.claim("exactly those who were told are told of the end", addresses(closed) == addresses(opened))
    await play.books()
    await _claim_report(play, ["moved", "kept"])


async def shared(play: Play) -> None:
    """What payments and documents both stand on breaks: one incident, one message a person."""
    script, people = play.script, of_segments("payers", "customers")
    broke = await play.breaks("ledger", How.ERROR)
    page = await play.opened("payments", broke)
    number = page["incident"]["id"]

    def is_whole(page: Any) -> bool:
        return {"payments", "documents"} <= set(page["incident"]["services"]) and page["incident"]["id"] == number

    await play.wait("payments and documents are one incident", play.lead.incident_when(is_whole))
    await play.approve(number, "opened", people)
    opened = await play.received("opened", people)
    told = [mail for mail in opened if "documents" in mail.text.lower() or "documentos" in mail.text.lower()]
    script.claim("one mail names both services", len(told) == len(opened), f"{len(told)} of {len(opened)}")
    board = await play.lead.read("board")
    script.claim("it is one incident", len(board["open"]) + len(board["recent"]) == 1, len(board["open"]))
    await play.heals("ledger")
    await play.resolved(number)
    closed = await play.received("closed", people)
    script.claim("exactly those who were told are told of the end", addresses(closed) == addresses(opened))
    await play.books()


def claim_delay(script: Script, opened: Sequence[Received], delayed: Sequence[Received]) -> None:
    """Each delayed mail owns the time that its own reader was given, and names another one."""
    given = {mail.recipients: CLOCK.findall(mail.subject) for mail in opened}
    silent = [m.text for m in delayed if not set(given.get(m.recipients, ["none"])) < set(CLOCK.findall(m.text))]
    script.claim("every delayed mail names the old time and a new one", not silent, silent[:1])


def _sentences(mail: Received) -> list[str]:
    """The paragraphs of a customer's mail that are the same for every reader: no name, no time, no footer."""
    body = mail.text.partition("\n-- ")[0]
    return [line for line in body.splitlines() if len(line) > 40 and not CLOCK.search(line)]


def _claim_opening(play: Play, mails: tuple[Received, ...]) -> None:
    script = play.script
    if not mails:
        return
    before = [mail.text for mail in play.post.desk if mail.arrived_at < mails[0].arrived_at]
    said = _sentences(mails[0])
    known = bool(said) and any(all(sentence in text for sentence in said) for text in before)
    script.claim("the desk had the same words before any customer", known, said)
    for mail in (
        next((m for m in mails if language_of(m) == "en"), None),
        next((m for m in mails if language_of(m) == "es"), None),
    ):
        if mail is None:
            script.claim("somebody of each language was told", False)
            continue
        script.claim("the opening names a time in its subject", CLOCK.search(mail.subject), mail.subject)
        script.claim("no slot stands open in the mail", "{" not in mail.text and "{" not in mail.subject, mail.text)
        script.claim("the mail can be unsubscribed from by one click", mail.header("List-Unsubscribe-Post"))
        script.claim("the mail says that a machine sent it", mail.header("Auto-Submitted") == "auto-generated")
        expired = ("late fee", "recargo por retraso")
        script.claim("no expired assurance is given", not any(phrase in mail.text.lower() for phrase in expired), mail.text)
    script.claim("every mail has an identity of its own", len({mail.header("Message-ID") for mail in mails}) == len(mails))


async def _claim_report(play: Play, states: Sequence[str]) -> None:
    async def settled() -> Any:
        incident = (await play.lead.read("report"))["data"]["incidents"][0]
        return incident if all(promise["state"] != "open" for promise in incident["promises"]) else None

    incident = await play.wait("every promise is settled", until(settled, 10.0))
    found = [promise["state"] for promise in incident["promises"]]
    play.script.claim(f"the promises were {', '.join(states)}", found == list(states), found)
    missing = [name for name, at in incident["instants"].items() if at is None and not name.startswith("reviewed")]
    play.script.claim("every instant of the incident is known", not missing, missing)
