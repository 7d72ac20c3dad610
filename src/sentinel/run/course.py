"""How each episode goes, kept beside its timeline; and the estimates at the marks where they are graded, shown or not.

Belongs here: what of an incident's present episode is not on disk yet, and writing it. A round that comes late makes what an
earlier one would have made, as of when it is really made. Does not belong here: the estimate that is shown (tend.py), what is
learned from all this (learning.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.estimate.decide import at_mark
from sentinel.estimate.grade import MARKS
from sentinel.model.estimate import Episode
from sentinel.model.incident import MACHINE, Incident, Phase
from sentinel.run import poison
from sentinel.run.case import Case
from sentinel.run.facts import corrects, felt, told
from sentinel.run.world import World
from sentinel.store import episodes
from sentinel.store.episodes import Key, Noted

AT_ONCE: Final = 10
"""Estimates made in one round, which holds the writer: some milliseconds each. The next round, a second later, goes on."""


def keep(c: Connection, world: World, cases: Sequence[Case], now: datetime) -> None:
    """Bring what is kept of these incidents up to what they are now. What breaks it stops nothing else."""
    if not cases:
        return
    known: Mapping[Key, Noted] = episodes.noted(c, [(one.incident.id, one.incident.episode) for one in cases])
    by_number = {one.incident.id: one for one in cases}
    left = AT_ONCE

    def keep_one(number: int) -> None:
        nonlocal left
        case = by_number[number]
        incident = case.incident
        before = known.get((number, incident.episode))
        if before is None and world.installation.drill is not None:
            return  # how long a drill takes says nothing of how long a failure does
        worst = felt(world, incident)
        if before is None and corrects(worst):
            return  # nor does how long a wrong message of ours stood
        impact = worst[0].impact if worst else None
        is_settled = incident.phase.is_over and before is not None
        one = _episode(case, str(before.row["impact"]) if is_settled and before else impact.value if impact else "")
        if episodes.differs(one, before):
            episodes.keep(c, one)
        for mark in _due(incident, None if before is None else before.last, now):
            if left <= 0:
                break
            left -= 1
            policy, said = world.installation.estimate, told(case.timeline, incident)
            made = at_mark(incident, impact, world.history, now, policy, said, mark)
            episodes.keep_mark(c, number, incident.episode, made)

    poison.each(c, poison.GRADES, by_number, keep_one, now)


def _episode(case: Case, impact: str) -> Episode:
    incident = case.incident
    is_over = incident.phase.is_over
    is_dismissed = incident.phase is Phase.DISMISSED
    was_none = is_dismissed or _passed_by_itself(case)
    return Episode(
        incident=incident.id,
        episode=incident.episode,
        service=incident.root,
        began_at=incident.began_at,
        over_at=(incident.dismissed_at if is_dismissed else incident.resolved_at) if is_over else None,
        recovered_at=None if was_none or not is_over else incident.recovered_at or incident.resolved_at,
        impact=impact,
        cause=next(iter(incident.cause.values()), "") if incident.cause else "",
        told=told(case.timeline, incident),
    )


def _passed_by_itself(case: Case) -> bool:
    """Whether it was a suspicion that nothing and nobody bore out before it passed: how long it stood says nothing of outages.
    A person who ends one says that there was something; who approves words to customers has confirmed it."""
    incident = case.incident
    is_by_itself = any(entry.seq == incident.over_by and entry.who == MACHINE for entry in case.timeline)
    return incident.confirmed_at is None and is_by_itself


def _due(incident: Incident, last: timedelta | None, now: datetime) -> list[timedelta]:
    """The marks that have passed and at which nothing was estimated yet. One that is recovering or over owes none."""
    if incident.phase.is_over or incident.recovered_at is not None:
        return []
    return [mark for mark in MARKS if (last is None or mark > last) and now >= incident.began_at + mark]
