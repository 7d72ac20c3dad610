"""What a stored sample would be called under other limits. Only times are kept of good samples, so only these are judged anew.

Pure. Belongs here: `below_ms`, and what is asserted of the one fact that an imported series has. All others were judged when
the sample was taken, and stay so.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sentinel.model.check import Check
from sentinel.model.observation import Observation, Verdict
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen, judge, rules

_TOO_LONG: Final = re.compile(r"took (\d+) ms, expected below (\d+) ms")
"""How a sample's reason reads where it took too long and nothing else was wrong (probe/condition.py)."""


class Limits:
    """The limits of one check, ready for judging. `fact`: of an imported series, what its values are."""

    def __init__(self, check: Check, fact: str = "") -> None:
        blocks = [_of_fact(block, fact) for block in (check.up, check.healthy, check.calm)] if fact else []
        self._rules = rules(*map(Conditions.model_validate, blocks)) if any(blocks) else None
        self._up = _limit(check.up)
        self._healthy = _limit(check.healthy)

    def judged(self, seen: Observation) -> Observation:
        """`seen` as this check would call it today."""
        if self._rules is not None and seen.verdict is Verdict.UP:
            came = judge(Seen(facts=seen.facts), self._rules)
            seen = replace(seen, verdict=came.verdict, reason=came.reason)
        took = seen.facts.get("total_ms")
        was_slow = _TOO_LONG.fullmatch(seen.reason) is not None
        if not isinstance(took, int | float) or not (
            seen.verdict is Verdict.UP or seen.verdict is Verdict.DEGRADED or was_slow
        ):
            return seen
        verdict, limit = self._verdict(took)
        if was_slow or seen.verdict is Verdict.UP or verdict is Verdict.DOWN:
            if verdict is seen.verdict:
                return seen
            reason = "" if limit is None else f"took {took:.0f} ms, expected below {limit:.0f} ms"
            return replace(seen, verdict=verdict, reason=reason)
        return seen

    def _verdict(self, took: float) -> tuple[Verdict, float | None]:
        if self._up is not None and took >= self._up:
            return Verdict.DOWN, self._up
        if self._healthy is not None and took >= self._healthy:
            return Verdict.DEGRADED, self._healthy
        return Verdict.UP, None


def _of_fact(block: Mapping[str, Any], fact: str) -> dict[str, Any]:
    """What a block asserts of one fact."""
    asked = (block.get("fact") or {}).get(fact)
    return {} if asked is None else {"fact": {fact: asked}}


def _limit(block: Mapping[str, Any]) -> float | None:
    found = block.get("below_ms")
    return float(found) if isinstance(found, int | float) else None
