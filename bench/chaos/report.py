"""The report of all parts: a table for people, one JSON object for programs.

Belongs here: putting together what was tried and what was wrong. Does not belong here: the parts, and the day's own table
(table.py).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.chaos import table
from bench.chaos.blast.strike import PHASES, STATES, Scene, hits
from bench.chaos.kills import Record, all_counts
from bench.chaos.oracle import Counts
from bench.chaos.points import Stratum
from bench.chaos.steps import HTTP, SMTP
from bench.chaos.syncs.order import Order
from bench.chaos.syncs.run import Points
from sentinel.run.wiring import CUSTOMER_CONNECTIONS

ABOVE_ALL: Final = ("lost", "doubled", "phantom", "silent", "unbalanced")
"""The oracles that are named first."""


@dataclass(kw_only=True, slots=True)
class Part:
    """One part of a run. `wanted`: what must have been hit, or the part has proved nothing. `note`: why it was not tried."""

    name: str
    scenes: list[Scene] = field(default_factory=list)
    days: list[Record] = field(default_factory=list)
    points: Points | None = None
    order: Order | None = None
    wanted: bool = False
    least: int = 0
    """Kills and stops without which it has proved nothing."""
    kills_least: int = 0
    """How many of them must be kills."""
    seconds: float = 0.0
    note: str = ""

    @property
    def counts(self) -> Counts:
        found = all_counts(self.days)
        for scene in self.scenes:
            found.add(scene.counts)
        if self.points is not None:
            found.add(self.points.scene.counts)
        return found

    @property
    def missing(self) -> list[str]:
        """What should have been hit and was not."""
        if not self.wanted:
            return []
        return hits(self.scenes).empty() if self.scenes else [str(each) for each in table.empty(self.days, list(Stratum))]

    @property
    def held(self) -> bool:
        parts = [*(scene.held for scene in self.scenes), *(day.held for day in self.days)]
        parts += [each.held for each in (self.points, self.order) if each is not None]
        return all(parts) and not self.missing and not self.too_few

    @property
    def too_few(self) -> str:
        """What there was too little of, and how much was needed; "" where there was enough."""
        if self.kills + self.stops < self.least:
            return f"{self.kills + self.stops} kills and stops, of {self.least} at least"
        return f"{self.kills} kills, of {self.kills_least} at least" if self.kills < self.kills_least else ""

    @property
    def kills(self) -> int:
        points = 0 if self.points is None else sum(self.points.killed.values())
        return sum(scene.kills for scene in self.scenes) + sum(len(day.kills) for day in self.days) + points

    @property
    def stops(self) -> int:
        return sum(scene.stops for scene in self.scenes)

    @property
    def doubts(self) -> int:
        return sum(scene.doubts for scene in self.scenes) + sum(kill.doubts for day in self.days for kill in day.kills)

    @property
    def messages(self) -> int:
        return sum(scene.mails for scene in self.scenes) + sum(day.mails for day in self.days)

    def as_json(self) -> dict[str, Any]:
        hit = hits(self.scenes)
        return {
            "part": self.name,
            "held": self.held,
            "not_tried": self.note,
            "seconds": round(self.seconds, 1),
            "least": self.least,
            "kills_least": self.kills_least,
            "kills": self.kills,
            "stops": self.stops,
            "messages": self.messages,
            "in_doubt": self.doubts,
            "not_hit": self.missing,
            "hits_by_state": dict(hit.states),
            "hits_by_step": dict(hit.steps),
            "hits_by_phase": dict(hit.phases),
            "counts": self.counts.as_json(),
            "scenes": [scene.as_json() for scene in self.scenes],
            "days": [day.as_json() for day in self.days],
            "syncs": None if self.points is None else self.points.as_json(),
            "order": None if self.order is None else self.order.as_json(),
        }


def lines(parts: Sequence[Part]) -> list[str]:
    """The table for people."""
    head = f"{'':<34}{'kills':>7}{'stops':>7}{'sent':>8}{'doubt':>7}" + "".join(f"{name:>11}" for name in ABOVE_ALL)
    said = ["", head + f"{'seconds':>9}"]
    for part in parts:
        said.append(_line(part))
    together = Counts()
    for part in parts:
        together.add(part.counts)
    others = {name: count for name, count in together.as_json().items() if name not in ABOVE_ALL}
    said += ["", "also wrong: " + (", ".join(f"{n} {name}" for name, n in others.items() if n) or "nothing"), ""]
    said += _tables([part for part in parts if any(scene.strikes for scene in part.scenes)])
    for part in parts:
        said += _detail(part)
    said += [f"  {part.name}: {seen}" for part in parts for seen in _seen(part)[:8]]
    return said


def _line(part: Part) -> str:
    if part.note:
        return f"{part.name:<34} not tried: {part.note}"
    counts = part.counts.as_json()
    figures = f"{part.kills:>7}{part.stops:>7}{part.messages:>8}{part.doubts:>7}"
    return f"{part.name:<34}{figures}" + "".join(f"{counts[name]:>11}" for name in ABOVE_ALL) + f"{part.seconds:>9.0f}"


def _tables(parts: Sequence[Part]) -> list[str]:
    """What was hit, by what lay on disk right after each strike; and where the row was whose conversation was struck."""
    if not parts:
        return []
    found = [(part.name, hits(part.scenes)) for part in parts]
    steps = tuple(dict.fromkeys(step.value for step in (*SMTP, *HTTP)))
    said = _table("hit: states", STATES, [(name, hit.states) for name, hit in found])
    said += _table("hit: steps", steps, [(name, hit.steps) for name, hit in found])
    said += _table("hit: phases", PHASES, [(name, hit.phases) for name, hit in found])
    strikes = [strike for part in parts for scene in part.scenes for strike in scene.strikes if strike.step and strike.row]
    rows = [(step, Counter(strike.row for strike in strikes if strike.step == step)) for step in steps]
    return said + _table("the row struck at a step lay", STATES[1:], [(step, hit) for step, hit in rows if hit])


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Counter[str]]]) -> list[str]:
    said = [f"{title:<34}" + "".join(f"{name:>10}" for name in columns)]
    return [*said, *(f"{name:<34}" + "".join(f"{hit[column]:>10}" for column in columns) for name, hit in rows), ""]


def _detail(part: Part) -> list[str]:
    said = []
    if any(scene.strikes for scene in part.scenes):
        said += [
            f"{part.name}: armed after one strike, at most {_worst(part)} (connections of one sender: {CUSTOMER_CONNECTIONS})"
        ]
    if part.too_few:
        said += [f"{part.name}: TOO FEW: {part.too_few}"]
    if part.points is not None and part.points.killed:
        said += [f"{part.name}, killed at each sync of"]
        said += [f"  {name:<34}{count:>4}" for name, count in part.points.killed.items()]
    if part.order is not None and not part.order.why_not:
        said += [f"{part.name}: {part.order.sent} messages, {part.order.unsynced} before a sync"]
    if part.missing:
        said += [f"{part.name}: NOT HIT: {', '.join(part.missing)}"]
    return said


def _worst(part: Part) -> int:
    return max((strike.states["armed"] for scene in part.scenes for strike in scene.strikes), default=0)


def _seen(part: Part) -> list[str]:
    seen = [each for scene in part.scenes for each in scene.seen] + [each for day in part.days for each in day.seen]
    return seen + (part.points.scene.seen if part.points is not None else [])
