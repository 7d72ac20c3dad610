"""What customers feel: the statements in force, by the standing signals and the people who declared.

Belongs here: which of several claims counts. Does not belong here: words (notify/) and impact (the statements have it).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from sentinel.model import contact
from sentinel.model.incident import Felt, Incident, Standing
from sentinel.model.signal import OF_TOOLS

SUPERSEDED_BY = {"slow": "outage"}
"""A detector whose word does not count while the other one's signal stands on the same check: what is down is not slow."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who makes a signal: the first three parts of its id, detector:check@place:since."""

    detector: str
    check: str
    place: str

    @property
    def view(self) -> tuple[str, str]:
        """One look at one thing: two detectors of the same view do not confirm each other. Other tools are one view together:
        one alert of theirs has brothers, and comes by many ways. So is whatever callers say."""
        if self.is_told:
            return "", ""
        return ("" if self.detector == contact.DETECTOR else self.check), self.place

    @property
    def is_told(self) -> bool:
        """Whether another tool says so, and no sample of ours."""
        return self.detector in OF_TOOLS

    @property
    def is_hearsay(self) -> bool:
        """Whether callers or another tool say so: no sample of ours will ever show that it is over."""
        return self.is_told or self.detector == contact.DETECTOR


@lru_cache(maxsize=4096)
def source(signal: str) -> Source:
    """The parts of a signal's id."""
    detector, _, rest = signal.partition(":")
    check, _, rest = rest.partition("@")
    return Source(detector=detector, check=check, place=rest.partition(":")[0])


def felt_after(incident: Incident, seq: int) -> tuple[Felt, ...]:
    """The statements in force once entry `seq` has changed `incident.standing` or `.declared`, in the order they came.

    `incident.felt` is what was in force before it: a statement that stays keeps its `since` and its `cause`. When nothing is
    left standing, the last ones in force are kept, for the closing to name; so are they once it is over.
    """
    if incident.phase.is_over:
        return incident.felt
    claims: dict[str, Felt] = {}
    for claim in _claims(incident, seq):
        claims.setdefault(claim.statement, claim)
    if claims:
        kept = [_earlier(felt, claims.pop(felt.statement)) for felt in incident.felt if felt.statement in claims]
        return (*kept, *claims.values())
    if incident.standing:
        return ()
    return incident.felt or _last(incident.cleared)


def _claims(incident: Incident, seq: int) -> list[Felt]:
    """One claim for every standing signal whose word counts and names a statement, and for each declared one; oldest first."""
    standing = {(source(one.signal).check, source(one.signal).detector) for one in incident.standing}
    claims = list(incident.declared)
    for one in incident.standing:
        made_by = source(one.signal)
        superseded = (made_by.check, SUPERSEDED_BY.get(made_by.detector, "")) in standing
        if one.statement is not None and not superseded:
            claims.append(Felt(statement=one.statement, service=one.service, since=one.since, cause=seq))
    return sorted((replace(claim, cause=seq) for claim in claims), key=lambda claim: (claim.since, claim.statement))


def _earlier(felt: Felt, claim: Felt) -> Felt:
    return replace(felt, since=claim.since) if claim.since < felt.since else felt


def _last(cleared: tuple[Standing, ...]) -> tuple[Felt, ...]:
    """The statement that was last in force before staff-only signals outlasted it."""
    named = [one for one in cleared if one.statement is not None]
    if not named:
        return ()
    last = max(named, key=lambda one: one.cleared_by or 0)
    return (Felt(statement=last.statement or "", service=last.service, since=last.since, cause=last.cause),)
