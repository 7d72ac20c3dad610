"""Quorum: whether enough places agree with a signal, and whether enough of anything bears an incident out.

Belongs here: counting who says so. Does not belong here: who looks and can see (run/sight.py), what follows from it (decide.py,
fold.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sentinel.incident.felt import source
from sentinel.model.incident import Incident
from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal


@dataclass(frozen=True, kw_only=True, slots=True)
class Quorum:
    """`signals`: those that stand, and maybe others. `places`: check → the places that look at it and can see. `asked`: check →
    of how many places it is asked, 1 if it is not named. `own`: the hub's place.

    Of several that look, more than half must agree. Where several are asked and one alone can see, that one is a minority too,
    unless it is the hub's own; then what the hub says counts, and no claim of a place that does not look.
    """

    signals: Sequence[Signal]
    places: Mapping[str, Collection[str]]
    asked: Mapping[str, int]
    own: str

    def of(self, signal: Signal) -> bool | None:
        """Whether enough of the places that look at its check agree with it; None where there is one alone to be asked.

        What is not known to be so any more (a tool went silent) is a minority always.
        """
        if signal.verdict is Verdict.UNKNOWN:
            return False
        looking = self.places.get(signal.check, ())
        mine = (signal.detector, signal.check, False)
        say_so = {one.place for one in self.signals if one.stands and (one.detector, one.check, one.only_warns) == mine}
        if len(looking) >= 2:
            return len(say_so.intersection(looking)) > len(looking) // 2
        if self.asked.get(signal.check, 1) < 2:
            return None
        # What a place claimed that does not look any more is no second word beside the hub's.
        return None if signal.place == self.own and all(place == self.own for place in looking) else False


def bears_out(incident: Incident, quorum: Quorum) -> bool:
    """Whether as much stands behind an incident *now* as a second signal would give it: a person, enough places, or a second
    check. What confirmed it once may have cleared since, and a minority alone looks like a place that lies."""
    if incident.declared or incident.acknowledged_by is not None:
        return True
    mine = {one.signal for one in incident.standing}
    says = {one: quorum.of(one) for one in quorum.signals if one.stands and one.id in mine}
    views = {source(one.id).view for one, agreed in says.items() if agreed is not False}
    return any(says.values()) or len(views) > 1
