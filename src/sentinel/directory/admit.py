"""Admission: of everybody whom the sources of one audience name, who is sent to, by which channel, and why the others are not.

Pure: what the store knows (who left, who was told) is handed in. The counts by reason do not depend on the order in which
people come: of those who share an address one is sent to, whoever comes first.
"""

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from zoneinfo import available_timezones

from sentinel.directory.hashes import Hashes
from sentinel.model.person import Admitted, Found, Person, Purpose, Reason
from sentinel.model.words import name_of


@dataclass(frozen=True, kw_only=True, slots=True)
class By:
    """One channel that people may be reached by: its name, and the kind whose address it writes to."""

    name: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What admission goes by. `by`: the channels in the order in which they are preferred. `persons` and `addresses`: who has
    been taken already. `unsubscribed`, `told`, `told_addresses`: what the store knows."""

    by: Sequence[By]
    purpose: Purpose = Purpose.SERVICE
    persons: Container[str] = ()
    addresses: Container[str] = ()
    unsubscribed: Container[str] = ()
    told: Container[str] = ()
    told_addresses: Container[str] = ()
    capped: Container[str] = ()
    """Persons and addresses that have had as many messages as anybody may get."""
    broken: Container[str] = ()
    """Addresses that refused our messages for good."""
    reaches: Callable[[str], bool] | None = None
    """In a drill: whether an address is among those that it may reach."""


def admit(person: Found, rules: Rules) -> Reason | None:
    """Why somebody is not sent to, or None if they are. The first reason that holds is the one that is counted."""
    if person.id in rules.persons:
        return Reason.SAME_PERSON
    if rules.purpose not in person.consents:
        return Reason.NO_CONSENT
    if person.id in rules.unsubscribed:
        return Reason.UNSUBSCRIBED
    if person.id in rules.told:
        return Reason.ALREADY_TOLD
    by = reached_by(person, rules.by)
    if by is None:
        wanted = {each.kind for each in rules.by if not person.allows or each.kind in person.allows}
        return Reason.BAD_ADDRESS if person.bad & wanted else Reason.NO_ADDRESS
    address = person.addresses[by.kind]
    if address in rules.told_addresses:
        return Reason.ALREADY_TOLD
    if rules.reaches is not None and not rules.reaches(address):
        return Reason.DRILL
    if address in rules.broken:
        return Reason.BROKEN
    if person.id in rules.capped or address in rules.capped:
        return Reason.CAPPED
    return Reason.SAME_ADDRESS if address.casefold() in rules.addresses else None


def reached_by(person: Found, by: Sequence[By]) -> By | None:
    """The first of the channels that they have an address for and allow."""
    return next(
        (each for each in by if each.kind in person.addresses and (not person.allows or each.kind in person.allows)), None
    )


@dataclass(kw_only=True, slots=True)
class Admission:
    """One pass over all sources of a rule.

    `persons` keeps beside each id the source that named it first. `fell_back`: how many people get our first language, or our
    zone, because theirs is none that we have.
    """

    by: Sequence[By]
    languages: tuple[str, ...]
    zone: str
    persons: Hashes = field(default_factory=Hashes)
    addresses: Hashes = field(default_factory=Hashes)
    fell_back: Counter[str] = field(default_factory=Counter)

    def rules(
        self,
        purpose: Purpose = Purpose.SERVICE,
        unsubscribed: Container[str] = (),
        told: Container[str] = (),
        told_addresses: Container[str] = (),
        *,
        capped: Container[str] = (),
        broken: Container[str] = (),
        reaches: Callable[[str], bool] | None = None,
    ) -> Rules:
        """The rules for the next few people. They see who is taken meanwhile."""
        return Rules(
            by=self.by,
            purpose=purpose,
            persons=self.persons,
            addresses=self.addresses,
            unsubscribed=unsubscribed,
            told=told,
            told_addresses=told_addresses,
            capped=capped,
            broken=broken,
            reaches=reaches,
        )

    def first_in(self, found: Found) -> int | None:
        """The source that named this person first."""
        return self.persons.get(found.id)

    def take(self, found: Found, rules: Rules, source: int = 0) -> Admitted | None:
        """The person as the snapshot keeps them; None if they are in it already."""
        reason = admit(found, rules)
        if reason is Reason.SAME_PERSON:
            return None
        self.persons.put(found.id, source)
        by = reached_by(found, self.by)
        address = "" if by is None else found.addresses[by.kind]
        if reason is None:
            # Only an address that is sent to is taken: whoever shares it with one who is not, still gets it.
            self.addresses.put(address.casefold())
        return Admitted(person=self._person(found, by, address, counts=reason is None), reason=reason)

    def _person(self, found: Found, by: By | None, address: str, *, counts: bool) -> Person:
        language, zone = spoken(found.language, self.languages), found.zone if found.zone in zones() else None
        if counts and language is None:
            self.fell_back["language"] += 1
        if counts and zone is None and found.zone:
            self.fell_back["zone"] += 1
        return Person(
            id=found.id,
            name=found.name,
            channel=(by or self.by[0]).name,
            address=address,
            language=language or self.languages[0],
            zone=zone or self.zone,
            segments=found.segments,
        )

    def notes(self) -> tuple[str, ...]:
        """What an approver should know of those who are sent to, in words."""
        first = name_of(self.languages[0])
        said = {
            "language": (f"reads none of our languages, and gets {first}", f"read none of our languages, and get {first}"),
            "zone": (
                f"has no time zone that we know, and gets times in {self.zone}",
                f"have no time zone that we know, and get times in {self.zone}",
            ),
        }
        counted = ((self.fell_back[what], words) for what, words in said.items())
        return tuple(f"{count} {one if count == 1 else many}" for count, (one, many) in counted if count)


@lru_cache(maxsize=1024)
def spoken(language: str, languages: tuple[str, ...]) -> str | None:
    """Which of ours somebody reads: theirs, or the same without its region; None if we have neither."""
    known = {each.casefold(): each for each in languages}
    whole = language.replace("_", "-").casefold()
    return known.get(whole) or known.get(whole.partition("-")[0])


@cache
def zones() -> frozenset[str]:
    """The IANA zones that this machine knows. Asked by name, and never as a path that a source has."""
    return frozenset(available_timezones())
