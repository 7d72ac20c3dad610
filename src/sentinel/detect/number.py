"""Numbers among facts. Does not belong here: what they mean (kind/)."""

from math import isfinite

from sentinel.model.observation import Observation


def number_of(seen: Observation, fact: str) -> float | None:
    """The fact of that name, if it is there and can be reckoned with; yes and no are no numbers."""
    value = seen.facts.get(fact)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)
