"""Preview: every message that a service could send, made from the files alone, with what the plain-words check finds in it.

Belongs here: the sample night that all of them tell of. Does not belong here: how it is shown (cli/preview.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.model.installation import Installation
from sentinel.model.notice import Body, Finding, Occasion
from sentinel.model.statement import Statement
from sentinel.notify.draft import compose, judge
from sentinel.notify.facts import CUSTOMER_OCCASIONS, FULL, Facts
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.material import missing_words
from sentinel.notify.parts import FORMS
from sentinel.notify.plain import SAMPLE_NAME
from sentinel.notify.slots import fill, values
from sentinel.notify.template import Templates

ABOUT: Final = {Occasion.HOLDING: "promise 1 is open", Occasion.CLOSED: "episode 1 is over"}
REFERENCE: Final = "17-A"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One occasion of one statement in one language: form → what Ana Ortiz would read, and what was found in it.

    `variant` says which of the occasion's shapes it is: with a time of return, or without one.
    """

    statement: str
    occasion: Occasion
    variant: str
    language: str
    forms: dict[str, str]
    findings: tuple[Finding, ...]


def preview(installation: Installation, templates: Templates, service: str) -> Iterator[Shown]:
    """Everything, in the order of the statements, the occasions as they follow one another, and the languages.

    Nothing in it depends on today, so that two runs of one folder say the same: an assurance is current if it is so on the
    sample's day.
    """
    titles = {name: one.title for name, one in installation.services.items()}
    lexicon = Lexicon(statements=tuple(installation.statements.values()), titles=titles)
    for statement in installation.statements.values():
        if statement.service == service:
            for variant, facts in _shapes(installation, statement):
                for language in installation.languages:
                    yield _one(statement, variant, facts, language, templates, lexicon)


def _one(statement: Statement, variant: str, facts: Facts, language: str, templates: Templates, lexicon: Lexicon) -> Shown:
    body: Body = compose(templates, facts, language)
    filling = values(facts, language, facts.zone, SAMPLE_NAME)
    found = (*missing_words(facts, (language,)), *judge((body,), facts, templates, lexicon))
    return Shown(
        statement=statement.id,
        occasion=facts.occasion,
        variant=variant,
        language=language,
        forms={form: fill(getattr(body, form), filling) for form in FORMS},
        findings=tuple(dict.fromkeys(found)),
    )


def _shapes(installation: Installation, statement: Statement) -> Iterator[tuple[str, Facts]]:
    """The sample night: it began at 10:05, it was promised for 14:30, that will be missed, it is over at 15:10."""
    now = sample_instant(installation)
    began, promised, later = (
        now - timedelta(minutes=20),
        now + timedelta(hours=4, minutes=5),
        now + timedelta(hours=7, minutes=35),
    )
    service = installation.services[statement.service]
    for occasion in _occasions(statement):
        facts = Facts(
            occasion=occasion,
            reference=REFERENCE,
            brand=installation.brand,
            titles={service.name: service.title},
            began_at=began,
            now=now,
            zone=installation.zone,
            statements=(statement,) if occasion in FULL or occasion is Occasion.CLOSED else (),
            next_word_at=now + timedelta(hours=1, minutes=5) if occasion in FULL else None,
            desk=installation.desk,
            about=ABOUT.get(occasion, ""),
            corrects=statement.corrects,
        )
        match occasion:
            case Occasion.DELAYED:
                late = replace(facts, now=promised - timedelta(minutes=10), old_until=promised)
                yield "a new time", replace(late, until=later, next_word_at=later)
                yield "no new time", replace(late, next_word_at=promised + timedelta(hours=1))
            case Occasion.HOLDING:
                late = replace(facts, now=promised - timedelta(minutes=6), old_until=promised)
                yield "", replace(late, next_word_at=promised + timedelta(hours=1))
            case Occasion.CLOSED:
                yield "", replace(facts, now=promised + timedelta(minutes=45), recovered_at=promised + timedelta(minutes=40))
            case Occasion.RETRACTION:
                yield "", facts
            case Occasion.CORRECTION:
                yield "", facts
                yield "there is more", replace(facts, more=True)
                yield "after we said that it was over", replace(facts, again=True)
            case _:
                yield "with a time", replace(facts, until=promised, next_word_at=promised)
                yield "no time yet", facts


def _occasions(statement: Statement) -> tuple[Occasion, ...]:
    """What is written about it: a correction stands in the place of an opening, and names no time that could move."""
    timed = (Occasion.OPENED, Occasion.AGAIN, Occasion.WIDENED, Occasion.DELAYED)
    never = timed if statement.corrects else (Occasion.CORRECTION,)
    return tuple(each for each in CUSTOMER_OCCASIONS if each not in never)


def sample_instant(installation: Installation) -> datetime:
    """10:25 of a fixed working day, as people there count it."""
    return datetime(2026, 6, 10, 10, 25, tzinfo=ZoneInfo(installation.zone)).astimezone(UTC)
