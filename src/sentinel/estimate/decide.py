"""(incident, history, now, the last estimate) → the estimate that holds now, or None while the last one stands.

Belongs here: basis, bounds, when an estimate is made again. Does not belong here: the instant that is published (promise.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sentinel.estimate.history import History, Outlook, outlook, present
from sentinel.estimate.levels import CLAIMS
from sentinel.model.estimate import NAMED, Basis, Estimate, EstimatePolicy, Marked, Told
from sentinel.model.incident import Incident
from sentinel.model.service import Impact

DROPPED_AFTER = 3
"""Past this many times the first bound the range is dropped: one that only ever moves away says nothing."""


def estimate(
    incident: Incident,
    impact: Impact | None,
    history: History,
    now: datetime,
    last: Estimate | None,
    policy: EstimatePolicy,
    told: Sequence[Told] = (),
) -> Estimate | None:
    """The estimate to store now, or None: the last one stands, or the incident is over or recovering and owes none.

    The last one stands while it is what we would have said at its instant, knowing of the incident what we know now (its
    episode, beginning, services, impact, cause, phase, and the time that a person named), while the elapsed time is below
    both its figures, and while the range is not dropped. So calling this every second makes an estimate only when it differs.
    """
    if incident.phase.is_over or incident.recovered_at is not None:
        return None
    facts = _Facts(incident=incident, impact=impact, history=history, policy=policy, told=told)
    if last is not None and _stands(last, facts, now):
        return None
    return _made(facts, now)


def at_mark(
    incident: Incident,
    impact: Impact | None,
    history: History,
    now: datetime,
    policy: EstimatePolicy,
    told: Sequence[Told],
    mark: timedelta,
) -> Marked:
    """What is said at a mark, whatever was said before: made afresh, and to be graded. Of an incident that is open."""
    facts = _Facts(incident=incident, impact=impact, history=history, policy=policy, told=told)
    made = _made(facts, now)
    is_read = made.basis is Basis.HISTORY
    return Marked(
        mark=mark,
        made_at=now,
        began_at=incident.began_at,
        basis=made.basis,
        p50=made.p50,
        p80=made.p80,
        curve=facts.outlook(facts.elapsed(now), CLAIMS).curve if is_read else (),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """What is known, whenever it is asked about."""

    incident: Incident
    impact: Impact | None
    history: History
    policy: EstimatePolicy
    told: Sequence[Told]

    def outlook(self, elapsed: timedelta, claims: Sequence[float] = ()) -> Outlook:
        asked = present(self.incident, self.impact, self.told)
        return outlook(asked, self.history, elapsed, self.policy, claims)

    def elapsed(self, at: datetime) -> timedelta:
        return max(timedelta(0), at - self.incident.began_at)


def _stands(last: Estimate, facts: _Facts, now: datetime) -> bool:
    incident = facts.incident
    if (last.incident, last.episode, last.began_at) != (incident.id, incident.episode, incident.began_at):
        return False
    if last.p50 is not None and facts.elapsed(now) >= last.p50:
        return False
    if last.basis is Basis.HISTORY and _is_dropped(facts, now):
        return False
    return _same(last, _made(facts, last.made_at))


def _same(last: Estimate, then: Estimate) -> bool:
    """Whether both say the same for the same reasons. A history that grew by a row moves figures, and that is no reason."""
    if last.basis in NAMED and last.p80 != then.p80:
        return False
    return (last.basis, last.author, last.reason, last.scope) == (then.basis, then.author, then.reason, then.scope)


def _made(facts: _Facts, now: datetime) -> Estimate:
    """What is to be said at `now`, whatever was said before."""
    incident, eta = facts.incident, facts.incident.eta
    by = incident.eta_by or "unknown"
    if eta is not None and eta.until > now:
        lasts = eta.until - incident.began_at
        basis = Basis.VENDOR if eta.vendor else Basis.ENGINEER
        reason = f"on the word of {eta.vendor}: {eta.reason}" if eta.vendor else eta.reason
        return replace(_assessing(incident, now, reason), basis=basis, p50=lasts, p80=lasts, author=by)
    named = f"the time named by {eta.vendor or by} has passed; " if eta else ""
    opening = f"while {incident.phase.value}: {named}"
    seen = facts.outlook(facts.elapsed(now))
    why_not = _why_not(seen, _is_dropped(facts, now))
    if why_not:
        return replace(_assessing(incident, now, opening + why_not), scope=seen.scope, sample=seen.sample)
    made = _assessing(incident, now, f"{opening}past incidents that had lasted at least as long")
    return replace(made, basis=Basis.HISTORY, p50=seen.p50, p80=seen.p80, scope=seen.scope, sample=seen.sample)


def _why_not(seen: Outlook, is_dropped: bool) -> str:
    """Why the past gives no range, in words; empty if it does."""
    if is_dropped:
        return f"over {DROPPED_AFTER} times as long as first thought, the past is no guide any more"
    if seen.sample == 0:
        return "no past incident to go by"
    if seen.p50 is None or seen.p80 is None:
        return "too few past incidents ended after this long"
    return ""


def _is_dropped(facts: _Facts, now: datetime) -> bool:
    """Whether the incident has lasted more than three times its first bound.

    The first bound is asked of the past again, as at the incident's first instant, rather than remembered: the last estimate
    is often one that was made again past it.
    """
    first = facts.outlook(timedelta(0)).p80
    return first is not None and facts.elapsed(now) > DROPPED_AFTER * first


def _assessing(incident: Incident, now: datetime, reason: str) -> Estimate:
    return Estimate(
        incident=incident.id,
        episode=incident.episode,
        made_at=now,
        basis=Basis.ASSESSING,
        began_at=incident.began_at,
        p50=None,
        p80=None,
        reason=reason,
    )
