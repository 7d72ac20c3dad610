"""Guide: where a newcomer's round through the demo stands: six steps, what happens next, and what they can do now. Pure.

Belongs here: the steps, and the sentences. Does not belong here: finding out what is so (glance.py), or showing it (window.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sentinel.demo.services import How


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What became of one episode of an incident, as the hub says. `waiting`: the occasion of a draft that wants approval.

    `told` and `told_again` of `sending` people have the opening and the closing message.
    """

    incident: int
    reference: str
    headline: str
    services: tuple[str, ...]
    is_over: bool = False
    staff_told: bool = False
    waiting: str = ""
    count: int = 0
    asked: bool = False
    approved_by: str = ""
    sending: int = 0
    told: int = 0
    told_again: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that the guide goes by. `seen`: service → how its customers find it; `says`: check → what it shows and why.

    `round` is the newest incident's; None: there has been none. `answers`: whether the hub does.
    """

    seen: Mapping[str, How]
    titles: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    round: Round | None = None
    answers: bool = True

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(service for service, how in self.seen.items() if how not in (How.HEALTHY, How.EXPIRING))

    @property
    def now(self) -> Round | None:
        """The round that goes on. One that is over stays for as long as all is well, so that its end can be read."""
        is_past = self.round is not None and self.round.is_over and self.broken
        return None if is_past else self.round


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One of the strip."""

    name: str
    done: bool
    is_next: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Guide:
    """`next` says what happens by itself, `do` what the reader can do; `incident` (0: none) is the page to do it on."""

    steps: tuple[Step, ...]
    next: str
    do: str
    incident: int = 0


STEPS: Final[tuple[tuple[str, Callable[[Facts, Round], bool]], ...]] = (
    ("something breaks", lambda facts, now: True),
    ("the desk knows", lambda facts, now: now.staff_told),
    ("a person approves", lambda facts, now: bool(now.approved_by)),
    ("customers are told", lambda facts, now: 0 < now.sending <= now.told),
    ("it is healed", lambda facts, now: not set(now.services) & set(facts.broken)),
    ("they are told again", lambda facts, now: now.is_over and 0 < now.sending <= now.told_again),
)

WRONG: Final[Mapping[How, str]] = {
    How.REFUSE: "is stopped",
    How.SLOW: "is slow",
    How.ERROR: "answers with an error",
    How.HANG: "never answers",
    How.WRONG: "shows a page that lacks what it should show",
    How.EXPIRED: "shows a certificate that has expired",
    How.EXPIRING: "shows a certificate that runs out in days",
    How.HEALTHY: "works",
}


def guide(facts: Facts) -> Guide:
    """Where it stands."""
    now = facts.now
    done = [now is not None and is_done(facts, now) for _, is_done in STEPS]
    done[0] = done[0] or bool(facts.broken)
    following = next((place for place, is_done in enumerate(done) if not is_done), len(done))
    steps = tuple(
        Step(name=name, done=is_done, is_next=place == following)
        for place, ((name, _), is_done) in enumerate(zip(STEPS, done, strict=True))
    )
    happens, do = _words(facts, now)
    return Guide(steps=steps, next=happens, do=do, incident=now.incident if now else 0)


def _words(facts: Facts, now: Round | None) -> tuple[str, str]:
    if not facts.answers:
        return "The hub does not answer.", "Its log is hub.log in the demo's folder. If it was just started, wait a moment."
    if now is None:
        return _before(facts)
    if now.is_over:
        return _over(now)
    if not set(now.services) & set(facts.broken):
        return (
            "All its checks are well. A few good looks in a row, and it counts as over; who was told of the start is told of "
            "the end. What a person declared, a person ends.",
            "Nothing, if checks saw it. If you declared it, say “It is over” on its page.",
        )
    return _going_on(facts, now)


def _before(facts: Facts) -> tuple[str, str]:
    if facts.broken:
        first, *others = (_is_wrong(facts, service) for service in facts.broken)
        also = f", and {len(others)} more with it" if others else ""
        return (
            f"{first}{also}. In about 3 seconds the checks agree on it, and the desk knows.",
            "Watch Slack and the desk's inbox. No customer hears anything before a person approves it.",
        )
    soon = next((service for service, how in facts.seen.items() if how is How.EXPIRING), None)
    if soon is not None:
        return (
            f"{_is_wrong(facts, soon)}: it still works, so only its check says so, to staff. No customer is bothered.",
            "Read its reason beside the service; then let it expire.",
        )
    return "Everything works: all services are up, and nobody needs to hear anything.", "Stop Online payments, and look around."


def _is_wrong(facts: Facts, service: str) -> str:
    return f"{facts.titles.get(service, service.capitalize())} {WRONG[facts.seen[service]]}"


def _going_on(facts: Facts, now: Round) -> tuple[str, str]:
    if not now.staff_told:
        return (
            f"The hub has seen it: {now.headline}. Slack and the desk's mail are on their way.",
            "Nothing yet: a second or two.",
        )
    if now.asked:
        return (
            "The time that customers were given comes near, and a person is asked whether it still holds.",
            f"Answer on the page of {now.reference}. If nobody does, the approved holding words go out before the time passes.",
        )
    if now.waiting and not now.approved_by:
        return (
            f"The desk knows what to say. A message to {_people(now.count)} is drafted in both languages, and waits.",
            f"Open {now.reference} as Lena, read it, type {now.count} to show that you know how many it reaches, and approve.",
        )
    if now.waiting:
        return (
            f"Things have changed since customers were told: a new message ({now.waiting}) to {_people(now.count)} waits.",
            f"Open {now.reference} as Lena and approve it, or leave it: nothing goes out without a person.",
        )
    if not now.approved_by:
        return "The desk knows. The message to customers is being drafted.", "Nothing yet: a second or two."
    if now.told < now.sending:
        return (
            f"{now.approved_by} approved. The desk gets the words first; {now.told} of {now.sending} customers have them.",
            f"You have a few seconds to take it back on the page of {now.reference}.",
        )
    return (
        f"All {now.sending} have one message with one honest time. Before that passes unkept, somebody is asked.",
        "Read the inboxes, each in its reader's language. Then heal what you broke.",
    )


def _over(now: Round) -> tuple[str, str]:
    if not now.sending:
        return (
            f"{now.reference} is over. No message to customers was approved, so nobody is owed another.",
            "Break something again, and approve this time.",
        )
    if now.told_again < now.sending:
        return f"It is over. Who was told hears so: {now.told_again} of {now.sending} so far.", "Nothing: just look."
    return (
        f"All {now.sending} who were told of the start know of the end, once each; nobody else was written to.",
        "That was the round. Try the ledger, which payments and documents stand on, or let a certificate expire.",
    )


def _people(count: int) -> str:
    return "1 customer" if count == 1 else f"{count} customers"
