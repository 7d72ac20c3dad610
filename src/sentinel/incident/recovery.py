"""The end of an incident, as far as the machine may bring it about: recovering, the hold, resolved.

Belongs here: when everything is good again and for how long it must stay so. Does not belong here: a person's ending (obey.py).

* It recovers when no signal stands, at least one has cleared in this episode, and every statement that somebody declared was
  also that of a signal which cleared after the declaration: a check bears it out, so the check may end it. Otherwise a person
  ends it.
* A signal whose check was taken out of the configuration ended without a good sample, and that is no recovery: what it said
  that customers feel must have cleared on good samples of another signal too, or a person ends it.
* That another tool says it is over is no good sample of ours: on its word alone ends only what nobody has confirmed.
* Callers hold it up for `CALLERS_HOLD` after the last good sample, and no longer, where our own samples bear the end out of all
  that they call about: many call for hours about what became of their payment.
* `recovered_at` is the latest first good sample among the signals of this episode.
* The hold lasts, from `recovered_at`, the longer of `policy.hold` and `policy.hold_intervals` times the slowest interval among
  the checks whose signals cleared in this episode.
* While one of the services' checks is unknown, the hold always has half its length left to run or more: whenever it would have
  less, it begins again from `now`, with its whole length. So nothing ends while we cannot see, nor just after.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sentinel.incident.felt import source
from sentinel.model.check import Check
from sentinel.model.contact import DETECTOR
from sentinel.model.incident import Incident, IncidentPolicy, Recovering, RecoveryBroken, Resolved, Said, Standing

CALLERS_HOLD: Final = timedelta(hours=1)


def settle(
    now: datetime, incident: Incident, checks: Mapping[str, Check], policy: IncidentPolicy, unknown: Collection[str]
) -> list[tuple[Said, str]]:
    """What is to be said of an incident's recovery at `now`, each with the reason; nothing for one that is over."""
    if incident.phase.is_over:
        return []
    incident = _without_late_callers(incident, now)
    if not may_end_by_itself(incident):
        broken = incident.recovered_at is not None
        return [(RecoveryBroken(), "not everything is good any more")] if broken else []
    said: list[tuple[Said, str]] = []
    recovered_at = max(one.good_since for one in incident.cleared if one.good_since is not None)
    length = hold_of(incident, checks, policy)
    hold_until = incident.hold_until
    if hold_until is None or incident.recovered_at != recovered_at:
        hold_until = recovered_at + length
        said.append((Recovering(recovered_at=recovered_at, hold_until=hold_until), "no signal stands any more"))
    blind = sorted(check.id for check in checks.values() if check.service in incident.services and check.id in unknown)
    if length and blind and hold_until - now < length / 2:
        why = f"the hold begins again: {', '.join(blind)} cannot be seen"
        return [(Recovering(recovered_at=recovered_at, hold_until=now + length), why)]
    if hold_until <= now and not blind:
        said.append((Resolved(recovered_at=recovered_at), "it stayed good for as long as it had to"))
    return said


def may_end_by_itself(incident: Incident) -> bool:
    """Whether checks alone can end it now: see the first rule above."""
    good = [one for one in incident.cleared if one.good_since and (incident.confirmed_at is None or not _is_told(one))]
    if incident.standing or not good:
        return False
    seen = {one.statement for one in good}
    if any(one.statement not in seen for one in incident.cleared if one.statement is not None):
        return False
    ours = [one for one in incident.cleared if not _is_told(one)]
    return all(
        any(one.statement == felt.statement and (one.cleared_by or 0) > felt.cause for one in ours)
        for felt in incident.declared
    )


def _without_late_callers(incident: Incident, now: datetime) -> Incident:
    seen = [one for one in incident.cleared if one.good_since is not None and not source(one.signal).is_hearsay]
    calls = {one.statement for one in incident.standing if source(one.signal).detector == DETECTOR}
    last = max((one.good_since for one in seen if one.good_since is not None), default=now)
    if now - last < CALLERS_HOLD or not calls <= {one.statement for one in seen}:
        return incident
    return replace(incident, standing=tuple(one for one in incident.standing if source(one.signal).detector != DETECTOR))


def _is_told(one: Standing) -> bool:
    return source(one.signal).is_told


def hold_of(incident: Incident, checks: Mapping[str, Check], policy: IncidentPolicy) -> timedelta:
    """How long everything must have been good before it is over."""
    seen_by = {source(one.signal).check for one in incident.cleared}
    slowest = max((checks[name].every for name in seen_by if name in checks), default=timedelta(0))
    return max(policy.hold, policy.hold_intervals * slowest)
