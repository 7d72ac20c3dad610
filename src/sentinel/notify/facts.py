"""Facts: the one record from which every word of a notice is made, and what a draft quotes of it.

Belongs here: the record, what of it each occasion quotes, what is left out and why. Does not belong here: wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sentinel.model.estimate import PromiseKind
from sentinel.model.notice import Occasion, Quoted
from sentinel.model.service import Impact
from sentinel.model.statement import Assurance, Statement
from sentinel.model.words import Words
from sentinel.notify.hours import is_open

CUSTOMER_OCCASIONS: tuple[Occasion, ...] = (
    Occasion.OPENED,
    Occasion.WIDENED,
    Occasion.AGAIN,
    Occasion.CORRECTION,
    Occasion.DELAYED,
    Occasion.HOLDING,
    Occasion.CLOSED,
    Occasion.RETRACTION,
)
WHERE_ASKED: frozenset[Occasion] = frozenset({Occasion.CORRECTION})
"""Occasions whose templates are needed only where a statement asks for them."""
FULL: frozenset[Occasion] = frozenset(
    {Occasion.OPENED, Occasion.WIDENED, Occasion.AGAIN, Occasion.CORRECTION, Occasion.DELAYED}
)
"""Occasions that tell the whole: what is felt, until when, what to do. Holding and closing words are approved beside them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is so, for one notice.

    `titles`: the services that customers feel it on (name → their name for it), worst first, and no others. `statements`: those
    in force, worst first. `began_at` is that of this episode. `zone` is the installation's; opening hours and the day that an
    assurance counts from are read in it. `until`: the promised instant, None while we cannot say. `old_until`: the time that
    we gave before (delayed, holding, widened), None if we had given none. `next_word_at`: by when the inbox hears from us.
    `cause`: what customers may be told of the cause, given only from phase `identified`. `desk`: how to reach us, as a
    noun ("the number on your policy"). `about`: what must still be so for holding, closing and retraction words.
    """

    occasion: Occasion
    reference: str
    brand: str
    titles: Mapping[str, Words]
    began_at: datetime
    now: datetime
    zone: str
    statements: tuple[Statement, ...] = ()
    impact: Impact | None = None
    until: datetime | None = None
    old_until: datetime | None = None
    next_word_at: datetime | None = None
    recovered_at: datetime | None = None
    promise: PromiseKind | None = None
    cause: Words | None = None
    desk: Words | None = None
    about: str = ""
    drill: bool = False
    """Whether all that is said of it must begin by saying that it is a drill."""
    corrects: bool = False
    """Whether it is a message of our own that was wrong, and nothing that stopped working."""
    more: bool = False
    """Whether its readers were told a part of it before."""
    again: bool = False
    """Whether its readers were told meanwhile that it was over."""

    def __post_init__(self) -> None:
        instants = (self.began_at, self.now, self.until, self.old_until, self.next_word_at, self.recovered_at)
        if any(instant is not None and instant.tzinfo is None for instant in instants):
            raise ValueError("every instant of Facts is aware")

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(ZoneInfo(self.zone))

    @property
    def on(self) -> date:
        """Today, in the installation's zone."""
        return self.local_now.date()

    @property
    def worst(self) -> Impact | None:
        """The impact quoted: as given, else the worst of the statements'."""
        if self.impact is not None or not self.statements:
            return self.impact
        return max((statement.impact for statement in self.statements), key=lambda impact: impact.rank)


def current(facts: Facts) -> tuple[tuple[Statement, Assurance], ...]:
    """The assurances that may be given today, in the order of the statements; one sentence is given once."""
    given: list[tuple[Statement, Assurance]] = []
    for statement in facts.statements:
        for assurance in statement.assure:
            twice = any(dict(assurance.words) == dict(other.words) for _, other in given)
            if assurance.is_current(facts.on) and not _lacks_day(assurance) and not twice:
                given.append((statement, assurance))
    return tuple(given)


def graces(facts: Facts) -> tuple[int, ...]:
    """The different `grace_days` that current assurances quote; the n-th fills `{grace_day}`, `{grace_day_2}`, ..."""
    days = [
        assurance.grace_days
        for _, assurance in current(facts)
        if assurance.grace_days is not None and any("{grace_day}" in text for text in assurance.words.values())
    ]
    return tuple(dict.fromkeys(days))


def is_offered(statement: Statement, facts: Facts) -> bool:
    """Whether the statement names something to do instead that is open now."""
    return statement.instead is not None and is_open(statement.instead.open, facts.local_now)


def quoted(facts: Facts) -> Quoted:
    """The quoted facts of this occasion: a change to one of them makes the notice void.

    Holding, closing and retraction words quote only the services and `about`, so that they survive what happens to the opening.
    """
    services = tuple(facts.titles)
    if facts.occasion not in FULL:
        return Quoted(services=services, about=facts.about, cause=facts.occasion is Occasion.CLOSED and facts.cause is not None)
    return Quoted(
        services=services,
        statements=tuple(statement.id for statement in facts.statements),
        impact=facts.worst,
        promise_at=facts.until,
        next_word_at=facts.next_word_at,
        assurances=tuple(f"{statement.id}#{assurance.evidence}" for statement, assurance in current(facts)),
        cause=facts.cause is not None,
        about=facts.about,
    )


def left_out(facts: Facts, language: str) -> tuple[str, ...]:
    """What a draft of this occasion leaves out, for the lead: assurances not current with owner and expiry, closed doors."""
    if facts.occasion not in FULL:
        return ()
    said: list[str] = []
    for statement in facts.statements:
        for assurance in statement.assure:
            text = _shown(assurance.words, language)
            if not assurance.is_current(facts.on):
                said.append(
                    f"“{text}” is left out: it ended on {assurance.until.isoformat()}. "
                    f"Ask {assurance.owner} ({assurance.evidence})."
                )
            elif _lacks_day(assurance):
                said.append(f"“{text}” is left out: it needs `grace_days`. Ask {assurance.owner}.")
        if statement.instead is not None and not is_offered(statement, facts):
            text = _shown(statement.instead.words, language)
            said.append(f"“{text}” is left out: it is closed at this hour ({statement.instead.open}).")
    return tuple(said)


def holding_facts(facts: Facts, *, about: str = "", next_word: timedelta = timedelta(minutes=60)) -> Facts:
    """The facts of the holding words approved beside `facts`: the time that we gave is now the old one.

    `next_word_at` is only a stand-in (when the words are due, plus `next_word`) until they go out with the true one.
    """
    due = facts.until or facts.next_word_at or facts.now
    return replace(
        facts, occasion=Occasion.HOLDING, statements=(), impact=None, old_until=facts.until, until=None,
        next_word_at=due + next_word, promise=PromiseKind.NEXT_WORD, cause=None, about=about,
    )  # fmt: skip


def closing_facts(facts: Facts, *, about: str = "") -> Facts:
    """The facts of the closing words approved beside `facts`; `recovered_at` is a stand-in until it is known."""
    return replace(
        facts, occasion=Occasion.CLOSED, until=None, old_until=None, next_word_at=None, promise=None, cause=None,
        recovered_at=facts.recovered_at or facts.now, about=about,
    )  # fmt: skip


def _lacks_day(assurance: Assurance) -> bool:
    return assurance.grace_days is None and any("{grace_day" in text for text in assurance.words.values())


def _shown(words: Words, language: str) -> str:
    return words.get(language) or next(iter(words.values()), "")
