"""A disturbance as its readers follow it: a title, and what was said of it in time order, in one language. Pure.

Belongs here: where approved words stand and where a standing line stands in for them. Does not belong here: markup, JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.serve.status import words
from sentinel.serve.status.port import Disturbance, PublicState, Retracted


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """One word. `mark` names it within its disturbance: `seen`, `over`, or the number of the notice whose words these are."""

    mark: str
    at: datetime
    phase: Phase
    text: str
    approved: bool
    stands: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Tale:
    """`updates` oldest first; `last`: the approved words that stand, "" if none do; `said_at`: when
    they were said, or the disturbance was confirmed; `promise`: the next word, as a line."""

    disturbance: Disturbance
    title: str
    titles: str
    updates: tuple[Update, ...]
    last: str
    said_at: datetime
    promise: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """`text`: the approved words that take a disturbance back."""

    retracted: Retracted
    title: str
    text: str


def tales(house: Installation, state: PublicState, language: str, today: date) -> tuple[Tale, ...]:
    """Every disturbance of the state, newest first."""
    return tuple(_tale(house, each, language, today) for each in state.disturbances)


def corrections(house: Installation, state: PublicState, language: str) -> tuple[Correction, ...]:
    return tuple(
        Correction(
            retracted=each,
            title=words.lines(language).corrected.format(titles=titles(house, tuple(each.components), language)),
            text=_text(each.texts, house, language),
        )
        for each in state.retracted
    )


def titles(house: Installation, names: tuple[str, ...], language: str) -> str:
    """The customers' names of these services, as a list in words."""
    known = [title_of(house, name, language) for name in names if name in house.services]
    return words.listing(known, language)


def title_of(house: Installation, name: str, language: str) -> str:
    title = house.services[name].title
    return title.get(language) or title.get(house.languages[0]) or next(iter(title.values()))


def _tale(house: Installation, one: Disturbance, language: str, today: date) -> Tale:
    named = titles(house, tuple(one.components), language)
    line = words.lines(language)
    updates = _updates(house, one, language)
    standing = [each for each in updates if each.approved]
    is_current = bool(standing) and standing[-1].stands and (not one.is_over or standing[-1].phase.is_over)
    return Tale(
        disturbance=one,
        title=line.trouble_with.format(titles=named),
        titles=named,
        updates=updates,
        last=standing[-1].text if is_current else "",
        said_at=standing[-1].at if is_current else one.confirmed_at,
        promise=line.next_word.format(at=words.moment(one.next_word_at, house.zone, today, language))
        if one.next_word_at
        else "",
    )


def _updates(house: Installation, one: Disturbance, language: str) -> tuple[Update, ...]:
    """What was said does not change with the day on which it is read: a time is told as on the day it was told."""
    line = words.lines(language)
    said = [Update(mark="seen", at=one.confirmed_at, phase=Phase.INVESTIGATING, text=line.seen, approved=False)]
    if one.is_over and one.resolved_at is not None:
        over = line.over.format(at=words.ended(one.ended_at or one.resolved_at, house.zone, one.resolved_at, language))
        said.append(Update(mark="over", at=one.resolved_at, phase=Phase.RESOLVED, text=over, approved=False))
    for each in one.told:
        text = _text(each.texts, house, language)
        if text:
            phase = Phase.RESOLVED if each.phase.is_over else each.phase
            said.append(Update(mark=str(each.notice), at=each.at, phase=phase, text=text, approved=True, stands=each.stands))
    return tuple(sorted(said, key=lambda update: update.at))


def _text(texts: Mapping[str, str], house: Installation, language: str) -> str:
    """The words in the reader's language, else in the installation's first: never a translation of ours."""
    return texts.get(language) or texts.get(house.languages[0]) or ""
