"""Promises: what would have been promised of past incidents, each asked of what was known then, and whether it would have held.

Belongs here: estimates (estimate/rehearse.py) to published instants. Does not belong here: where incidents come from.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sentinel.estimate.grade import MARKS
from sentinel.estimate.past import Row, past
from sentinel.estimate.promise import promise_at
from sentinel.estimate.rehearse import TAUGHT, Rehearsed, rehearse
from sentinel.model.estimate import Basis, Estimate, EstimatePolicy, PastIncident
from sentinel.run.replay.records import Promised

MOST: Final = 1_000
"""Incidents that are asked about, the last ones."""


def promised(rows: Iterable[PastIncident], policy: EstimatePolicy, since: datetime, until: datetime) -> tuple[Promised, ...]:
    """What would have been given of those that began in a span, at each mark that they outlasted; all others only teach."""
    known = past(rows)
    places = [place for place, row in enumerate(known.rows) if since <= row.of.began_at < until][-MOST:]
    if not places:
        return ()
    asked: dict[timedelta, list[bool | None]] = {mark: [] for mark in MARKS}
    wanted = frozenset(places)
    for one in rehearse(known, policy, first=max(0, places[0] - TAUGHT)):
        if one.place in wanted:
            asked[one.mark].append(_kept(one, known.rows[one.place], policy))
    return tuple(
        Promised(mark=mark, asked=len(said), given=sum(one is not None for one in said), kept=sum(one is True for one in said))
        for mark, said in asked.items()
    )


def _kept(one: Rehearsed, row: Row, policy: EstimatePolicy) -> bool | None:
    """Whether it was over by the promised instant; None where none was promised."""
    if one.said.p80 is None or one.said.p50 is None:
        return None
    now = row.of.began_at + one.mark
    estimate = Estimate(
        incident=0, episode=1, made_at=now, basis=Basis.HISTORY, began_at=row.of.began_at, p50=one.said.p50, p80=one.said.p80
    )
    at = promise_at(estimate, now, policy)
    return None if at is None else row.of.began_at + row.of.lasted <= at
