"""Material: the statements' own sentences that one message may give, as phrases with their source and as template variables.

Belongs here: what the facts bear, part by part. Does not belong here: the sentences around them (templates) and the check that
a text says nothing else (claims.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from sentinel.model.notice import Finding, Occasion
from sentinel.model.statement import Statement
from sentinel.model.words import Words
from sentinel.notify.facts import FULL, Facts, current, graces, is_offered
from sentinel.notify.language import listing


class Part(StrEnum):
    """The parts of a statement that a customer can be given."""

    HEADLINE = "headline"
    SAY = "say"
    DO = "do"
    DO_NOT = "do_not"
    INSTEAD = "instead"
    AFTERWARDS = "afterwards"
    ASSURE = "assure"
    CAUSE = "cause"


_TELLING = frozenset({Part.HEADLINE, Part.SAY, Part.DO, Part.DO_NOT, Part.INSTEAD, Part.ASSURE, Part.CAUSE})

GIVES: Mapping[Occasion, frozenset[Part]] = {
    **dict.fromkeys(FULL, _TELLING),
    Occasion.HOLDING: frozenset(),
    Occasion.CLOSED: frozenset({Part.AFTERWARDS, Part.CAUSE}),
    Occasion.RETRACTION: frozenset(),
}
"""What of the statements a message of each occasion may give."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """One sentence (or more) of known origin. `source` is a statement's id, "id#evidence" for an assurance, or "cause"."""

    part: Part
    text: str
    source: str


def tidy(text: str) -> str:
    """One line, single spaces."""
    return " ".join(text.split())


def borne(facts: Facts, language: str) -> tuple[Phrase, ...]:
    """The phrases that `facts` bear in a message of their occasion, worst statement first."""
    gives = GIVES.get(facts.occasion, frozenset())
    found = [phrase for statement in facts.statements for phrase in _plain(statement, facts, language) if phrase.part in gives]
    if Part.ASSURE in gives:
        found += _assurances(facts, language)
    if Part.CAUSE in gives and facts.cause is not None and facts.cause.get(language):
        found.append(Phrase(part=Part.CAUSE, text=tidy(facts.cause[language]), source="cause"))
    return tuple(found)


def every_phrase(statement: Statement, language: str) -> tuple[Phrase, ...]:
    """Every phrase of a statement, whether in force, current and open or not."""
    found = [_phrase(part, words, statement, language) for part, words in _parts(statement)]
    found += [
        Phrase(part=Part.ASSURE, text=tidy(assurance.words[language]), source=f"{statement.id}#{assurance.evidence}")
        for assurance in statement.assure
        if assurance.words.get(language)
    ]
    return tuple(phrase for phrase in found if phrase is not None)


Variables: TypeAlias = Mapping[str, str | bool]

_EVERYWHERE = frozenset({"brand", "titles", "desk"})
_FULL_NAMES = _EVERYWHERE | {
    "headline", "say", "do", "do_not", "instead", "assurances", "cause", "timed", "several", "several_services",
}  # fmt: skip
NAMES: Mapping[Occasion, frozenset[str]] = {
    Occasion.OPENED: _FULL_NAMES,
    Occasion.WIDENED: _FULL_NAMES | {"moved"},
    Occasion.AGAIN: _FULL_NAMES,
    Occasion.CORRECTION: (_FULL_NAMES - {"timed"}) | {"more", "again"},
    Occasion.DELAYED: _FULL_NAMES | {"moved"},
    Occasion.HOLDING: _EVERYWHERE | {"moved", "corrects"},
    Occasion.CLOSED: _EVERYWHERE | {"afterwards", "cause", "several", "corrects"},
    Occasion.RETRACTION: _EVERYWHERE | {"corrects"},
}
"""The variables that a template of each occasion may name. A text is "" where the facts have none; `timed`: a time is promised;
`moved`: we had given another time before; `several`: more than one statement is in force, or one is too long
for the short form; `corrects`: a message of our own was wrong, and nothing stopped working; `more`: they were told a
part of it before; `again`: they were told meanwhile that it was over."""


def variables(facts: Facts, language: str) -> Variables:
    """What a template of this occasion sees: exactly the names of `NAMES`."""
    phrases = borne(facts, language)

    def said(part: Part) -> str:
        return " ".join(dict.fromkeys(phrase.text for phrase in phrases if phrase.part is part))

    everything: Variables = {
        "brand": facts.brand,
        "titles": listing(titles(facts, language), language),
        "desk": tidy((facts.desk or {}).get(language, "")),
        "headline": headline(facts, language),
        "say": said(Part.SAY),
        "do": said(Part.DO),
        "do_not": said(Part.DO_NOT),
        "instead": said(Part.INSTEAD),
        "afterwards": said(Part.AFTERWARDS),
        "assurances": said(Part.ASSURE),
        "cause": said(Part.CAUSE),
        "timed": facts.until is not None,
        "moved": facts.old_until is not None and facts.old_until != facts.until,
        "several": len(facts.statements) > 1,
        "several_services": len(facts.titles) > 1,
        "corrects": facts.corrects,
        "more": facts.more,
        "again": facts.again,
    }
    return {name: value for name, value in everything.items() if name in NAMES[facts.occasion]}


def headline(facts: Facts, language: str) -> str:
    """What opens the subject: the worst statement's headline, else its `say` without the full stop, else the services."""
    if facts.statements:
        worst = facts.statements[0]
        words = (worst.headline or {}).get(language) or worst.say.get(language, "")
        if words:
            return tidy(words).rstrip(".")
    return listing(titles(facts, language), language)


def titles(facts: Facts, language: str) -> tuple[str, ...]:
    """The customers' names of the services concerned, in `language`."""
    return tuple(tidy(words[language]) for words in facts.titles.values() if words.get(language))


def missing_words(facts: Facts, languages: Iterable[str]) -> tuple[Finding, ...]:
    """What has no text in one of `languages`: each blocks, since no language is filled with another one."""
    gives = GIVES.get(facts.occasion, frozenset())
    wanted: list[tuple[str, Words]] = [(f"the title of {service}", words) for service, words in facts.titles.items()]
    for statement in facts.statements:
        wanted += [(f"{statement.id}: `{part.value}`", words) for part, words in _parts(statement) if part in gives]
    if Part.ASSURE in gives:
        wanted += [(f"{by.id}: the assurance {assurance.evidence}", assurance.words) for by, assurance in current(facts)]
    if facts.cause is not None and Part.CAUSE in gives:
        wanted.append(("the cause", facts.cause))
    return tuple(
        Finding(language=language, form="text", what=f"{what} has no words in {language}; write them", blocks=True)
        for language in languages
        for what, words in wanted
        if not words.get(language, "").strip()
    )


def _parts(statement: Statement) -> Iterable[tuple[Part, Words]]:
    instead = statement.instead.words if statement.instead is not None else None
    every = (
        (Part.HEADLINE, statement.headline),
        (Part.SAY, statement.say),
        (Part.DO, statement.do),
        (Part.DO_NOT, statement.do_not),
        (Part.INSTEAD, instead),
        (Part.AFTERWARDS, statement.afterwards),
    )
    return [(part, words) for part, words in every if words is not None]


def _phrase(part: Part, words: Words, statement: Statement, language: str) -> Phrase | None:
    text = tidy(words.get(language, ""))
    return Phrase(part=part, text=text, source=statement.id) if text else None


def _plain(statement: Statement, facts: Facts, language: str) -> Iterable[Phrase]:
    for part, words in _parts(statement):
        phrase = _phrase(part, words, statement, language)
        if phrase is not None and (part is not Part.INSTEAD or is_offered(statement, facts)):
            yield phrase


def _assurances(facts: Facts, language: str) -> list[Phrase]:
    """Current assurances, each with the number of its own grace day in its slot."""
    days = graces(facts)
    found = []
    for statement, assurance in current(facts):
        text = tidy(assurance.words.get(language, ""))
        number = days.index(assurance.grace_days) + 1 if assurance.grace_days in days else 1
        if number > 1:
            text = text.replace("{grace_day}", f"{{grace_day_{number}}}")
        if text:
            found.append(Phrase(part=Part.ASSURE, text=text, source=f"{statement.id}#{assurance.evidence}"))
    return found


_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, in order, without the empty ones."""
    return tuple(piece.strip() for piece in _SENTENCE.split(text) if piece.strip())
